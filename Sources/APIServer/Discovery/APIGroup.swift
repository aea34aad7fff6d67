import KubernetesAPI

/// A group of the API and the versions under which it is served, the preferred one first.
struct APIGroup {
    static let authorization = "authorization.k8s.io"

    let name: String
    let versions: [String]

    func groupVersion(_ version: String) -> String { name.isEmpty ? version : "\(name)/\(version)" }

    /// The core group first, then by name.
    static let all: [APIGroup] = {
        var versions: [String: [String]] = [authorization: ["v1"]]
        for kind in ResourceKind.all {
            let known = versions[kind.group, default: []]
            versions[kind.group] = known + kind.versions.filter { !known.contains($0) }
        }
        return versions.map { APIGroup(name: $0.key, versions: $0.value) }.sorted { $0.name < $1.name }
    }()

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    static func named(_ name: String) -> APIGroup? { byName[name] }

    /// What a group version serves, by plural.
    func resources(_ version: String) -> [APIResource] {
        ResourceKind.all.filter { $0.group == name && $0.versions.contains(version) }
            .map { APIResource($0, version: version) }
            .sorted { $0.plural < $1.plural } + (name == Self.authorization ? AccessReview.resources : [])
    }
}

/// A resource as discovery describes it (`meta/v1` APIResource).
struct APIResource {
    struct Subresource {
        var name: String
        /// Where it is not the resource's own kind, as for `scale`.
        var group = ""
        var version = ""
        var kind: String
    }

    var plural: String
    var singular: String
    var kind: String
    var isNamespaced: Bool
    var verbs: [String]
    var shortNames: [String] = []
    var categories: [String] = []
    var subresources: [Subresource] = []

    static let subresourceVerbs = ["get", "patch", "update"]
}

extension APIResource {
    init(_ kind: ResourceKind, version: String) {
        plural = kind.plural
        singular = kind.singular
        self.kind = kind.kind
        isNamespaced = kind.isNamespaced
        verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
        // As in Kubernetes: nobody empties a cluster with one request.
        if kind == .namespace { verbs.removeAll { $0 == "deletecollection" } }
        shortNames = kind.shortNames
        // `kubectl get all` shows what runs, not what is stored.
        if kind == .pod || kind == .statefulSet { categories = ["all"] }
        if kind == .statefulSet {
            subresources.append(Subresource(name: "scale", group: "autoscaling", version: "v1", kind: "Scale"))
        }
        if kind.hasStatus { subresources.append(Subresource(name: "status", kind: kind.kind)) }
    }
}
