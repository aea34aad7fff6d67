import APIServer
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@Suite("Being told to stop")
struct ShutdownTests {
    @Test(
        "a client that neither reads nor answers does not hold the server", .timeLimit(.minutes(1)),
        arguments: [false, true])
    func silentClient(isSecure: Bool) async throws {
        try await ServerUnderTest.run(isSecure: isSecure) { server in
            let token = try server.token()
            let channel = try await connect(to: server, isSecure: isSecure)
            let request = """
                GET /api/v1/namespaces?watch=true HTTP/1.1\r
                Host: localhost\r
                Authorization: Bearer \(token)\r
                \r

                """
            try await channel.writeAndFlush(ByteBuffer(string: request))
            // The first bytes of the answer: the watch has begun. From here on nothing is read.
            try await channel.pipeline.handler(type: FirstBytes.self).map { $0.arrival }.get().get()
            try await channel.setOption(.autoRead, value: false).get()
            await server.shutDown()
        }
    }

    private func connect(to server: ServerUnderTest, isSecure: Bool) async throws -> any Channel {
        let directory = server.directory
        return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if isSecure {
                        var configuration = TLSConfiguration.makeClientConfiguration()
                        configuration.trustRoots = .file(directory + "/tls/ca.crt")
                        let handler = try NIOSSLClientHandler(
                            context: NIOSSLContext(configuration: configuration), serverHostname: nil)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    try channel.pipeline.syncOperations.addHandler(FirstBytes(channel.eventLoop))
                }
            }
            .connect(host: "127.0.0.1", port: server.address.port).get()
    }
}

/// Says when the first bytes came.
private final class FirstBytes: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let promise: EventLoopPromise<Void>

    init(_ eventLoop: any EventLoop) {
        promise = eventLoop.makePromise()
    }

    var arrival: EventLoopFuture<Void> { promise.futureResult }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        promise.succeed()
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(ChannelError.eof)
    }
}
