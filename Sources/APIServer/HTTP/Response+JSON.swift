import HTTPTypes
import Hummingbird
import JSONTree
import KubernetesAPI
import NIOCore

extension Response {
    static func json(
        _ bytes: [UInt8], status: HTTPResponse.Status = .ok, contentType: String = "application/json",
        warnings: [String] = []
    ) -> Response {
        var response = Response(status: status, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        response.headers[.contentType] = contentType
        // What the API answers is true now and for this client only.
        response.headers[.cacheControl] = "no-cache, private"
        if let name = HTTPField.Name("Warning") {
            for warning in shortened(warnings) {
                response.headers.append(HTTPField(name: name, value: quoted(warning)))
            }
        }
        return response
    }

    static func json(
        _ value: JSONValue, status: HTTPResponse.Status = .ok, warnings: [String] = []
    ) -> Response {
        json(value.encoded, status: status, warnings: warnings)
    }

    static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        var response = Response(status: status, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
        response.headers[.contentType] = "text/plain; charset=utf-8"
        return response
    }

    init(_ error: StatusError) {
        self = .json(error.status, status: HTTPResponse.Status(code: error.code))
        if let seconds = error.retryAfterSeconds { headers[.retryAfter] = "\(seconds)" }
        if error.code == 401 { headers[.wwwAuthenticate] = "Bearer realm=\"berth\"" }
    }

    /// Together at most 4096 characters, as Kubernetes' API server has it: what a driver says may have any length, and
    /// clients read headers of a bounded one.
    private static func shortened(_ warnings: [String]) -> [String] {
        let limit = 4096
        guard warnings.reduce(0, { $0 + $1.unicodeScalars.count }) > limit else { return warnings }
        var left = limit
        return warnings.compactMap { warning in
            guard left > 0 else { return nil }
            let kept = warning.unicodeScalars.prefix(left)
            left -= kept.count
            return kept.endIndex == warning.unicodeScalars.endIndex ? warning : String(kept) + "…"
        }
    }

    /// A `Warning` header's value (RFC 7234, section 5.5) as Kubernetes sends it and kubectl prints it.
    private static func quoted(_ warning: String) -> String {
        var value = "299 - \""
        for scalar in warning.unicodeScalars {
            switch scalar {
            case "\"", "\\": value += "\\" + String(scalar)
            // A line end would end the header.
            case _ where scalar.value < 0x20 || scalar.value == 0x7F: value += " "
            default: value.unicodeScalars.append(scalar)
            }
        }
        return value + "\""
    }
}

extension StatusError {
    /// `ListOptions.meta.k8s.io "" is invalid: …`
    static func invalidOptions(_ kind: String, field: String, reason: String, _ message: String) -> StatusError {
        StatusError(
            code: 422, reason: .invalid, message: "\(kind).meta.k8s.io \"\" is invalid: \(field): \(message)",
            group: "meta.k8s.io", resource: kind,
            causes: [Cause(reason: reason, message: message, field: field)])
    }
}
