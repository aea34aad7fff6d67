/// A request to Compute Engine, as far as its method and path say.
struct ComputeRoute: Hashable {
    var project: String
    /// `nil` for aggregated lists, and for what has no scope: projects, zones, regions.
    var scope: ComputeScope?
    /// `projects`, `zones`, `regions`, or a ``ComputeResource/Collection``.
    var collection: String
    var name: String?
    /// `get`, `list`, `aggregatedList`, `insert`, `delete`, `update`, or the last segment, as `attachDisk`.
    var action: String
    /// The path's beginning up to the project, as `/compute/v1`: links in answers keep it.
    var prefix: String

    /// As the discovery document names it: `disks.insert`, `regionDisks.get`, `zoneOperations.wait`.
    var method: String {
        switch (collection, scope) {
        case ("disks", .region), ("diskTypes", .region): "region\(capitalized).\(action)"
        case ("operations", .zone): "zoneOperations.\(action)"
        case ("operations", .region): "regionOperations.\(action)"
        case ("operations", _): "globalOperations.\(action)"
        default: "\(collection).\(action)"
        }
    }

    private var capitalized: String { collection == "disks" ? "Disks" : "DiskTypes" }

    /// - Parameter segments: Those of the path, decoded.
    init?(method: String, segments: [String]) {
        guard segments.count >= 4, segments[0] == "compute", ["v1", "beta", "alpha"].contains(segments[1]),
            segments[2] == "projects"
        else { return nil }
        prefix = "/compute/\(segments[1])"
        project = segments[3]
        var rest = segments[4...]
        guard let first = rest.popFirst() else {
            guard method == "GET" else { return nil }
            (collection, name, action) = ("projects", project, "get")
            return
        }
        switch first {
        case "aggregated":
            guard method == "GET", rest.count == 1, let kind = rest.first else { return nil }
            (collection, action) = (kind, "aggregatedList")
            return
        case "global": scope = .global
        case "zones", "regions":
            guard let place = rest.popFirst() else {
                guard method == "GET" else { return nil }
                (collection, action) = (first, "list")
                return
            }
            guard !rest.isEmpty else {
                guard method == "GET" else { return nil }
                (collection, name, action) = (first, place, "get")
                return
            }
            scope = first == "zones" ? .zone(place) : .region(place)
        default: return nil
        }
        guard let kind = rest.popFirst() else { return nil }
        collection = kind
        name = rest.popFirst()
        switch (method, name, rest.count) {
        case ("GET", nil, 0): action = "list"
        case ("POST", nil, 0): action = "insert"
        case ("GET", _?, 0): action = "get"
        case ("DELETE", _?, 0): action = "delete"
        case ("PATCH", _?, 0): action = "update"
        case ("POST", _?, 1): action = rest[rest.startIndex]
        default: return nil
        }
    }

    var zone: String? {
        if case .zone(let name) = scope { name } else { nil }
    }
}
