import JSONTree
import KubernetesAPI

/// All documents below `/openapi`, each made when it is first asked for.
///
/// `kubectl explain`, the merge keys of `kubectl apply`, and the checks that kubectl makes before it sends anything come
/// from these: from version 3 since kubectl 1.27, from version 2 as protobuf before.
enum OpenAPIDocuments {
    /// `/openapi/v3`: where the document of each group version is.
    static let index: OpenAPIDocument = {
        var paths: JSONObject = [:]
        for (path, document) in version3.sorted(by: { $0.key < $1.key }) {
            paths[path] = ["serverRelativeURL": .string("/openapi/v3/\(path)?hash=\(document.hash)")]
        }
        return json(["paths": .object(paths)])
    }()

    /// By group version as a path: `api/v1`, `apis/storage.k8s.io/v1`.
    static let version3: [String: OpenAPIDocument] = {
        var documents: [String: OpenAPIDocument] = [:]
        for group in APIGroup.all {
            for version in group.versions {
                documents[path(group, version)] = json(document3(group, version))
            }
        }
        return documents
    }()

    /// `/openapi/v2` as Swagger 2.0.
    static let version2 = json(document2)

    /// The same in the protobuf form of `openapi.v2.Document`. Its own content type has an `@`, which clients cannot
    /// parse in an answer.
    static let version2Protobuf = OpenAPIDocument(
        bytes: OpenAPIProtobuf.encode(document2), contentType: "application/octet-stream")

    /// The document that a client with this `Accept` header reads at `/openapi/v2`.
    static func version2(accept: String?) -> OpenAPIDocument {
        accept?.contains("proto-openapi.spec.v2") == true ? version2Protobuf : version2
    }

    static func path(_ group: APIGroup, _ version: String) -> String {
        group.name.isEmpty ? "api/\(version)" : "apis/\(group.name)/\(version)"
    }

    private static func json(_ value: JSONValue) -> OpenAPIDocument {
        OpenAPIDocument(bytes: value.encoded, contentType: "application/json")
    }

    private static let information: JSONValue = ["title": "Berth", "version": .string(ServerVersion.gitVersion)]

    private static func document3(_ group: APIGroup, _ version: String) -> JSONValue {
        var schemas = OpenAPISchemas(.version3)
        for served in Schema.kubernetes.served where served.kind.group == group.name && served.version == version {
            schemas.add(served)
        }
        return [
            "openapi": "3.0.0", "info": information,
            "paths": .object(OpenAPIPaths(.version3).paths(group, version)),
            "components": ["schemas": .object(schemas.definitions)],
        ]
    }

    private static var document2: JSONValue {
        var schemas = OpenAPISchemas(.version2)
        for served in Schema.kubernetes.served { schemas.add(served) }
        var paths: JSONObject = [:]
        for group in APIGroup.all {
            for version in group.versions {
                for (path, item) in OpenAPIPaths(.version2).paths(group, version) { paths[path] = item }
            }
        }
        return [
            "swagger": "2.0", "info": information, "paths": .object(paths),
            "definitions": .object(schemas.definitions),
        ]
    }
}

/// Which version of OpenAPI a document is in.
enum OpenAPIVersion {
    /// Swagger 2.0
    case version2
    /// OpenAPI 3.0
    case version3

    func reference(_ name: String) -> JSONValue {
        switch self {
        case .version2: .string("#/definitions/\(name)")
        case .version3: .string("#/components/schemas/\(name)")
        }
    }
}
