import Hummingbird
import JSONTree
import KubernetesAPI

extension ResourceEndpoint {
    /// How many objects of a collection are deleted at a time: enough to share the store's commits.
    private static let concurrentDeletions = 64

    func delete(_ request: Request, _ path: ResourcePath, _ query: Query) async throws -> Response {
        let representation = try Representation(accept: request.headers[.accept])
        let parameters = try await request.deleteParameters(query, limit: limits.bodyBytes)
        switch try await client.delete(path.kind, try path.key, parameters.options) {
        case .marked(let object): return respond(object, path, representation)
        case .removed(let object): return .json(Self.success(path.kind, object))
        case .discarded(let object, let warnings):
            return .json(Self.success(path.kind, object), warnings: warnings)
        }
    }

    /// Deletes what the selectors match, and answers with the list of it.
    func deleteCollection(_ request: Request, _ path: ResourcePath, _ query: Query) async throws -> Response {
        let asked = try ListParameters(query)
        let parameters = try await request.deleteParameters(query, limit: limits.bodyBytes)
        let list = try await client.list(path.kind, asked.options(path))
        let deleted = try await delete(list.items, path.kind, parameters.options)
        let prefix: JSONValue = [
            "kind": .string(path.kind.listKind), "apiVersion": .string(path.apiVersion),
            "metadata": ["resourceVersion": .string(String(list.resourceVersion))],
        ]
        var response = Response(
            status: .ok,
            body: .items(
                prefix: prefix.encoded.dropLast() + Array(",\"items\":[".utf8), deleted, suffix: Array("]}".utf8)
            ) { path.encoded($0) })
        response.headers[.contentType] = "application/json"
        return response
    }

    private func delete(
        _ objects: [StoredObject], _ kind: ResourceKind, _ options: DeleteOptions
    ) async throws -> [StoredObject] {
        try await withThrowingTaskGroup(of: (Int, StoredObject?).self) { group in
            var deleted = [StoredObject?](repeating: nil, count: objects.count)
            var next = 0
            while next < objects.count || !group.isEmpty {
                if next < objects.count, next < Self.concurrentDeletions {
                    let position = next
                    group.addTask { (position, try await delete(objects[position], kind, options)) }
                    next += 1
                    continue
                }
                guard let (position, object) = try await group.next() else { break }
                deleted[position] = object
                if next < objects.count {
                    let position = next
                    group.addTask { (position, try await delete(objects[position], kind, options)) }
                    next += 1
                }
            }
            return deleted.compactMap { $0 }
        }
    }

    /// `nil` when somebody else deleted it meanwhile, which is what was asked for.
    private func delete(
        _ object: StoredObject, _ kind: ResourceKind, _ options: DeleteOptions
    ) async throws -> StoredObject? {
        do {
            switch try await client.delete(kind, object.key, options) {
            case .removed(let object), .marked(let object), .discarded(let object, _): return object
            }
        } catch let error as StatusError where error.reason == .notFound {
            return nil
        }
    }

    private static func success(_ kind: ResourceKind, _ object: StoredObject) -> JSONValue {
        var details: JSONObject = ["name": .string(object.key.name)]
        if !kind.group.isEmpty { details["group"] = .string(kind.group) }
        details["kind"] = .string(kind.plural)
        details["uid"] = .string(object.uid)
        return [
            "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "details": .object(details),
        ]
    }
}
