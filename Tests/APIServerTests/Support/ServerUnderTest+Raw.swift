import APIServer
import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix

extension ServerUnderTest {
    /// Sends a body without announcing its length.
    func sendChunked(_ method: String, _ path: String, _ body: [UInt8]) async throws -> Int {
        var request = HTTPClientRequest(url: address.url + path)
        request.method = .init(rawValue: method)
        request.headers.add(name: "Authorization", value: "Bearer \(try token())")
        let chunks = stride(from: 0, to: body.count, by: 65536).map { start in
            ByteBuffer(bytes: body[start..<min(start + 65536, body.count)])
        }
        let stream = AsyncStream(ByteBuffer.self) { continuation in
            for chunk in chunks { continuation.yield(chunk) }
            continuation.finish()
        }
        request.body = .stream(stream, length: .unknown)
        return Int(try await client.execute(request, timeout: .seconds(30)).status.code)
    }

    /// Sends bytes over a connection of their own, and closes it for writing.
    ///
    /// - Returns: What comes back to its end; nothing when that does not come within a second, or with a reset.
    @discardableResult
    func sendRaw(_ bytes: [UInt8]) async throws -> String {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: address.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
                }
            }
        do {
            return try await channel.executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(bytes: bytes))
                outbound.finish()
                return await withTaskGroup(of: String.self) { group in
                    group.addTask {
                        var text = ""
                        do {
                            for try await bytes in inbound { text += String(buffer: bytes) }
                        } catch {}  // the server may reset the connection
                        return text
                    }
                    group.addTask {
                        do { try await Task.sleep(for: .seconds(1)) } catch {}  // the answer came first
                        return ""
                    }
                    let first = await group.next()
                    group.cancelAll()
                    return first ?? ""
                }
            }
        } catch is IOError {
            // The server closed the connection before it had read everything, as it may.
            return ""
        } catch is ChannelError {
            // The same.
            return ""
        }
    }
}
