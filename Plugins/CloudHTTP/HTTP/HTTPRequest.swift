public import DriverProtocol

/// A request as it goes out. Its description names method, host and path: what is secret stands in the query, the
/// headers and the body, and they are never printed.
public struct HTTPRequest: Sendable, CustomStringConvertible, CustomReflectable {
    public struct Method: RawRepresentable, Sendable, Hashable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        public static let get = Method(rawValue: "GET")
        public static let head = Method(rawValue: "HEAD")
        public static let post = Method(rawValue: "POST")
        public static let put = Method(rawValue: "PUT")
        public static let patch = Method(rawValue: "PATCH")
        public static let delete = Method(rawValue: "DELETE")
    }

    public var method: Method
    public var endpoint: Endpoint
    /// Behind the endpoint's own path: percent-encoded, beginning with a slash.
    public var path: String
    /// Percent-encoded, without the question mark; see ``PercentEncoding/query(_:)``.
    public var query: String
    public var headers: HTTPHeaders
    public var body: [UInt8]
    /// Overrides the client's: for a request that the server holds for long, for example.
    public var timeouts: HTTPTimeouts?
    /// A longer reply is given up.
    public var maximumReplyBytes = 16 * 1024 * 1024
    /// Whether it does no harm when the server gets the request twice. libcurl then sends it again by itself when a
    /// connection that was kept open turns out to be dead. By default true of GET and HEAD only.
    public var isRepeatable: Bool

    /// - Parameter query: Not encoded yet.
    public init(
        _ method: Method, _ endpoint: Endpoint, path: String = "/", query: [(name: String, value: String)] = [],
        headers: HTTPHeaders = [:], body: [UInt8] = []
    ) {
        self.method = method
        self.endpoint = endpoint
        self.path = path
        self.query = PercentEncoding.query(query)
        self.headers = headers
        self.body = body
        isRepeatable = method == .get || method == .head
    }

    /// A request to a whole URL, as a server gives one to follow. Who follows it with credentials makes sure first
    /// that its ``endpoint`` is the one that they are for.
    ///
    /// - Throws: ``DriverError`` `INVALID_ARGUMENT`: no URL, or `http://` elsewhere than at this machine.
    public init(_ method: Method, url: String, headers: HTTPHeaders = [:], body: [UInt8] = []) throws(DriverError) {
        let (whole, query) = try Endpoint.parse(url)
        self.init(
            method, whole.withoutPath, path: whole.path.isEmpty ? "/" : whole.path, headers: headers, body: body)
        self.query = query
    }

    /// With the endpoint's own path.
    public var wholePath: String { endpoint.path + path }

    public var description: String {
        "\(method.rawValue) \(endpoint.scheme.rawValue)://\(endpoint.authority)\(wholePath)"
    }

    public var customMirror: Mirror { Mirror(self, children: ["request": description]) }

    var url: String {
        "\(endpoint.scheme.rawValue)://\(endpoint.authority)\(wholePath)\(query.isEmpty ? "" : "?" + query)"
    }
}

/// How long each phase of a request may take. The call's deadline bounds all of them.
public struct HTTPTimeouts: Sendable, Hashable {
    /// Resolving the name, connecting (through a proxy, where there is one) and the TLS handshake.
    public var connect: Duration
    /// Without a byte in either direction; whole seconds.
    public var silence: Duration
    /// From the beginning to the last byte.
    public var whole: Duration

    public init(
        connect: Duration = .seconds(10), silence: Duration = .seconds(30), whole: Duration = .seconds(120)
    ) {
        self.connect = connect
        self.silence = silence
        self.whole = whole
    }
}
