import CFileSystem
public import DriverProtocol
import Glibc

/// A disk that is a device of this machine.
public struct BlockDevice: Sendable, Hashable, CustomStringConvertible {
    /// The device file itself, with all symbolic links followed: `/dev/nvme1n1`.
    public let path: String
    let number: dev_t

    /// - Parameter path: A block device, or a symbolic link to one.
    /// - Throws: ``DriverError`` `FAILED_PRECONDITION`: there is none.
    public init(path: String) throws(DriverError) {
        guard let device = Self.find(path) else {
            let reason = access(path, F_OK) == 0 ? "is no block device" : "is not there"
            throw DriverError(
                .failedPrecondition, "the device \(path) \(reason); is the disk attached to this machine?",
                outcome: .unknown)
        }
        self = device
    }

    public var description: String { path }

    /// Waits until the system shows a disk that was attached.
    ///
    /// - Parameters:
    ///   - names: What udev, or the driver of the bus, may call it, relative to `directory`: one of them is enough.
    ///   - directory: `/dev/disk`, mostly.
    /// - Throws: ``DriverError`` `DEADLINE_EXCEEDED` that says what was looked for; `CancellationError`.
    public static func appearing(
        as names: [String], in directory: String, deadline: ContinuousClock.Instant?
    ) async throws -> BlockDevice {
        let paths = names.map { "\(directory)/\($0)" }
        // Looked for, and not waited for by inotify(7): the directory itself comes with its first entry.
        var pause = Duration.milliseconds(10)
        while true {
            for path in paths { if let device = find(path) { return device } }
            if let deadline, .now + pause >= deadline {
                let found =
                    paths.first { access($0, F_OK) == 0 }.map { "; \($0) is there, but is no block device" } ?? ""
                throw DriverError(
                    .deadlineExceeded,
                    "the disk did not appear as \(paths.joined(separator: " or ")) by the call's deadline\(found); is it "
                        + "attached to this machine, and does udev run here?")
            }
            try await Task.sleep(for: pause)
            pause = min(.milliseconds(250), pause * 1.5)
        }
    }

    /// The device that is mounted at `path`, or bound onto the file there; `nil` where there is none.
    ///
    /// - Throws: ``DriverError``: the path cannot be looked at.
    public static func mounted(at path: String) throws(DriverError) -> BlockDevice? {
        guard let point = try MountPoint(path), point.isMountRoot else { return nil }
        let number = point.deviceFile ?? point.fileSystem
        // The kernel's own name for it (sysfs(5)).
        guard let target = realpath("/sys/dev/block/\(cfs_major(number)):\(cfs_minor(number))", nil) else {
            return nil
        }
        defer { free(target) }
        let name = String(cString: target).split(separator: "/").last.map(String.init) ?? ""
        // What stands in /sys as "!" is a "/" in /dev.
        let device = find("/dev/" + name.split(separator: "!").joined(separator: "/"))
        return device?.number == number ? device : nil
    }

    /// In bytes.
    public func size() throws(DriverError) -> Int64 {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemFailure.error("the device \(path) cannot be opened") }
        defer { close(descriptor) }
        var bytes: UInt64 = 0
        guard cfs_device_size(descriptor, &bytes) == 0 else {
            throw SystemFailure.error("the size of the device \(path) cannot be read")
        }
        return Int64(clamping: bytes)
    }

    private static func find(_ path: String) -> BlockDevice? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        var status = stat()
        guard stat(resolved, &status) == 0, status.st_mode & S_IFMT == S_IFBLK else { return nil }
        return BlockDevice(resolved: String(cString: resolved), number: status.st_rdev)
    }

    private init(resolved path: String, number: dev_t) {
        self.path = path
        self.number = number
    }
}
