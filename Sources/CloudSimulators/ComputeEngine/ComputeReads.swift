import JSONTree

/// Requests that read: `get`, `list`, `aggregatedList`.
struct ComputeReads {
    let model: ComputeModel
    let now: Int64
    let links: ComputeLinks

    private var configuration: ComputeConfiguration { model.configuration }

    /// - Throws: 404 for what is not there, or not yet seen.
    func answer(_ request: CloudRequest, _ route: ComputeRoute) throws(ComputeError) -> JSONValue {
        switch route.action {
        case "get": return try get(route, request)
        case "list": return try list(route, request)
        case "aggregatedList": return try aggregatedList(route, request)
        default: throw .notFound(request.path)
        }
    }

    private func get(_ route: ComputeRoute, _ request: CloudRequest) throws(ComputeError) -> JSONValue {
        let name = route.name ?? ""
        switch route.collection {
        case "projects": return project(route.project)
        case "zones":
            guard configuration.region(of: name) != nil else {
                throw .notFound("projects/\(route.project)/zones/\(name)")
            }
            return zone(name, route.project)
        case "regions":
            guard configuration.regions[name] != nil else {
                throw .notFound("projects/\(route.project)/regions/\(name)")
            }
            return region(name, route.project)
        default:
            guard let found = try resource(name, route, request) else {
                throw .notFound("projects/\(route.project)/\(route.scope?.path ?? "")/\(route.collection)/\(name)")
            }
            return found
        }
    }

    /// The one resource, which is looked up: clients that wait ask for it again and again.
    private func resource(
        _ name: String, _ route: ComputeRoute, _ request: CloudRequest
    ) throws(ComputeError) -> JSONValue? {
        let entries = try entries(of: route.collection, in: route.project, named: name, request)
        return entries.first { $0.scope == route.scope && $0.json["name"]?.stringValue == name }?.json
    }

    private func list(_ route: ComputeRoute, _ request: CloudRequest) throws(ComputeError) -> JSONValue {
        let all: [ListPage.Entry]
        switch route.collection {
        case "zones":
            all = configuration.zones.map { .init(key: $0, scope: .global, json: zone($0, route.project)) }
        case "regions":
            all = configuration.regions.keys.map { .init(key: $0, scope: .global, json: region($0, route.project)) }
        default:
            let name = try ListFilter(request.query("filter")).requiredName
            all = try entries(of: route.collection, in: route.project, named: name, request)
                .filter { $0.scope == route.scope }
                .map { .init(key: $0.json["name"]?.stringValue ?? "", scope: $0.scope, json: $0.json) }
        }
        let page = try ListPage(all, request)
        var path = "projects/\(route.project)"
        if let scope = route.scope { path += "/\(scope.path)" }
        path += "/\(route.collection)"
        var json: JSONValue = [
            "kind": .string("compute#\(Self.kind(route))List"), "id": .string(path),
            "items": .array(page.entries.map(\.json)), "selfLink": .string("\(links.base)/\(path)"),
        ]
        if let token = page.nextPageToken { json["nextPageToken"] = .string(token) }
        return json
    }

    private static func kind(_ route: ComputeRoute) -> String {
        switch (route.collection, route.scope) {
        case ("diskTypes", .region): "regionDiskType"
        case ("disks", _): "disk"
        case ("diskTypes", _): "diskType"
        case ("snapshots", _): "snapshot"
        case ("instances", _): "instance"
        case ("operations", _): "operation"
        case ("zones", _): "zone"
        default: "region"
        }
    }

    private func aggregatedList(_ route: ComputeRoute, _ request: CloudRequest) throws(ComputeError) -> JSONValue {
        let kind: String
        switch route.collection {
        case "disks": kind = "compute#diskAggregatedList"
        case "diskTypes": kind = "compute#diskTypeAggregatedList"
        case "instances": kind = "compute#instanceAggregatedList"
        case "operations": kind = "compute#operationAggregatedList"
        default: throw .notFound(request.path)
        }
        let name = try ListFilter(request.query("filter")).requiredName
        let page = try ListPage(try entries(of: route.collection, in: route.project, named: name, request), request)
        var scopes = places
        if route.collection == "operations" { scopes.append(.global) }
        var items = JSONObject()
        for scope in scopes {
            let found = page.entries.filter { $0.scope == scope }
            items[scope.path] = found.isEmpty ? Self.nothing(in: scope) : [route.collection: .array(found.map(\.json))]
        }
        let path = "projects/\(route.project)/aggregated/\(route.collection)"
        var json: JSONValue = [
            "kind": .string(kind), "id": .string(path), "items": .object(items),
            "selfLink": .string("\(links.base)/\(path)"),
        ]
        if let token = page.nextPageToken { json["nextPageToken"] = .string(token) }
        return json
    }

    private static func nothing(in scope: ComputeScope) -> JSONValue {
        [
            "warning": [
                "code": "NO_RESULTS_ON_PAGE",
                "message": .string("There are no results for scope '\(scope.path)' on this page."),
                "data": [["key": "scope", "value": .string(scope.path)]],
            ]
        ]
    }

