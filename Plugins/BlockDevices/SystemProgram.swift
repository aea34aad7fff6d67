import CFileSystem
public import DriverProtocol
import Glibc

/// A program of the system, run without a shell and with nothing of the driver's environment: mkfs and its like.
public struct SystemProgram: Sendable {
    public struct Result: Sendable {
        /// 128 and the signal's number, where a signal ended it.
        public let status: Int32
        /// Standard output and standard error, the first 4 KiB.
        public let output: String

        public var isSuccess: Bool { status == 0 }
    }

    /// Absolute.
    public let path: String
    private let name: String

    /// - Parameter name: As `mkfs.ext4`.
    /// - Throws: ``DriverError`` `FAILED_PRECONDITION`, which names the package, where it is not installed.
    public init(_ name: String) throws(DriverError) {
        guard let path = Self.path(of: name) else {
            let package = Self.packages[name].map { " (Debian's package \($0))" } ?? ""
            throw DriverError(
                .failedPrecondition, "\(name) is not installed on this machine\(package)", outcome: .final)
        }
        self.name = name
        self.path = path
    }

    /// `nil` where it is not installed.
    public static func path(of name: String) -> String? {
        ["/usr/sbin", "/sbin", "/usr/bin", "/bin"].map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    /// Runs it to its end on the calling thread: a driver's handler may block there. It is killed at the deadline, and
    /// when the task is cancelled.
    ///
    /// - Throws: ``DriverError`` `DEADLINE_EXCEEDED`; `CancellationError`.
    public func run(_ arguments: [String], deadline: ContinuousClock.Instant?) async throws -> Result {
        let event = cfs_event_open()
        guard event >= 0 else { throw SystemFailure.error("\(name) cannot be watched") }
        defer { close(event) }
        return try await withTaskCancellationHandler {
            try run(arguments, cancelledBy: event, deadline: deadline)
        } onCancel: {
            cfs_event_signal(event)
        }
    }

    private func run(
        _ arguments: [String], cancelledBy event: Int32, deadline: ContinuousClock.Instant?
    ) throws -> Result {
        var timeout: Int32 = -1
        if let deadline { timeout = Int32(clamping: Int64(max(0, (deadline - .now) / .milliseconds(1)))) }
        var output = [CChar](repeating: 0, count: 4096)
        let status = Self.withPointers([path] + arguments) { cfs_run($0, -1, event, timeout, &output, output.count) }
        let reason = errno
        let text = String(decoding: output.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if status >= 0 {
            // As wait(2) packs them: the signal in the lowest seven bits, the exit status in the second byte.
            let signal = status & 0x7F
            return Result(status: signal == 0 ? status >> 8 & 0xFF : 128 + signal, output: text)
        }
        switch reason {
        case ECANCELED: throw CancellationError()
        case ETIMEDOUT:
            throw DriverError(
                .deadlineExceeded, "\(name) was not done by the call's deadline, and was ended\(text.asOutput)")
        default: throw SystemFailure.error("\(name) cannot be run", reason)
        }
    }

    private static func withPointers<Result>(
        _ arguments: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers = arguments.map { UnsafePointer(strdup($0)) }
        pointers.append(nil)
        defer { for pointer in pointers { free(UnsafeMutablePointer(mutating: pointer)) } }
        return body(pointers)
    }

    private static let packages = [
        "mkfs.ext4": "e2fsprogs", "mkfs.ext3": "e2fsprogs", "e2fsck": "e2fsprogs", "resize2fs": "e2fsprogs",
        "mkfs.xfs": "xfsprogs", "xfs_growfs": "xfsprogs", "blkid": "util-linux",
    ]
}

extension String {
    /// What a program wrote, as the end of a sentence.
    var asOutput: String {
        let words = split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return words.isEmpty ? "" : ": \(words.prefix(1000))"
    }
}
