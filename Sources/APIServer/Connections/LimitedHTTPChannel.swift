import Glibc
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL

/// HTTP/1.1, with or without TLS, over connections that ``ConnectionHandler`` limits.
struct LimitedHTTPChannel: ServerChildChannel {
    typealias Value = HTTP1Channel.Value

    private static let keepAliveOptions: [(CInt, Int)] = [(TCP_KEEPIDLE, 60), (TCP_KEEPINTVL, 15), (TCP_KEEPCNT, 4)]

    private let http: HTTP1Channel
    private let tls: NIOSSLContext?
    private let limits: APIServerConfiguration.Limits
    private let connections: ConnectionRegistry

    init(
        _ responder: @escaping HTTPChannelHandler.Responder, tls: NIOSSLContext?,
        limits: APIServerConfiguration.Limits, connections: ConnectionRegistry
    ) {
        http = HTTP1Channel(
            responder: responder,
            configuration: .init(
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: limits.headerBytes, maxHeaderListSize: limits.headerBytes)))
        self.tls = tls
        self.limits = limits
        self.connections = connections
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let connection = ConnectionHandler(
                limits, connections: connections, headerBytes: limits.headerBytes, eventLoop: channel.eventLoop)
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(WireHandler(connection))
            if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
            try pipeline.addHandler(RequestBytesHandler(connection))
            try Self.findDeadPeers(channel)
            return NIOLoopBound(connection, eventLoop: channel.eventLoop)
        }.flatMap { connection in
            http.setup(channel: channel, logger: logger).flatMapThrowing { value in
                let pipeline = channel.pipeline.syncOperations
                let parser = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
                try pipeline.addHandler(connection.value, position: .after(parser))
                return value
            }
        }
    }

    func handle(value: Value, logger: Logger) async {
        await http.handle(value: value, logger: logger)
    }

    /// A watch may be silent for long; a client that vanished without closing it is found within two minutes.
    private static func findDeadPeers(_ channel: any Channel) throws {
        try channel.syncOptions?.setOption(.socketOption(.so_keepalive), value: 1)
        for (option, value) in keepAliveOptions {
            try channel.syncOptions?.setOption(.tcpOption(.init(rawValue: option)), value: value)
        }
    }
}
