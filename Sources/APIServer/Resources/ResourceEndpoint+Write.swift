import HTTPTypes
import Hummingbird
import JSONTree
import KubernetesAPI

extension ResourceEndpoint {
    func create(_ request: Request, _ path: ResourcePath, _ query: Query) async throws -> Response {
        let parameters = try WriteParameters(query, headers: request.headers, kind: "CreateOptions")
        let representation = try Representation(accept: request.headers[.accept])
        var decoded = try await body(request, path, parameters)
        try decoded.object.place(in: path)
        let result = try await client.create(path.kind, decoded.object, parameters.options(path))
        return respond(
            result.object, path, representation, status: .created, warnings: decoded.warnings + result.warnings)
    }

    func update(_ request: Request, _ path: ResourcePath, _ query: Query) async throws -> Response {
        let parameters = try WriteParameters(query, headers: request.headers, kind: "UpdateOptions")
        let representation = try Representation(accept: request.headers[.accept])
        var decoded = try await body(request, path, parameters)
        try decoded.object.place(at: path)
        let result = try await client.update(path.kind, decoded.object, parameters.options(path))
        return respond(result.object, path, representation, warnings: decoded.warnings + result.warnings)
    }

    func patch(_ request: Request, _ path: ResourcePath, _ query: Query) async throws -> Response {
        let parameters = try WriteParameters(query, headers: request.headers, kind: "PatchOptions")
        let representation = try Representation(accept: request.headers[.accept])
        let patchType = try PatchType(contentType: request.headers[.contentType])
        try patchType.check(parameters, query)
        let bytes = try await request.collectBody(limit: limits.bodyBytes)
        let document = try patchType.document(bytes)
        if parameters.fieldValidation == .strict, let duplicate = document.duplicates.first {
            throw StatusError.badRequest("strict decoding error: duplicate field \"\(duplicate)\"")
        }
        let patch = try patchType.patch(document.value, path, force: parameters.force ?? false)
        let result = try await client.patch(path.kind, try path.key, patch, parameters.options(path))
        let warnings =
            parameters.fieldValidation == .warn ? document.duplicates.map { "duplicate field \"\($0)\"" } : []
        return respond(
            result.object, path, representation, status: result.isCreated ? .created : .ok,
            warnings: warnings + result.warnings)
    }

    /// The object in a request's body, in the version that is stored.
    private func body(
        _ request: Request, _ path: ResourcePath, _ parameters: WriteParameters
    ) async throws -> StrictDecoding.Decoded {
        let bytes = try await request.collectBody(limit: limits.bodyBytes)
        let document = try RequestDocument.decode(bytes, contentType: request.headers[.contentType])
        return try StrictDecoding.decode(
            document.value, as: path.kind, version: path.version, duplicates: document.duplicates,
            validation: parameters.fieldValidation)
    }
}

extension JSONValue {
    /// Gives a new object the namespace of the collection that it is made in.
    ///
    /// - Throws: `BadRequest` when it names another one.
    fileprivate mutating func place(in path: ResourcePath) throws(StatusError) {
        let given = at("metadata", "namespace")?.stringValue ?? ""
        guard let namespace = path.namespace else {
            // Kubernetes does not mind a namespace on what has none.
            if !given.isEmpty { set(nil, at: "metadata", "namespace") }
            return
        }
        guard given.isEmpty || given == namespace else {
            throw .badRequest(
                "the namespace of the provided object does not match the namespace sent on the request")
        }
        set(.string(namespace), at: "metadata", "namespace")
    }

    /// - Throws: `BadRequest` when the object is not the one that the path names.
    fileprivate mutating func place(at path: ResourcePath) throws(StatusError) {
        let key = try path.key
        let name = at("metadata", "name")?.stringValue ?? ""
        guard name == key.name else {
            throw .badRequest("the name of the object (\(name)) does not match the name on the URL (\(key.name))")
        }
        let given = at("metadata", "namespace")?.stringValue ?? ""
        guard let namespace = key.namespace else {
            if !given.isEmpty { set(nil, at: "metadata", "namespace") }
            return
        }
        guard given.isEmpty || given == namespace else {
            throw .badRequest(
                "the namespace of the object (\(given)) does not match the namespace on the request (\(namespace))")
        }
        set(.string(namespace), at: "metadata", "namespace")
    }
}
