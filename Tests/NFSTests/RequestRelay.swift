import Glibc
import NFSTestServer
import TestSupport

/// One request of a driver's, as it goes over the wire.
struct RequestMatch: Sendable {
    /// NFSv3's, with which the call's header ends.
    let procedure: UInt32
    /// NFSv4's operation within a COMPOUND, and what of its arguments comes before the name.
    let operation: [UInt32]
    let name: String?

    static func rename(_ name: String) -> Self { Self(procedure: 14, operation: [29], name: name) }
    static func makeLink(_ name: String) -> Self { Self(procedure: 10, operation: [6, 5], name: name) }
    static let readLink = Self(procedure: 5, operation: [27], name: nil)
    static let readDirectory = Self(procedure: 17, operation: [26], name: nil)

    /// - Parameter call: An RPC call (RFC 5531) with its record's mark.
    func matches(_ call: ArraySlice<UInt8>) -> Bool {
        let call = Array(call)
        guard call.count > 28, Self.word(call, 16) == 100_003 else { return false }
        let text = name.map { Self.bytes([UInt32($0.utf8.count)]) + Array($0.utf8) } ?? []
        switch Self.word(call, 20) {
        case 3: return Self.word(call, 24) == procedure && (text.isEmpty || call.contains(text))
        // A READLINK without arguments is the last of its COMPOUND.
        case 4:
            return text.isEmpty
                ? call.suffix(4) == Self.bytes(operation)[...]
                : call.contains(Self.bytes(operation)) && call.contains(text)
        default: return false
        }
    }

    private static func word(_ bytes: [UInt8], _ position: Int) -> UInt32 {
        bytes[position..<position + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func bytes(_ words: [UInt32]) -> [UInt8] {
        words.flatMap { word in withUnsafeBytes(of: word.bigEndian) { Array($0) } }
    }
}

/// Stands between a driver's process and the server, and holds one request up while something else happens: two calls
/// meet at just that moment, each time. Works on the test's own thread.
final class RequestRelay {
    private struct Pair {
        let driver: Int32
        let server: Int32
        var received: [UInt8] = []
    }

    let port: UInt16
    private let serverPort: UInt16
    private let listener: Int32
    private var pairs: [Pair] = []

    init(to serverPort: UInt16) throws {
        self.serverPort = serverPort
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        self.listener = listener
        port = try ReservedPort.bindToFreePort(listener)
        guard listen(listener, 8) == 0 else { throw GaneshaServer.Failure(description: "no relay: errno \(errno)") }
    }

    deinit {
        close(listener)
        for pair in pairs {
            close(pair.driver)
            close(pair.server)
        }
    }

    /// Carries everything until the process has ended.
    ///
    /// - Returns: What `action` did; `nil` when no request matched.
    func carry<Result>(
        for child: PipedProcess, before match: RequestMatch, _ action: () throws -> Result
    ) throws -> Result? {
        var result: Result?
        while child.isRunning {
            var ready = ([listener] + pairs.flatMap { [$0.driver, $0.server] })
                .map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            // Its end shows at none of these.
            guard poll(&ready, nfds_t(ready.count), 20) > 0 else { continue }
            for position in pairs.indices.reversed() {
                if ready[2 + 2 * position].revents != 0 {
                    let bytes = receive(pairs[position].server)
                    if bytes.isEmpty { end(position) } else { send(bytes[...], to: pairs[position].driver) }
                } else if ready[1 + 2 * position].revents != 0 {
                    let bytes = receive(pairs[position].driver)
                    pairs[position].received += bytes
                    while let call = nextCall(position) {
                        if result == nil, match.matches(call) { result = try action() }
                        send(call, to: pairs[position].server)
                    }
                    if bytes.isEmpty { end(position) }
                }
            }
            if ready[0].revents != 0 { try accept() }
        }
        return result
    }

    private func accept() throws {
        let driver = Glibc.accept(listener, nil, nil)
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        let result = sockaddr_in.loopback(serverPort).with { connect(server, $0, $1) }
        guard driver >= 0, result == 0 else { throw GaneshaServer.Failure(description: "relay: errno \(errno)") }
        // Children that the tests start beside must not keep it open.
        _ = fcntl(driver, F_SETFD, FD_CLOEXEC)
        pairs.append(Pair(driver: driver, server: server))
    }

    /// Takes one record out of what was received: libnfs sends each call as one fragment.
    private func nextCall(_ position: Int) -> ArraySlice<UInt8>? {
        let received = pairs[position].received
        guard received.count >= 4 else { return nil }
        let length = received.prefix(4).reduce(0) { $0 << 8 | Int($1) } & 0x7FFF_FFFF
        guard received.count >= 4 + length else { return nil }
        pairs[position].received.removeFirst(4 + length)
        return received.prefix(4 + length)
    }

    private func end(_ position: Int) {
        close(pairs[position].driver)
        close(pairs[position].server)
        pairs.remove(at: position)
    }

    private func receive(_ descriptor: Int32) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 64 * 1024)
        let count = recv(descriptor, &block, block.count, 0)
        return Array(block.prefix(max(0, count)))
    }

    private func send(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