    private var places: [ComputeScope] {
        configuration.zones.map(ComputeScope.zone) + configuration.regions.keys.sorted().map(ComputeScope.region)
    }

    /// Everything of a kind in a project, keyed by scope and name.
    ///
    /// - Parameter name: What else is called is of no interest, and may be left out.
    private func entries(
        of collection: String, in project: String, named name: String?, _ request: CloudRequest
    ) throws(ComputeError) -> [ListPage.Entry] {
        switch ComputeResource.Collection(rawValue: collection) {
        case .disks:
            all(model.disks, .disks, in: project, named: name).filter { $0.visibleFrom <= now }
                .map { entry($0.resource, $0.json(links)) }
        case .snapshots:
            all(model.snapshots, .snapshots, in: project, named: name).filter { $0.visibleFrom <= now }
                .map { entry($0.resource, $0.json(links, now: now)) }
        case .operations:
            all(model.operations, .operations, in: project, named: name)
                .map { entry($0.resource, $0.json(links, now: now)) }
        case .instances:
            configuration.instances.map { instance in
                entry(
                    ComputeResource(project, .zone(instance.zone), .instances, instance.name ?? ""),
                    model.instanceJSON(instance, project: project, links))
            }
        case .diskTypes: diskTypes(project)
        case .storagePools, nil: throw .notFound(request.path)
        }
    }

    private func all<Value>(
        _ resources: [ComputeResource: Value], _ collection: ComputeResource.Collection, in project: String,
        named name: String?
    ) -> [Value] {
        guard let name else { return resources.filter { $0.key.project == project }.map(\.value) }
        return (places + [.global]).compactMap { resources[ComputeResource(project, $0, collection, name)] }
    }

    private func entry(_ resource: ComputeResource, _ json: JSONValue) -> ListPage.Entry {
        .init(key: "\(resource.scope.path)/\(resource.name)", scope: resource.scope, json: json)
    }

    private func diskTypes(_ project: String) -> [ListPage.Entry] {
        let scopes = configuration.zones.map(ComputeScope.zone) + configuration.regions.keys.map(ComputeScope.region)
        return scopes.flatMap { scope in
            configuration.diskTypes.filter { $0.value.exists(in: scope) }.map { name, limits in
                let resource = ComputeResource(project, scope, .diskTypes, name)
                let least = max(limits.minimumGb, scope.regionName == nil ? 0 : limits.regionalMinimumGb ?? 0)
                var json: JSONValue = [
                    "kind": .string(scope.regionName == nil ? "compute#diskType" : "compute#regionDiskType"),
                    "name": .string(name), "description": .string(limits.description),
                    "creationTimestamp": "1969-12-31T16:00:00.000-08:00",
                    "id": .string(String(ComputeModel.id(of: resource))),
                    "validDiskSize": .string("\(least)GB-\(limits.maximumGb)GB"),
                    "defaultDiskSizeGb": .string(String(max(least, limits.standardGb))),
                    "selfLink": .string(links.url(resource)),
                ]
                if let zone = scope.zoneName { json["zone"] = .string(links.zone(zone, project)) }
                if let region = scope.regionName { json["region"] = .string(links.region(region, project)) }
                return entry(resource, json)
            }
        }
    }

    private func project(_ name: String) -> JSONValue {
        [
            "kind": "compute#project", "id": .string(String(Self.id("projects/\(name)"))), "name": .string(name),
            "creationTimestamp": "2026-01-01T00:00:00.000-00:00",
            "selfLink": .string("\(links.base)/projects/\(name)"),
            "quotas": [
                [
                    "metric": "SNAPSHOTS", "limit": .integer(Int64(configuration.quotas["SNAPSHOTS"] ?? 0)),
                    "usage": .integer(model.usage(of: "SNAPSHOTS", region: "", project: name)),
                ]
            ],
        ]
    }

    private func zone(_ name: String, _ project: String) -> JSONValue {
        [
            "kind": "compute#zone", "id": .string(String(Self.id("zones/\(name)"))), "name": .string(name),
            "description": .string(name), "creationTimestamp": "1969-12-31T16:00:00.000-08:00",
            "status": configuration.zonesDown.contains(name) ? "DOWN" : "UP",
            "region": .string(links.region(configuration.region(of: name) ?? "", project)),
            "selfLink": .string(links.zone(name, project)),
        ]
    }

    private func region(_ name: String, _ project: String) -> JSONValue {
        [
            "kind": "compute#region", "id": .string(String(Self.id("regions/\(name)"))), "name": .string(name),
            "description": .string(name), "creationTimestamp": "1969-12-31T16:00:00.000-08:00", "status": "UP",
            "zones": .array((configuration.regions[name] ?? []).map { .string(links.zone($0, project)) }),
            "quotas": .array(
                configuration.quotas.sorted { $0.key < $1.key }.filter { $0.key != "SNAPSHOTS" }.map { metric, limit in
                    [
                        "metric": .string(metric), "limit": .integer(Int64(limit)),
                        "usage": .integer(model.usage(of: metric, region: name, project: project)),
                    ]
                }),
            "selfLink": .string(links.region(name, project)),
        ]
    }

    private static func id(_ path: String) -> UInt64 {
        path.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 } >> 1
    }
}
