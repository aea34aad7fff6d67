import DriverProtocol
import Glibc

/// What a device holds, as blkid(8) finds it.
public enum DeviceContent: Sendable, Hashable {
    case nothing
    /// By its type's name: `ext4`.
    case fileSystem(String)
    /// A partition table, a part of a RAID, something encrypted, …: described in a word or two.
    case other(String)
}

extension BlockDevice {
    /// Looks at the device itself, not at a cache.
    ///
    /// - Throws: ``DriverError``: it cannot be read, or what it holds is ambiguous; `CancellationError`.
    public func content(deadline: ContinuousClock.Instant?) async throws -> DeviceContent {
        try checkReadable()
        let result = try await SystemProgram("blkid").run(["-p", "-o", "export", path], deadline: deadline)
        switch result.status {
        case 0: return Self.content(from: result.output)
        // Nothing that it knows; or that it could not be opened, which was tried above.
        case 2: return .nothing
        case 8:
            throw DriverError(
                .failedPrecondition,
                "\(path) looks like more than one thing at a time\(result.output.asOutput); look at it with wipefs, "
                    + "and clear what is not meant", outcome: .unknown)
        default:
            throw DriverError(
                .internal, "blkid \(path) failed (status \(result.status))\(result.output.asOutput)", outcome: .unknown)
        }
    }

    /// `KEY=value` lines.
    static func content(from output: String) -> DeviceContent {
        var values: [Substring: String] = [:]
        for line in output.split(separator: "\n") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            values[line[..<equals]] = String(line[line.index(after: equals)...])
        }
        if let type = values["TYPE"] {
            return values["USAGE"] == "filesystem" ? .fileSystem(type) : .other(type)
        }
        if let table = values["PTTYPE"] { return .other("a partition table (\(table))") }
        return .other("something that blkid has no name for")
    }

    /// A device that cannot be read must not count as an empty one.
    private func checkReadable() throws(DriverError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemFailure.error("the device \(path) cannot be opened") }
        defer { close(descriptor) }
        var block = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &block, block.count)
        guard count == block.count else {
            throw SystemFailure.error("the beginning of the device \(path) cannot be read", count < 0 ? errno : EIO)
        }
    }
}
