import NIOCore

/// Sent down a channel: close it now, with no farewell that would need the peer.
struct ConnectionAbort: Sendable {}

/// The end of the pipeline at the socket: sees the bytes on the wire, encrypted if the server uses TLS.
final class WireHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    private let connection: ConnectionHandler
    private var hasSpoken = false

    init(_ connection: ConnectionHandler) {
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !hasSpoken {
            hasSpoken = true
            connection.spoke(context.channel)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        connection.writtenBytes &+= Self.unwrapOutboundIn(data).readableBytes
        context.write(data, promise: promise)
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        if event is ConnectionAbort {
            context.close(promise: promise)
        } else {
            context.triggerUserOutboundEvent(event, promise: promise)
        }
    }
}

/// Between TLS and the HTTP parser: the bytes of requests.
final class RequestBytesHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: ConnectionHandler

    init(_ connection: ConnectionHandler) {
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if connection.bytesArrived(Self.unwrapInboundIn(data)) { context.fireChannelRead(data) }
    }
}

/// Measures the first line of the request that is being read: the HTTP parser only says that something in the header is
/// too long.
struct RequestLineMeter {
    private(set) var bytes = 0
    private var isComplete = false

    mutating func read(_ buffer: ByteBuffer) {
        guard !isComplete else { return }
        let view = buffer.readableBytesView
        // Empty lines before a request are to be ignored (RFC 9112, section 2.2).
        let line = bytes == 0 ? view.drop { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") } : view
        if let end = line.firstIndex(of: UInt8(ascii: "\n")) {
            bytes += line.distance(from: line.startIndex, to: end)
            isComplete = true
        } else {
            bytes += line.count
        }
    }
}
