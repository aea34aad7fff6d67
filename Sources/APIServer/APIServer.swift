import Hummingbird
import HummingbirdCore
public import JSONTree
public import KubernetesAPI
public import Logging
import NIOCore
import NIOSSL
public import ServiceLifecycle

/// Serves Kubernetes' REST API over a ``ResourceClient``, until it is cancelled or gracefully shut down.
public struct APIServer: Service {
    /// What the composition adds to Kubernetes' own paths.
    public struct Extensions: Sendable {
        /// Served by GET at `/berth/v1/{name}`, with the items of the query; the first of a name counts. A thrown
        /// ``StatusError`` goes to the client.
        public var reports: [String: @Sendable ([String: String]) async throws -> JSONValue] = [:]
        /// Called by POST at `/berth/v1/{name}` with the request's body. A thrown ``StatusError`` goes to the client.
        public var actions: [String: @Sendable (JSONValue) async throws -> JSONValue] = [:]
        /// What `/readyz` says: why the server cannot do its work; `nil`: it can.
        public var unreadiness: @Sendable () async -> String? = { nil }
        /// Called once, when connections are accepted. When it throws, the server ends with that error.
        public var onReady: @Sendable (BoundAddress) async throws -> Void = { _ in }

        public init() {}
    }

    private let configuration: APIServerConfiguration
    private let client: any ResourceClient
    private let extensions: Extensions
    private let logger: Logger

    public init(
        configuration: APIServerConfiguration, client: any ResourceClient, extensions: Extensions = Extensions(),
        logger: Logger
    ) {
        self.configuration = configuration
        self.client = client
        self.extensions = extensions
        self.logger = logger
    }

    /// - Throws: ``ServingError`` when the address cannot be listened on; what `onReady` threw.
    public func run() async throws {
        let (startFailures, failure) = AsyncStream<any Error>.makeStream()
        let connections = ConnectionRegistry(configuration.limits, logger: logger)
        let application = Application(
            responder: responder(connections), server: try server(connections), configuration: applicationConfiguration,
            onServerRunning: { channel in
                do {
                    try await extensions.onReady(BoundAddress(channel.localAddress, configuration))
                } catch {
                    failure.yield(error)
                }
            }, logger: quietLogger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await application.run()
                } catch let error as IOError {
                    throw ServingError(
                        "cannot listen on \(configuration.host):\(configuration.port): \(error). "
                            + "Stop what uses the address, or choose another one with --listen")
                }
            }
            group.addTask {
                for await error in startFailures { throw error }
            }
            group.addTask {
                // An answer that its client does not read would hold the process for ever.
                try await gracefulShutdown()
                try await Task.sleep(for: configuration.limits.shutdown)
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func responder(_ connections: ConnectionRegistry) -> APIResponder {
        let limits = configuration.limits
        return APIResponder(
            authentication: authentication, connections: connections,
            resources: ResourceEndpoint(client: client, limits: limits),
            accessReviews: AccessReview(maximumBodyBytes: limits.bodyBytes),
            berth: BerthEndpoint(
                reports: extensions.reports, actions: extensions.actions, maximumBodyBytes: limits.bodyBytes),
            unreadiness: extensions.unreadiness, logger: logger)
    }

    private var authentication: Authentication {
        switch configuration.security {
        case .tls: .token(configuration.token)
        case .insecure: .loopback(configuration.token)
        }
    }

    private func server(_ connections: ConnectionRegistry) throws -> HTTPServerBuilder {
        let limits = configuration.limits
        let tls: NIOSSLContext? =
            switch configuration.security {
            case .insecure: nil
            case .tls(let identity): try NIOSSLContext(configuration: identity.tlsConfiguration)
            }
        return HTTPServerBuilder { responder in
            LimitedHTTPChannel(responder, tls: tls, limits: limits, connections: connections)
        }
    }

    private var applicationConfiguration: ApplicationConfiguration {
        ApplicationConfiguration(
            address: .hostname(configuration.host, port: configuration.port), serverName: nil, backlog: 1024,
            reuseAddress: true)
    }

    /// The HTTP library's own messages, at `info` and below, are about itself.
    private var quietLogger: Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }
}

/// As the service group logs it.
extension APIServer: CustomStringConvertible {
    public var description: String { "APIServer" }
}

/// The address that the server listens on, its real port included.
public struct BoundAddress: Sendable, Hashable {
    public let host: String
    public let port: Int
    public let isSecure: Bool

    init(_ address: SocketAddress?, _ configuration: APIServerConfiguration) {
        host = configuration.host
        port = address?.port ?? configuration.port
        if case .tls = configuration.security { isSecure = true } else { isSecure = false }
    }

    /// As a client on this machine reaches it: `https://127.0.0.1:6443`.
    public var url: String {
        var host = host
        if SocketAddressText.isWildcard(host) { host = host.contains(":") ? "::1" : "127.0.0.1" }
        return "\(isSecure ? "https" : "http")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }
}
