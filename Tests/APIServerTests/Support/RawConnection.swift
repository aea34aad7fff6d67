import APIServer
import NIOCore
import NIOPosix
import NIOSSL

/// A connection on which a test sends what bytes it likes.
struct RawConnection: Sendable {
    private let channel: any Channel
    private let transcript: NIOLoopBound<Transcript>

    /// - Parameter isReading: Without, nothing that the server sends is taken off the wire.
    static func open(to server: ServerUnderTest, isReading: Bool = true) async throws -> RawConnection {
        let address = server.address
        let directory = server.directory
        let group = MultiThreadedEventLoopGroup.singleton
        return try await ClientBootstrap(group: group)
            .channelOption(.autoRead, value: isReading)
            .channelOption(.socketOption(.so_rcvbuf), value: isReading ? 1 << 20 : 4096)
            .connect(host: "127.0.0.1", port: address.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if address.isSecure {
                        var configuration = TLSConfiguration.makeClientConfiguration()
                        configuration.trustRoots = .file(directory + "/tls/ca.crt")
                        let handler = try NIOSSLClientHandler(
                            context: NIOSSLContext(configuration: configuration), serverHostname: nil)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    let transcript = Transcript()
                    try channel.pipeline.syncOperations.addHandler(transcript)
                    return RawConnection(
                        channel: channel, transcript: NIOLoopBound(transcript, eventLoop: channel.eventLoop))
                }
            }
    }

    func send(_ text: String) async throws {
        try await send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    /// Sends what the server need not wait for: it may have answered and closed the connection meanwhile.
    func sendIfOpen(_ text: String) async throws {
        do {
            try await send(text)
        } catch  where error is ChannelError || error is IOError {
            // What was answered tells the test more.
        }
    }

    /// Sends the same bytes again and again until the connection is closed.
    func trickle(_ text: String) {
        let bytes = ByteBuffer(string: text)
        let channel = channel
        channel.eventLoop.execute {
            let task = channel.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(20)) { task in
                channel.writeAndFlush(bytes).whenFailure { _ in channel.close(promise: nil) }
            }
            channel.closeFuture.whenComplete { _ in task.cancel() }
        }
    }

    func close() async throws {
        try await channel.close().get()
    }

    /// When the server, or this side, has closed it.
    ///
    /// - Returns: All that came until then.
    func received() async throws -> String {
        let loop = channel.eventLoop
        let ended = loop.makePromise(of: Void.self)
        channel.closeFuture.cascade(to: ended)
        let deadline = loop.scheduleTask(in: .seconds(60)) { ended.fail(StillOpen()) }
        defer { deadline.cancel() }
        do {
            try await ended.futureResult.get()
        } catch {
            try? await channel.close().get()
            throw error
        }
        return try await loop.submit { [transcript] in transcript.value.text }.get()
    }

    /// When so much has come that `text` is in it.
    func receives(_ text: String) async throws {
        let loop = channel.eventLoop
        let promise = loop.makePromise(of: Void.self)
        let deadline = loop.scheduleTask(in: .seconds(60)) { promise.fail(StillOpen()) }
        defer { deadline.cancel() }
        try await loop.submit { [transcript] in transcript.value.expect(text, promise) }.get()
        try await promise.futureResult.get()
    }

    struct StillOpen: Error {}
}

/// What the server has sent.
private final class Transcript: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private(set) var text = ""
    private var expected: (text: String, promise: EventLoopPromise<Void>)?

    func expect(_ text: String, _ promise: EventLoopPromise<Void>) {
        expected = (text, promise)
        check()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        text += String(buffer: Self.unwrapInboundIn(data))
        check()
    }

    func channelInactive(context: ChannelHandlerContext) {
        expected?.promise.fail(ChannelError.eof)
        expected = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func check() {
        guard let (text, promise) = expected, self.text.contains(text) else { return }
        expected = nil
        promise.succeed()
    }
}
