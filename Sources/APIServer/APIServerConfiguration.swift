/// Where and how the API is served.
public struct APIServerConfiguration: Sendable {
    public enum Security: Sendable {
        /// TLS with this certificate.
        case tls(ServingIdentity)
        /// Plain HTTP, on a loopback address only, where everybody on this machine is let in: kubectl sends a token
        /// over TLS only.
        case insecure
    }

    /// An address or a name of this machine.
    public let host: String
    /// 0 for any free port.
    public let port: Int
    public let security: Security
    public let token: BearerToken
    public var limits = Limits()

    /// - Throws: ``ServingError`` for plain HTTP on anything but a loopback address.
    public init(host: String, port: Int, security: Security, token: BearerToken) throws(ServingError) {
        if case .insecure = security, !SocketAddressText.isLoopback(host) {
            throw ServingError(
                "plain HTTP is refused on '\(host)': the token and every Secret would cross the network readable. "
                    + "Listen on 127.0.0.1, ::1 or localhost, or serve with TLS (leave --insecure-http out)")
        }
        self.host = host
        self.port = port
        self.security = security
        self.token = token
    }

    /// What one client may take.
    public struct Limits: Sendable {
        /// Of a request's body, as in Kubernetes: 3 MiB.
        public var bodyBytes = 3 * 1024 * 1024
        /// Further connections wait.
        public var connections = 4096
        /// A connection that sends nothing, between requests or within one, is closed.
        public var idle = Duration.seconds(120)
        /// A watch whose client sets no `timeoutSeconds` ends after this time, up to twice as long.
        public var watch = Duration.seconds(1800)
        /// How long an answer may go on after the server was told to stop.
        public var shutdown = Duration.seconds(1)

        public init() {}
    }
}

/// Why the API cannot be served; says what to do.
public struct ServingError: Error, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
