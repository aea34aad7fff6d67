import JSONTree
import KubernetesAPI
import NIOCore
import NIOHTTP1

/// Why a connection is refused at the level of HTTP itself, before there is a request to answer.
enum ConnectionFault: Error, Equatable {
    case targetTooLong(limit: Int)
    case headerTooLarge(limit: Int)
    /// The input is not HTTP/1.1; says what is wrong with it.
    case malformed(String)
    case slowHeader(Duration)
    case slowBody(leastBytes: Int, window: Duration)
    case lateBody(Duration)

    /// - Parameter requestLineBytes: The length of the request's first line, as far as it was received.
    init(_ error: HTTPParserError, requestLineBytes: Int, limit: Int) {
        self =
            switch error {
            case .headerOverflow where requestLineBytes > limit: .targetTooLong(limit: limit)
            case .headerOverflow: .headerTooLarge(limit: limit)
            default: .malformed(String(reflecting: error))
            }
    }

    var status: StatusError {
        switch self {
        case .targetTooLong(let limit):
            StatusError(
                code: 414, reason: .badRequest, message: "the request's URI is too long: the limit is \(limit) bytes")
        case .headerTooLarge(let limit):
            StatusError(
                code: 431, reason: .requestEntityTooLarge,
                message: "the request's header is too large: the limit is \(limit) bytes and 1000 fields")
        case .malformed(let what): .badRequest("the request is not valid HTTP/1.1: \(what)")
        case .slowHeader(let limit): .requestTimeout("the request's header was not complete within \(limit)")
        case .slowBody(let leastBytes, let window):
            .requestTimeout("the request's body came too slowly: fewer than \(leastBytes) bytes in \(window)")
        case .lateBody(let limit): .requestTimeout("the request's body was not complete within \(limit)")
        }
    }

    /// The complete answer. The connection ends after it, whatever the client asks for.
    var answer: (head: HTTPResponseHead, body: ByteBuffer) {
        let body = ByteBuffer(bytes: status.status.encoded)
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: status.code),
            headers: [
                "Content-Type": "application/json", "Content-Length": String(body.readableBytes),
                "Connection": "close",
            ])
        return (head, body)
    }
}

extension StatusError {
    fileprivate static func requestTimeout(_ message: String) -> StatusError {
        StatusError(code: 408, reason: .timeout, message: message)
    }
}
