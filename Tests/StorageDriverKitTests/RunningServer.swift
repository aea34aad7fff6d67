import DriverProtocol
import Glibc
import JSONTree
import Synchronization
import Testing

@testable import StorageDriverKit

/// A ``ResidentServer`` of a ``ProbeDriver`` within the test process, with its ends of the two pipes.
final class RunningServer: Sendable {
    struct Silent: Error {}

    private let toServer: Mutex<Int32?>
    private let fromServer: Mutex<LineReader>
    private let fromServerDescriptor: Int32
    private let result = Monitor(Int32?.none)

    init(limit: Int = 4, lineLimit: Int = DriverProcess.requestLimit) throws {
        let table = try VerbTable(ProbeDriver())
        let input = try Self.makePipe()
        let output = try Self.makePipe()
        toServer = Mutex(input.write)
        fromServer = Mutex(LineReader(output.read, limit: 1 << 24))
        fromServerDescriptor = output.read
        let status = SystemThread.start { [result] in
            let server = ResidentServer(
                table, input: input.read, output: output.write, limit: limit, lineLimit: lineLimit)
            let status = server.run()
            close(input.read)
            close(output.write)
            result.withLock { $0 = status }
            result.broadcast()
        }
        try #require(status == 0)
    }

    deinit {
        endInput()
        close(fromServerDescriptor)
    }

    func send(_ request: DriverRequest) { send(request.json) }
    func send(_ json: JSONValue) { send(raw: json.encoded + [UInt8(ascii: "\n")]) }

    func send(raw bytes: [UInt8]) {
        toServer.withLock { descriptor in
            if let descriptor { _ = FileOutput.write(bytes, to: descriptor) }
        }
    }

    func endInput() {
        toServer.withLock { descriptor in
            if let descriptor { close(descriptor) }
            descriptor = nil
        }
    }

    /// The next reply; fails when none comes within 20 s.
    func reply() throws -> DriverReply {
        try fromServer.withLock { reader in
            guard case .line(let bytes) = reader.next(within: 20_000, descriptor: fromServerDescriptor) else {
                throw Silent()
            }
            return try DriverReply(json: JSONParser.parse(bytes))
        }
    }

    /// Whether the output ends without another reply, and what the server returned.
    func end() throws -> Int32 {
        try fromServer.withLock { reader in
            guard reader.next(within: 20_000, descriptor: fromServerDescriptor) == .end else { throw Silent() }
        }
        return result.wait { $0 }
    }

    private static func makePipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        try #require(Glibc.pipe(&ends) == 0)
        return (ends[0], ends[1])
    }
}

extension LineReader {
    /// Tests wait for a line only so long: a server that is silent must not hang them.
    fileprivate mutating func next(within milliseconds: Int32, descriptor: Int32) -> Line {
        if hasLine { return next() }
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, milliseconds) == 1 else { return .failed(errno: ETIMEDOUT) }
        return next()
    }
}
