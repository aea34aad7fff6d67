import KubernetesAPI

/// What a path names. Kubernetes' paths are regular, so one small parser takes the place of several hundred routes.
enum Route {
    case health(check: String)
    case version
    /// `/api`: the versions of the core group.
    case coreVersions
    /// `/apis`: the other groups.
    case groups
    case group(String)
    /// `/api/v1`, `/apis/{group}/{version}`.
    case groupVersion(group: String, version: String)
    case resource(ResourcePath)
    case accessReview(kind: String)
    /// `/apis/apiextensions.k8s.io/v1/customresourcedefinitions`: there are none, which current kubectls want to read for
    /// a kind that they do not know, before they say so.
    case customResourceDefinitions
    /// What follows `/openapi`.
    case openAPI([String])
    /// `/berth/v1/{name}`; `nil` for the list of them.
    case berth(String?)

    /// Whether a request needs no bearer token.
    var isPublic: Bool {
        switch self {
        case .health, .version: true
        default: false
        }
    }

    /// - Throws: `NotFound`, in Kubernetes' words.
    init(_ segments: [String]) throws(StatusError) {
        let route: Route? =
            switch segments.first {
            case "healthz", "readyz", "livez": .health(check: segments[0])
            case "version" where segments.count == 1: .version
            case "api" where segments.count == 1: .coreVersions
            case "api" where segments[1] == "v1": Self.resources(group: "", version: "v1", segments.dropFirst(2))
            case "apis" where segments.count == 1: .groups
            case "apis" where segments.count == 2: APIGroup.named(segments[1]).map { .group($0.name) }
            case "apis" where segments.dropFirst() == ["apiextensions.k8s.io", "v1", "customresourcedefinitions"]:
                .customResourceDefinitions
            case "apis": Self.resources(group: segments[1], version: segments[2], segments.dropFirst(3))
            case "openapi": .openAPI(Array(segments.dropFirst()))
            case "berth" where segments.count > 1 && segments.count <= 3 && segments[1] == "v1":
                .berth(segments.count == 3 ? segments[2] : nil)
            default: nil
            }
        guard let route else { throw .unknownPath }
        self = route
    }

    private static func resources(group: String, version: String, _ rest: ArraySlice<String>) -> Route? {
        guard APIGroup.named(group)?.versions.contains(version) == true else { return nil }
        var rest = Array(rest)
        if rest.isEmpty { return .groupVersion(group: group, version: version) }
        if group == APIGroup.authorization, rest.count == 1 {
            return AccessReview.kinds[rest[0]].map { .accessReview(kind: $0) }
        }
        // `/api/v1/watch/pods`: the form of before `?watch=true`, which old clients still send.
        let isWatch = rest[0] == "watch"
        if isWatch { rest.removeFirst() }
        var namespace: String?
        if rest.count >= 3, rest[0] == "namespaces", !["status", "finalize"].contains(rest[2]) {
            namespace = rest[1]
            rest.removeFirst(2)
        }
        guard let plural = rest.first, rest.count <= 3, !rest.contains(""), namespace != "",
            let kind = ResourceKind.named(plural: plural, group: group, version: version)
        else { return nil }
        // A kind without namespaces has none in its path, and an object with one is named together with it.
        if namespace != nil, !kind.isNamespaced { return nil }
        if kind.isNamespaced, namespace == nil, rest.count > 1 { return nil }
        var path = ResourcePath(kind: kind, version: version, namespace: namespace, isWatch: isWatch)
        if rest.count > 1 { path.name = rest[1] }
        if rest.count > 2 {
            guard let subresource = ResourcePath.Subresource(rawValue: rest[2]), subresource.exists(on: kind) else {
                return nil
            }
            path.subresource = subresource
        }
        return .resource(path)
    }
}

/// A collection, an object in it, or a part of an object.
struct ResourcePath {
    enum Subresource: String {
        case status, scale

        func exists(on kind: ResourceKind) -> Bool {
            switch self {
            case .status: kind.hasStatus
            case .scale: kind == .statefulSet
            }
        }
    }

    let kind: ResourceKind
    /// Under which of the kind's versions objects are read and written.
    let version: String
    var namespace: String?
    var name: String?
    var subresource: Subresource?
    var isWatch = false

    var apiVersion: String { kind.group.isEmpty ? version : "\(kind.group)/\(version)" }

    init(kind: ResourceKind, version: String, namespace: String? = nil, isWatch: Bool = false) {
        self.kind = kind
        self.version = version
        self.namespace = namespace
        self.isWatch = isWatch
    }
}

extension StatusError {
    static let unknownPath = StatusError(
        code: 404, reason: .notFound, message: "the server could not find the requested resource")
    static let methodNotAllowed = StatusError(
        code: 405, reason: .methodNotAllowed, message: "the server does not allow this method on the requested resource"
    )
    static let unauthorized = StatusError(code: 401, reason: .unauthorized, message: "Unauthorized")
}
