import Foundation
import NIOCore
import NIOPosix

@testable import CloudSimulators

/// What a bare TCP client sees of one request: every byte, and how the connection ended.
struct RawExchange: Sendable {
    enum End: Sendable, Equatable {
        /// FIN.
        case closed
        /// RST.
        case reset
        case failed(String)
    }

    var received: String
    var end: End

    /// Sends the request with `Connection: close`, and reads to the connection's end.
    static func send(
        _ method: String, _ path: String, to address: CloudSimulatorOptions.Address
    ) async throws -> RawExchange {
        let promise = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: RawExchange.self)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(promise))
                }
            }
            .connect(host: address.host, port: address.port).get()
        let request = "\(method) \(path) HTTP/1.1\r\nHost: \(address.host)\r\nConnection: close\r\n\r\n"
        try await channel.writeAndFlush(ByteBuffer(string: request))
        return try await promise.futureResult.get()
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let promise: EventLoopPromise<RawExchange>
        private var exchange = RawExchange(received: "", end: .closed)

        init(_ promise: EventLoopPromise<RawExchange>) {
            self.promise = promise
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            exchange.received += String(buffer: unwrapInboundIn(data))
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            let isReset = (error as? IOError)?.errnoCode == ECONNRESET
            exchange.end = isReset ? .reset : .failed("\(error)")
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            promise.succeed(exchange)
        }
    }
}
