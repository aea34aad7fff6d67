import JSONTree
import KubernetesAPI

/// The documents by which a client learns what is served: the plain ones that every client reads, and the aggregated
/// ones (`apidiscovery.k8s.io`) that spare a newer client a request for each group. Made once, kept as bytes.
struct Discovery {
    static let shared = Discovery()

    private static let aggregatedVersions = ["v2", "v2beta1"]

    private let coreVersions: [UInt8]
    private let groups: [UInt8]
    private let groupDocuments: [String: [UInt8]]
    private let resourceLists: [String: [UInt8]]
    private let aggregated: [String: (core: [UInt8], groups: [UInt8])]

    private init() {
        coreVersions =
            JSONValue.object([
                "kind": "APIVersions", "versions": ["v1"],
                "serverAddressByClientCIDRs": [["clientCIDR": "0.0.0.0/0", "serverAddress": ""]],
            ]).encoded
        let named = APIGroup.all.filter { !$0.name.isEmpty }
        groups =
            JSONValue.object([
                "kind": "APIGroupList", "apiVersion": "v1", "groups": .array(named.map { .object(Self.group($0)) }),
            ]).encoded
        groupDocuments = Dictionary(
            uniqueKeysWithValues: named.map { group in
                var document: JSONObject = ["kind": "APIGroup", "apiVersion": "v1"]
                for (key, value) in Self.group(group) { document[key] = value }
                return (group.name, JSONValue.object(document).encoded)
            })
        var lists: [String: [UInt8]] = [:]
        for group in APIGroup.all {
            for version in group.versions {
                lists[group.groupVersion(version)] = Self.resourceList(group, version).encoded
            }
        }
        resourceLists = lists
        aggregated = Dictionary(
            uniqueKeysWithValues: Self.aggregatedVersions.map { version in
                let core = Self.aggregatedList(APIGroup.all.filter(\.name.isEmpty), version: version)
                return (version, (core.encoded, Self.aggregatedList(named, version: version).encoded))
            })
    }

    /// `/api`: the document and its content type, aggregated when the client asks for it first.
    func coreVersions(accept: String?) -> (bytes: [UInt8], contentType: String) {
        guard let version = Self.aggregatedVersion(accept), let document = aggregated[version] else {
            return (coreVersions, "application/json")
        }
        return (document.core, Self.aggregatedContentType(version))
    }

    /// `/apis`.
    func groups(accept: String?) -> (bytes: [UInt8], contentType: String) {
        guard let version = Self.aggregatedVersion(accept), let document = aggregated[version] else {
            return (groups, "application/json")
        }
        return (document.groups, Self.aggregatedContentType(version))
    }

    func group(_ name: String) -> [UInt8]? { groupDocuments[name] }

    func resources(group: String, version: String) -> [UInt8]? {
        resourceLists[group.isEmpty ? version : "\(group)/\(version)"]
    }

    private static func aggregatedContentType(_ version: String) -> String {
        "application/json;g=apidiscovery.k8s.io;v=\(version);as=APIGroupDiscoveryList"
    }

    private static func aggregatedVersion(_ accept: String?) -> String? {
        for range in MediaRange.ranges(accept ?? "") where range.type == "application/json" {
            guard range["as"] == "APIGroupDiscoveryList", range["g"] == "apidiscovery.k8s.io" else { return nil }
            if let version = range["v"], aggregatedVersions.contains(version) { return version }
        }
        return nil
    }

    private static func group(_ group: APIGroup) -> JSONObject {
        let versions: [JSONValue] = group.versions.map {
            ["groupVersion": .string(group.groupVersion($0)), "version": .string($0)]
        }
        return [
            "name": .string(group.name), "versions": .array(versions), "preferredVersion": versions.first ?? .null,
        ]
    }

    private static func resourceList(_ group: APIGroup, _ version: String) -> JSONValue {
        var resources: [JSONValue] = []
        for resource in group.resources(version) {
            var document: JSONObject = [
                "name": .string(resource.plural), "singularName": .string(resource.singular),
                "namespaced": .bool(resource.isNamespaced), "kind": .string(resource.kind),
                "verbs": JSONValue(resource.verbs),
            ]
            if !resource.shortNames.isEmpty { document["shortNames"] = JSONValue(resource.shortNames) }
            if !resource.categories.isEmpty { document["categories"] = JSONValue(resource.categories) }
            resources.append(.object(document))
            for subresource in resource.subresources {
                var document: JSONObject = [
                    "name": .string("\(resource.plural)/\(subresource.name)"), "singularName": "",
                    "namespaced": .bool(resource.isNamespaced),
                ]
                if !subresource.group.isEmpty { document["group"] = .string(subresource.group) }
                if !subresource.version.isEmpty { document["version"] = .string(subresource.version) }
                document["kind"] = .string(subresource.kind)
                document["verbs"] = JSONValue(APIResource.subresourceVerbs)
                resources.append(.object(document))
            }
        }
        return [
            "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(group.groupVersion(version)),
            "resources": .array(resources),
        ]
    }

    private static func aggregatedList(_ groups: [APIGroup], version: String) -> JSONValue {
        let items: [JSONValue] = groups.map { group in
            let versions: [JSONValue] = group.versions.map { version in
                [
                    "version": .string(version),
                    "resources": .array(group.resources(version).map { aggregated($0, group, version) }),
                    "freshness": "Current",
                ]
            }
            return [
                "metadata": ["name": .string(group.name), "creationTimestamp": .null], "versions": .array(versions),
            ]
        }
        return [
            "kind": "APIGroupDiscoveryList", "apiVersion": .string("apidiscovery.k8s.io/\(version)"),
            "metadata": [:], "items": .array(items),
        ]
    }

    private static func aggregated(_ resource: APIResource, _ group: APIGroup, _ version: String) -> JSONValue {
        func kind(_ group: String, _ version: String, _ kind: String) -> JSONValue {
            ["group": .string(group), "version": .string(version), "kind": .string(kind)]
        }
        var document: JSONObject = [
            "resource": .string(resource.plural), "responseKind": kind(group.name, version, resource.kind),
            "scope": resource.isNamespaced ? "Namespaced" : "Cluster", "singularResource": .string(resource.singular),
            "verbs": JSONValue(resource.verbs),
        ]
        if !resource.shortNames.isEmpty { document["shortNames"] = JSONValue(resource.shortNames) }
        if !resource.categories.isEmpty { document["categories"] = JSONValue(resource.categories) }
        if !resource.subresources.isEmpty {
            document["subresources"] = .array(
                resource.subresources.map { subresource in
                    let isOwn = subresource.version.isEmpty
                    return [
                        "subresource": .string(subresource.name),
                        "responseKind": kind(
                            isOwn ? group.name : subresource.group, isOwn ? version : subresource.version,
                            subresource.kind),
                        "verbs": JSONValue(APIResource.subresourceVerbs),
                    ]
                })
        }
        return .object(document)
    }
}
