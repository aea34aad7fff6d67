import HTTPTypes
import JSONTree

/// One request to a simulated cloud, whole: no service sees a socket.
struct CloudRequest: Sendable {
    struct QueryItem: Sendable, Hashable {
        var name: String
        var value: String
    }

    /// `GET`, `POST`, …
    var method: String
    /// `http` or `https`, as the client sees it. Links in answers begin with it, as the clouds' do.
    var scheme: String
    /// The `Host` header, as `127.0.0.1:4566`.
    var authority: String
    /// What stood behind the method: the path and the query, still percent-encoded. Signatures cover it.
    var target: String
    /// The path alone, still percent-encoded.
    var path: String
    /// The query's parts in their order, decoded.
    var query: [QueryItem]
    var headers: HTTPFields
    var body: [UInt8]

    /// The first value of a query parameter, decoded.
    func query(_ name: String) -> String? { query.first { $0.name == name }?.value }

    /// Whatever the name's letter case; `Host` is the authority.
    func header(_ name: String) -> String? {
        if name.lowercased() == "host" { return authority }
        return HTTPField.Name(name).flatMap { headers[$0] }
    }

    /// `http://127.0.0.1:4566`
    var origin: String { "\(scheme)://\(authority)" }

    /// The path's segments, decoded, without empty ones.
    var segments: [String] {
        path.split(separator: "/").map { PercentEncoding.decoded(String($0)) ?? String($0) }
    }
}

/// One answer of a simulated cloud.
struct CloudResponse: Sendable {
    var status: Int
    var headers: HTTPFields
    var body: [UInt8]

    init(status: Int, headers: HTTPFields = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    static func json(_ value: JSONValue, status: Int = 200, headers: HTTPFields = [:]) -> CloudResponse {
        var headers = headers
        headers[.contentType] = "application/json; charset=UTF-8"
        return CloudResponse(status: status, headers: headers, body: value.encoded)
    }

    static func xml(_ text: String, status: Int = 200, headers: HTTPFields = [:]) -> CloudResponse {
        var headers = headers
        headers[.contentType] = "text/xml;charset=UTF-8"
        return CloudResponse(status: status, headers: headers, body: Array(text.utf8))
    }
}
