/// HTTP over libcurl: many requests at a time, all driven by one thread. Connections are kept and used again; HTTP/2 is
/// spoken where TLS offers it. Certificates are verified, always. Redirects are not followed. Proxies are taken from the
/// usual variables (`https_proxy`, `no_proxy`, …), never for this machine itself or a metadata service.
///
/// Nothing is started before the first request: make one where the driver is made, and share it among all calls.
///
/// ```swift
/// let request = HTTPRequest(.post, endpoint, headers: ["Content-Type": "application/json"], body: json.encoded)
/// let reply = try await client.send(request, deadline: call.request.callDeadline())
/// ```
public final class HTTPClient: Sendable {
    public struct Configuration: Sendable {
        public var userAgent: String
        public var timeouts: HTTPTimeouts
        /// A PEM file with the authorities to trust; `nil`: those that this machine trusts, or what `SSL_CERT_FILE`
        /// names.
        public var certificateAuthorities: String?
        /// Beyond this, requests wait for a connection; so many are kept open too.
        public var maximumConnections: Int

        public init(
            userAgent: String = "berth-driver/1.0", timeouts: HTTPTimeouts = HTTPTimeouts(),
            certificateAuthorities: String? = nil, maximumConnections: Int = 128
        ) {
            self.userAgent = userAgent
            self.timeouts = timeouts
            self.certificateAuthorities = certificateAuthorities
            self.maximumConnections = maximumConnections
        }
    }

    private let configuration: Configuration
    private let loop: TransferLoop

    public init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration
        loop = TransferLoop(maximumConnections: configuration.maximumConnections)
    }

    deinit { loop.stop() }

    /// Sends the request and waits for the whole reply, whatever its status.
    ///
    /// - Parameter deadline: The call's; `nil`: only the timeouts bound it.
    /// - Throws: ``HTTPFailure``. Cancelling the task gives the transfer up at once (``HTTPFailure/Kind/cancelled``).
    public func send(
        _ request: HTTPRequest, deadline: ContinuousClock.Instant?
    ) async throws(HTTPFailure) -> HTTPReply {
        if let flaw = request.flaw { throw HTTPFailure(.notSent, mayHaveArrived: false, "\(request): \(flaw)") }
        let transfer = Transfer(request, deadline: deadline, configuration)
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { loop.submit(transfer, $0) }
        } onCancel: {
            loop.giveUp(transfer)
        }
        return try outcome.get()
    }
}

extension HTTPRequest {
    /// What would let the request say something else than was meant: line breaks in a header, for one.
    fileprivate var flaw: String? {
        func isPrintable(_ text: String) -> Bool { text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } }
        if method.rawValue.isEmpty || !isPrintable(method.rawValue) { return "the method is no word" }
        if !path.hasPrefix("/") || !isPrintable(path) || path.contains("?") || path.contains("#") {
            return "the path must begin with a slash and be percent-encoded"
        }
        if !isPrintable(query) || query.contains("#") { return "the query must be percent-encoded" }
        for field in headers.fields {
            if field.name.isEmpty || !isPrintable(field.name) || field.name.contains(":") {
                return "a header has a name that is none"
            }
            if field.value.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) {
                return "the header \(field.name) holds a control character"
            }
        }
        return nil
    }
}
