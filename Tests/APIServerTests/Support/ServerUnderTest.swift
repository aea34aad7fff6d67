import APIServer
import AsyncHTTPClient
import JSONTree
import KubernetesAPI
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import ObjectStore
import ServiceLifecycle
import TestSupport

/// - Parameter bytes: Of a filesystem of its own; `nil`: where all temporary directories lie.
private func withTemporaryDirectory<Value>(
    on bytes: Int?, _ body: (_ path: String) async throws -> Value
) async throws -> Value {
    if let bytes { return try await SmallFilesystem.with(bytes: bytes, body) }
    return try await withTemporaryDirectory(body)
}

/// A real server over a real store in a directory of its own, on a free port of the loopback address.
struct ServerUnderTest: Sendable {
    let address: BoundAddress
    let directory: String
    let store: ObjectStore
    let access: ClientAccess
    /// Trusts the server's authority.
    let client: HTTPClient
    /// Ends the server as SIGTERM does.
    let shutDown: @Sendable () async -> Void

    var kubeconfig: String { access.kubeconfigPath }

    static func run<Value: Sendable>(
        isSecure: Bool = false, limits: APIServerConfiguration.Limits = .init(),
        store storeConfiguration: ObjectStore.Configuration = .init(), extensions: APIServer.Extensions? = nil,
        filesystem bytes: Int? = nil, _ body: @Sendable @escaping (ServerUnderTest) async throws -> Value
    ) async throws -> Value {
        try await withTemporaryDirectory(on: bytes) { directory in
            var logger = Logger(label: "test")
            logger.logLevel = .error
            let store = try await ObjectStore.open(
                directory: directory, configuration: storeConfiguration, logger: logger)
            let access = try ClientAccess.load(in: directory)
            let identity = isSecure ? try ServingIdentity.load(in: directory, host: "127.0.0.1") : nil
            var configuration = try APIServerConfiguration(
                host: "127.0.0.1", port: 0, security: identity.map { .tls($0) } ?? .insecure, token: access.token)
            configuration.limits = limits
            let (addresses, ready) = AsyncStream<BoundAddress>.makeStream()
            var extensions = extensions ?? APIServer.Extensions(of: store)
            extensions.onReady = { address in
                try access.writeKubeconfig(for: address, identity: identity)
                ready.yield(address)
            }
            let server = APIServer(
                configuration: configuration, client: store, extensions: extensions, logger: logger)
            let services = ServiceGroup(
                configuration: .init(
                    services: [.init(service: server), .init(service: store)], logger: logger))
            let client = try Self.client(isSecure: isSecure, directory: directory)
            do {
                let value = try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        defer { ready.finish() }
                        try await services.run()
                    }
                    guard let address = await addresses.first(where: { _ in true }) else {
                        try await group.next()
                        throw ServingError("the server ended before it was ready")
                    }
                    defer { group.cancelAll() }
                    return try await body(
                        ServerUnderTest(
                            address: address, directory: directory, store: store, access: access, client: client,
                            shutDown: { await services.triggerGracefulShutdown() }))
                }
                try await client.shutdown()
                try await store.close()
                return value
            } catch {
                try await client.shutdown()
                try await store.close()
                throw error
            }
        }
    }

    private static func client(isSecure: Bool, directory: String) throws -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        if isSecure {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .file(directory + "/tls/ca.crt")
            configuration.tlsConfiguration = tls
        }
        return HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
    }
}

extension ServerUnderTest {
    struct Answer: Sendable {
        var status: Int
        var headers: [String: String]
        var warnings: [String]
        var body: JSONValue
        var text: String
    }

    /// Sends a request with the token.
    func send(
        _ method: String, _ path: String, _ body: JSONValue? = nil, contentType: String? = nil,
        headers: [String: String] = [:]
    ) async throws -> Answer {
        try await send(method, path, bytes: body?.encoded, contentType: contentType, headers: headers)
    }

    func send(
        _ method: String, _ path: String, bytes: [UInt8]?, contentType: String? = nil,
        headers: [String: String] = [:], isAuthorized: Bool = true
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: address.url + path)
        request.method = .init(rawValue: method)
        if isAuthorized { request.headers.add(name: "Authorization", value: "Bearer \(try token())") }
        if let contentType { request.headers.add(name: "Content-Type", value: contentType) }
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        if let bytes { request.body = .bytes(bytes) }
        let response = try await client.execute(request, timeout: .seconds(30))
        let buffer = try await response.body.collect(upTo: 256 << 20)
        let received = Array(buffer.readableBytesView)
        return Answer(
            status: Int(response.status.code),
            headers: Dictionary(response.headers.map { ($0.name.lowercased(), $0.value) }) { first, _ in first },
            warnings: response.headers["Warning"], body: (try? JSONParser.parse(received)) ?? .null,
            text: String(decoding: received, as: UTF8.self))
    }

    func get(_ path: String, accept: String? = nil) async throws -> Answer {
        try await send("GET", path, headers: accept.map { ["Accept": $0] } ?? [:])
    }

    /// As the kubeconfig gives it to a client.
    func token() throws -> String {
        let text = try fileText(kubeconfig)
        guard let match = text.firstMatch(of: /token: "([0-9a-f]+)"/) else { throw ServingError("no token") }
        return String(match.1)
    }

    /// The events of a watch, as they come.
    func watch(_ path: String, accept: String = "application/json") async throws -> WatchedLines {
        var request = HTTPClientRequest(url: address.url + path)
        request.headers.add(name: "Authorization", value: "Bearer \(try token())")
        request.headers.add(name: "Accept", value: accept)
        let response = try await client.execute(request, timeout: .seconds(60))
        return WatchedLines(status: Int(response.status.code), body: response.body)
    }
}

/// The lines of a streamed body as JSON.
struct WatchedLines: AsyncSequence {
    typealias Element = JSONValue

    let status: Int
    let body: HTTPClientResponse.Body

    struct AsyncIterator: AsyncIteratorProtocol {
        var chunks: HTTPClientResponse.Body.AsyncIterator
        var pending: [UInt8] = []

        mutating func next() async throws -> JSONValue? {
            while true {
                if let end = pending.firstIndex(of: 0x0A) {
                    let line = Array(pending[..<end])
                    pending.removeFirst(end + 1)
                    return try JSONParser.parse(line)
                }
                guard let chunk = try await chunks.next() else { return nil }
                pending.append(contentsOf: chunk.readableBytesView)
            }
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(chunks: body.makeAsyncIterator()) }
}

extension APIServer.Extensions {
    /// As `berth serve` has them, of a store alone.
    fileprivate init(of store: ObjectStore) {
        self.init()
        unreadiness = { await store.unreadiness() }
    }
}
