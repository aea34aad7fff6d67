import Glibc

/// What is simulated, where, and from which files.
public struct CloudSimulatorOptions: Sendable {
    /// A host and a port of this machine; port 0 for any free one.
    public struct Address: Sendable, Hashable {
        public var host: String
        public var port: Int

        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }

        /// As a client on this machine reaches it.
        public var url: String {
            let host = isWildcard ? (host.contains(":") ? "::1" : "127.0.0.1") : host
            return "http://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        }

        /// Whether only this machine reaches it.
        public var isLoopback: Bool {
            guard let bytes else { return host == "localhost" }
            return bytes.count == 4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
        }

        private var isWildcard: Bool { bytes?.allSatisfy { $0 == 0 } ?? false }

        /// Of a number; `nil` of a name.
        private var bytes: [UInt8]? {
            var four = in_addr()
            if inet_pton(AF_INET, host, &four) == 1 { return withUnsafeBytes(of: &four) { Array($0) } }
            var sixteen = in6_addr()
            if inet_pton(AF_INET6, host, &sixteen) == 1 { return withUnsafeBytes(of: &sixteen) { Array($0) } }
            return nil
        }
    }

    /// A file's content, and its name for messages.
    public struct File: Sendable {
        public var name: String
        public var content: [UInt8]

        public init(name: String, content: [UInt8]) {
            self.name = name
            self.content = content
        }
    }

    /// The clouds that are simulated. An address that others can reach lets them in: the simulators are for tests.
    public var addresses: [Cloud: Address]
    /// Where the state lies, over restarts; `nil`: in memory.
    public var dataDirectory: String?
    /// Laid over ``SimulatorConfiguration/defaults``.
    public var configuration: File?
    public var faults: File?
    /// Whether disks have bytes, so that an attached one is a block device of this machine. Needs a data directory.
    public var hasDiskContents = false
    /// Of a request's body.
    public var maximumBodyBytes = 4 << 20
    /// How long answers may go on after the simulators were told to stop.
    public var shutdown = Duration.seconds(1)

    public init(addresses: [Cloud: Address]) {
        self.addresses = addresses
    }
}
