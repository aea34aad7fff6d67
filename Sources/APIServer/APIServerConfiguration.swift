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
        /// Of a request's line, and separately of its header: 80 KiB each.
        public var headerBytes = 80 * 1024
        /// Connections at a time; fewer when the process may not open as many files. When all are taken, the oldest one
        /// whose client has shown no token gives way to a new one.
        public var connections = 4096
        /// How many of these clients with a token cannot take: they are reserved for health checks.
        public var reservedConnections = 64
        /// Connections at a time from one address (of IPv6: one /64) whose client has shown no token.
        public var unauthenticatedConnectionsPerAddress = 512
        /// From the first byte of a request to the end of its header; on a new connection, from its start, with the TLS
        /// handshake.
        public var requestHeader = Duration.seconds(5)
        /// Between requests of a client that has shown its token.
        public var idle = Duration.seconds(120)
        /// Between requests of one that has not.
        public var unauthenticatedIdle = Duration.seconds(10)
        /// From the end of a request's header to the end of its body.
        public var body = Duration.seconds(120)
        /// The minimum number of a body's bytes in each ``bodyRateWindow``: on average 1 KiB a second.
        public var bodyBytesPerWindow = 10 * 1024
        public var bodyRateWindow = Duration.seconds(10)
        /// How long a client may leave a pending answer unread.
        public var unreadAnswer = Duration.seconds(60)
        /// How long a client has to read the last answer of a connection that the server closes.
        public var linger = Duration.seconds(1)
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
