import HTTPTypes
import Hummingbird
import KubernetesAPI

/// `/openapi/…`: the documents by which kubectl explains fields and learns which kinds the server checks by itself.
enum OpenAPIEndpoint {
    /// - Parameter path: What follows `/openapi`.
    static func respond(_ request: Request, path: [String], query: Query) throws(StatusError) -> Response {
        let document: OpenAPIDocument? =
            switch path {
            case ["v2"]: OpenAPIDocuments.version2(accept: request.headers[.accept])
            case ["v3"]: OpenAPIDocuments.index
            case let path where path.first == "v3": OpenAPIDocuments.version3[path.dropFirst().joined(separator: "/")]
            default: nil
            }
        guard let document else { throw .unknownPath }
        let tag = document.entityTag
        var response: Response =
            if request.headers[.ifNoneMatch] == tag {
                Response(status: .notModified)
            } else {
                .json(document.bytes, contentType: document.contentType)
            }
        response.headers[.eTag] = tag
        // The index names each document with its hash; under that name it never changes, and kubectl keeps it.
        response.headers[.cacheControl] =
            query["hash"] == document.hash ? "public, max-age=31536000, immutable" : "no-cache, private"
        response.headers[.vary] = "Accept"
        return response
    }
}
