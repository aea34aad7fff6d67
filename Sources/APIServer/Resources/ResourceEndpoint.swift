import HTTPTypes
import Hummingbird
import JSONTree
import KubernetesAPI

/// The collections and objects of the API: which verb a request is, and carrying it out over the ``ResourceClient``.
struct ResourceEndpoint: Sendable {
    let client: any ResourceClient
    let limits: APIServerConfiguration.Limits

    func respond(_ request: Request, _ path: ResourcePath, _ query: Query) async throws -> Response {
        if path.subresource == .scale { return try await scale(request, path, query) }
        if path.name != nil { return try await respondForObject(request, path, query) }
        switch request.method {
        case .get:
            return path.isWatch || query.flag("watch") == true
                ? try await watch(request, path, query) : try await list(request, path, query)
        // An object is made in a namespace, and one request empties one namespace at most.
        case .post where path.kind.isNamespaced == (path.namespace != nil):
            return try await create(request, path, query)
        case .delete where path.kind.isNamespaced == (path.namespace != nil) && path.kind != .namespace:
            return try await deleteCollection(request, path, query)
        default: throw StatusError.methodNotAllowed
        }
    }

    private func respondForObject(_ request: Request, _ path: ResourcePath, _ query: Query) async throws -> Response {
        switch request.method {
        case .get:
            return path.isWatch || query.flag("watch") == true
                ? try await watch(request, path, query) : try await get(request, path, query)
        case .put: return try await update(request, path, query)
        case .patch: return try await patch(request, path, query)
        case .delete where path.subresource == nil: return try await delete(request, path, query)
        default: throw StatusError.methodNotAllowed
        }
    }
}

extension ResourcePath {
    /// - Throws: `NotFound` for a path that names no object.
    var key: ObjectKey {
        get throws(StatusError) {
            guard let name else { throw .unknownPath }
            return ObjectKey(namespace: namespace, name: name)
        }
    }

    /// The bytes of an object in the version of this path.
    func encoded(_ object: StoredObject) -> [UInt8] {
        version == kind.version ? object.encoded : decoded(object).encoded
    }

    /// The tree of an object in the version of this path.
    func decoded(_ object: StoredObject) -> JSONValue {
        var tree = object.decoded()
        if version != kind.version { tree["apiVersion"] = .string(apiVersion) }
        return tree
    }
}
