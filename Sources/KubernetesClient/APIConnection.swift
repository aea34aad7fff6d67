import AsyncHTTPClient
import Foundation
public import JSONTree
import KubernetesAPI
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOSSL

/// One API server, spoken to over HTTP with the credentials of a kubeconfig.
public struct APIConnection: Sendable {
    /// An answer's body and its `Warning` headers.
    public struct Answer: Sendable {
        public var code: Int
        public var body: JSONValue
        public var warnings: [String]
    }

    public static let maximumAnswerBytes = 1 << 30

    public let namespace: String
    private let server: String
    private let token: String?
    private let http: HTTPClient
    private let timeout: Duration

    /// Opens a connection for the duration of `body`, and closes it whatever happens.
    public static func with<Result: Sendable>(
        _ config: Kubeconfig, timeout: Duration = .seconds(60),
        _ body: @Sendable (APIConnection) async throws -> Result
    ) async throws -> Result {
        let connection = try APIConnection(config, timeout: timeout)
        let result: Result
        do {
            result = try await body(connection)
        } catch {
            // What went wrong first is what counts.
            try? await connection.http.shutdown()
            throw error
        }
        try await connection.http.shutdown()
        return result
    }

    private init(_ config: Kubeconfig, timeout: Duration) throws {
        var tls = TLSConfiguration.makeClientConfiguration()
        if let pem = config.certificateAuthorityPEM {
            tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(pem.utf8)))
        }
        if let certificate = config.clientCertificatePEM, let key = config.clientKeyPEM {
            tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8)).map { .certificate($0) }
            tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem))
        }
        if config.skipsTLSVerification { tls.certificateVerification = .none }
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.timeout.connect = .seconds(10)
        // Nobody listens there: say so at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
        configuration.httpVersion = .http1Only
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        server = config.server
        token = config.token
        namespace = config.namespace
        self.timeout = timeout
    }

    /// Sends one request and reads the whole answer.
    ///
    /// - Parameter path: With the query, percent-encoded where it must be.
    /// - Throws: ``StatusError`` as the server gave it; ``ClientError`` when there was no usable answer.
    public func send(
        _ method: String, _ path: String, body: JSONValue? = nil, contentType: String = "application/json",
        accept: String = "application/json"
    ) async throws -> Answer {
        try await send(method, path, bytes: body?.encoded, contentType: contentType, accept: accept)
    }

    /// Like ``send(_:_:body:contentType:accept:)`` with a body that is bytes already.
    public func send(
        _ method: String, _ path: String, bytes: [UInt8]?, contentType: String, accept: String = "application/json"
    ) async throws -> Answer {
        var request = self.request(method, path, accept: accept)
        if let bytes {
            request.headers.add(name: "content-type", value: contentType)
            request.body = .bytes(bytes)
        }
        let response: HTTPClientResponse
        let received: ByteBuffer
        do {
            response = try await http.execute(request, timeout: TimeAmount(timeout))
            received = try await response.body.collect(upTo: Self.maximumAnswerBytes)
        } catch {
            throw unreachable(method, path, error)
        }
        let value = Self.json(received)
        let code = Int(response.status.code)
        guard (200..<300).contains(code) else {
            if let value, let error = StatusError(status: value) { throw error }
            throw ClientError(
                code: .badAnswer, message: "\(method) \(server)\(path): the server answered \(code), and no Status")
        }
        return Answer(
            code: code, body: value ?? .string(String(buffer: received)),
            warnings: response.headers["warning"].compactMap(Self.warning))
    }

    /// The lines of a streamed answer, each a JSON document, until the server ends it or the reader stops.
    public func lines(_ path: String, accept: String = "application/json") async throws -> AnswerLines {
        let response: HTTPClientResponse
        do {
            // The stream itself has no deadline: its end is the reader's cancellation or the server's timeoutSeconds.
            response = try await http.execute(request("GET", path, accept: accept), deadline: .distantFuture)
        } catch {
            throw unreachable("GET", path, error)
        }
        guard response.status == .ok else {
            let received = try await response.body.collect(upTo: 1 << 20)
            if let value = Self.json(received), let error = StatusError(status: value) { throw error }
            throw ClientError(
                code: .badAnswer, message: "GET \(server)\(path): the server answered \(response.status.code)")
        }
        return AnswerLines(body: response.body)
    }

    private func request(_ method: String, _ path: String, accept: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: server + path)
        request.method = HTTPMethod(rawValue: method)
        request.headers.add(name: "accept", value: accept)
        request.headers.add(name: "user-agent", value: "berth/\(BerthVersion.current)")
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        return request
    }

    private func unreachable(_ method: String, _ path: String, _ error: any Error) -> any Error {
        if error is CancellationError { return error }
        return ClientError(
            code: .unreachable,
            message: "\(method) \(server)\(path): no answer from the API server (\(error)). Is `berth serve` running?")
    }

    private static func json(_ buffer: ByteBuffer) -> JSONValue? {
        try? JSONParser.parse(buffer.readableBytesView)
    }

    /// The text of a header `299 - "text"` (RFC 7234, section 5.5).
    private static func warning(_ header: String) -> String? {
        guard let open = header.firstIndex(of: "\""), let close = header.lastIndex(of: "\""), open < close else {
            return nil
        }
        var text = ""
        var isEscaped = false
        for character in header[header.index(after: open)..<close] {
            if character == "\\", !isEscaped {
                isEscaped = true
            } else {
                text.append(character)
                isEscaped = false
            }
        }
        return text
    }
}
