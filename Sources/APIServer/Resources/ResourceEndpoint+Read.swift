import HTTPTypes
import Hummingbird
import JSONTree
import KubernetesAPI

extension ResourceEndpoint {
    func get(_ request: Request, _ path: ResourcePath, _ query: Query) async throws -> Response {
        let representation = try Representation(accept: request.headers[.accept])
        let include = try Table.Include(query)
        let key = try path.key
        return respond(try await client.get(path.kind, key), path, representation, include: include)
    }

    /// One object, as the client wants it.
    func respond(
        _ object: StoredObject, _ path: ResourcePath, _ representation: Representation,
        include: Table.Include = .metadata, status: HTTPResponse.Status = .ok, warnings: [String] = []
    ) -> Response {
        switch representation {
        case .object: return .json(path.encoded(object), status: status, warnings: warnings)
        case .partialMetadata(let version):
            return .json(
                PartialMetadata.object(path.decoded(object), version: version), status: status, warnings: warnings)
        case .table(let version):
            let table = Table(path.kind, version: version, include: include)
            return .json(
                table.prefix(resourceVersion: object.resourceVersion) + table.row(path.decoded(object)) + Table.suffix,
                status: status, warnings: warnings)
        }
    }

    func list(_ request: Request, _ path: ResourcePath, _ query: Query) async throws -> Response {
        let representation = try Representation(accept: request.headers[.accept])
        let asked = try ListParameters(query)
        let include = try Table.Include(query)
        let list = try await client.list(path.kind, asked.options(path))
        try asked.check(list)
        var metadata: JSONObject = ["resourceVersion": .string(String(list.resourceVersion))]
        if let token = list.continueToken { metadata["continue"] = .string(token) }
        if let count = list.remainingItemCount { metadata["remainingItemCount"] = .integer(Int64(count)) }
        let body: ResponseBody =
            switch representation {
            case .object:
                .items(
                    prefix: Self.listPrefix(path.kind.listKind, path.apiVersion, metadata), list.items,
                    suffix: Array("]}".utf8)
                ) { path.encoded($0) }
            case .partialMetadata(let version):
                .items(
                    prefix: Self.listPrefix(
                        "PartialObjectMetadataList", "meta.k8s.io/\(version)", metadata), list.items,
                    suffix: Array("]}".utf8)
                ) { PartialMetadata.object(path.decoded($0), version: version).encoded }
            case .table(let version): table(path.kind, version, include, metadata, list, path)
            }
        var response = Response(status: .ok, body: body)
        response.headers[.contentType] = "application/json"
        response.headers[.cacheControl] = "no-cache, private"
        return response
    }

    private func table(
        _ kind: ResourceKind, _ version: String, _ include: Table.Include, _ metadata: JSONObject, _ list: ObjectList,
        _ path: ResourcePath
    ) -> ResponseBody {
        let table = Table(kind, version: version, include: include)
        return .items(prefix: table.prefix(metadata: metadata), list.items, suffix: Table.suffix) {
            table.row(path.decoded($0))
        }
    }

    private static func listPrefix(_ kind: String, _ apiVersion: String, _ metadata: JSONObject) -> [UInt8] {
        var writer = JSONWriter()
        writer.write(raw: "{\"kind\":")
        writer.write(kind)
        writer.write(raw: ",\"apiVersion\":")
        writer.write(apiVersion)
        writer.write(raw: ",\"metadata\":")
        writer.write(metadata)
        writer.write(raw: ",\"items\":[")
        return writer.bytes
    }
}

/// `meta.k8s.io` PartialObjectMetadata: what an object is called, without what it says.
enum PartialMetadata {
    static func object(_ object: JSONValue, version: String) -> JSONValue {
        [
            "kind": "PartialObjectMetadata", "apiVersion": .string("meta.k8s.io/\(version)"),
            "metadata": object["metadata"] ?? [:],
        ]
    }
}
