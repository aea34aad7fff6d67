import HTTPTypes
import Hummingbird
import KubernetesAPI

/// Who is let in.
enum Authentication {
    /// Who shows the token, over TLS.
    case token(BearerToken)
    /// Plain HTTP on a loopback address: also who shows none, for kubectl sends a token over TLS only. A web page in
    /// a browser of this machine reaches the address too; such requests are told by their headers and refused.
    case loopback(BearerToken)

    /// - Throws: `Unauthorized`, `Forbidden`.
    func check(_ request: Request) throws(StatusError) {
        let authorization = request.headers[.authorization]
        switch self {
        case .token(let token):
            guard token.matches(authorization: authorization) else { throw .unauthorized }
        case .loopback(let token):
            if token.matches(authorization: authorization) { return }
            guard authorization == nil else { throw .unauthorized }
            try Self.checkIsNoWebPage(request)
        }
    }

    /// A page of another site sends `Origin`; one whose name was rebound to this address sends that name as `Host`.
    private static func checkIsNoWebPage(_ request: Request) throws(StatusError) {
        guard request.headers[.origin] == nil, isLoopback(authority: request.head.authority) else {
            throw StatusError(
                code: 403, reason: .forbidden,
                message: "forbidden: without a token, plain HTTP answers no web page and no other name than localhost")
        }
    }

    private static func isLoopback(authority: String?) -> Bool {
        guard var host = authority?[...] else { return true }
        if let bracket = host.lastIndex(of: "]") {
            host = host[..<bracket].dropFirst()
        } else if let colon = host.lastIndex(of: ":") {
            host = host[..<colon]
        }
        return SocketAddressText.isLoopback(String(host))
    }
}
