import CFileSystem
public import DriverProtocol
import Glibc

/// What a disk needs between being a device of this machine and being a Pod's volume: the verbs `mountdevice`, `mount`,
/// `unmount`, `unmountdevice`, `expandfs` and `stats`. Each can be called again, also after it was killed at any moment.
public enum DiskMounting {
    /// How a disk gets its file system.
    public struct Staging: Sendable {
        public var fileSystem: FileSystemType
        /// Of the class or the volume, as mount(8) takes them.
        public var mountOptions: [String]
        public var readOnly: Bool
        /// False for a disk that was restored or cloned, and whenever it is read-only: what is on it is then never taken
        /// for nothing.
        public var mayFormat: Bool
        /// mkfs's own arguments, as `["-b", "4096"]`.
        public var formatArguments: [String]

        public init(
            _ fileSystem: FileSystemType, mountOptions: [String] = [], readOnly: Bool = false, mayFormat: Bool = true,
            formatArguments: [String] = []
        ) {
            self.fileSystem = fileSystem
            self.mountOptions = mountOptions
            self.readOnly = readOnly
            self.mayFormat = mayFormat
            self.formatArguments = formatArguments
        }
    }

    /// `mountdevice`: makes the file system where the disk is empty, mounts it at `target`, and lets it take all of the
    /// disk, which a restored one may be smaller than. The directory is made where it is missing.
    ///
    /// Never writes over anything: a disk with another file system than the one asked for is mounted with what it has, as
    /// Kubernetes does; one with something else on it is refused.
    ///
    /// - Throws: ``DriverError``; `CancellationError`.
    public static func stage(
        _ device: BlockDevice, at target: String, _ staging: Staging, deadline: ContinuousClock.Instant?
    ) async throws {
        try makeDirectory(target)
        if let point = try MountPoint(target), point.isMountRoot {
            guard point.fileSystem == device.number else { throw occupied(target) }
            return
        }
        let type = try await prepare(device, staging, deadline)
        let options = MountOptions(staging.mountOptions + type.mountOptions, readOnly: staging.readOnly)
        let data = options.data.joined(separator: ",")
        guard cfs_mount(device.path, target, type.rawValue, options.flags, data) == 0 else {
            throw mountFailure(device, target, type, data)
        }
        guard !staging.readOnly, type == .xfs || cfs_may_grow_mounted_ext4() == 1 else { return }
        try await growFileSystem(on: device, mountedAt: target, deadline: deadline)
    }

    /// `mount`: shows at `target` what is mounted at `stagingTarget`.
    public static func publish(
        staged stagingTarget: String, at target: String, readOnly: Bool, mountOptions: [String] = []
    ) throws(DriverError) {
        guard let source = try MountPoint(stagingTarget), source.isMountRoot else {
            throw DriverError(
                .failedPrecondition, "nothing is mounted at \(stagingTarget); mountdevice comes before mount",
                field: "stagingTarget", outcome: .final)
        }
        try makeDirectory(target)
        try bind(stagingTarget, source, target, MountOptions(mountOptions, readOnly: readOnly).flags)
    }

    /// `mount` of a volume with `volumeMode: Block`: shows the device at `target`, which becomes a file where there is
    /// none.
    public static func publish(
        _ device: BlockDevice, asFile target: String, readOnly: Bool
    ) throws(DriverError) {
        if try MountPoint(target)?.isDirectory == true {
            throw DriverError(
                .failedPrecondition, "\(target) is a directory where a block device is to appear; remove it",
                field: "target", outcome: .final)
        }
        let descriptor = open(target, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else { throw SystemFailure.error("the file \(target) cannot be made") }
        close(descriptor)
        guard let source = try MountPoint(device.path) else { throw SystemFailure.error("\(device)", ENOENT) }
        // Without effect on what is written to a device, but a sign: the driver attaches it read-only where the cloud can.
        try bind(device.path, source, target, MountOptions([], readOnly: readOnly).flags)
    }

    /// `unmount` and `unmountdevice`: returns also when nothing is mounted. All mounts that lie one upon another there are
    /// taken away. An empty file onto which a device was bound is removed; a directory stays.
    ///
    /// - Throws: ``DriverError`` `FAILED_PRECONDITION` while something uses it; `CancellationError`.
    public static func unmount(_ target: String) async throws {
        var patience = 10
        while let point = try MountPoint(target), point.isMountRoot {
            guard cfs_unmount(target) == 0 else {
                let number = errno
                if number == EINVAL { break }  // unmounted by somebody else in the meantime
                // For a moment a mount is in use by whoever looks at it, and by a process that has been forked from one
                // with a file open there and has not yet become another program.
                guard number == EBUSY, patience > 0 else {
                    throw SystemFailure.error("\(target) cannot be unmounted", number)
                }
                patience -= 1
                try await Task.sleep(for: .milliseconds(50))
                continue
            }
        }
        var status = stat()
        if lstat(target, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size == 0 {
            // Left where it cannot be removed: nothing depends on it.
            unlink(target)
        }
    }

    /// `expandfs`: lets the file system take all of the disk. Nothing to do is success.
    ///
    /// - Parameter path: Where it is mounted.
    public static func growFileSystem(
        on device: BlockDevice, mountedAt path: String, deadline: ContinuousClock.Instant?
    ) async throws {
        guard let point = try MountPoint(path), point.isMountRoot, point.fileSystem == device.number else {
            throw DriverError(
                .failedPrecondition, "\(device) is not mounted at \(path); a file system grows while it is mounted",
                outcome: .final)
        }
        guard case .fileSystem(let name) = try await device.content(deadline: deadline) else {
            throw DriverError(.failedPrecondition, "\(device) holds no file system", outcome: .final)
        }
        let type = try FileSystemType(named: name)
        if type != .xfs, cfs_may_grow_mounted_ext4() == 0 {
            throw DriverError(
                .failedPrecondition,
                "growing ext4 while it is mounted needs CAP_SYS_RESOURCE, which this process does not have; give it to "
                    + "whoever starts the driver, or let the class use xfs")
        }
        try await run(type.growCommand(device.path, mountPoint: path), deadline)
    }

    /// `stats`
    ///
    /// - Parameter path: Within the mounted volume, or the file that shows a block device.
    public static func stats(of path: String) throws(DriverError) -> VolumeStats {
        if let point = try MountPoint(path), point.deviceFile != nil {
            return VolumeStats(totalBytes: try BlockDevice(path: path).size())
        }
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw SystemFailure.error("the room of \(path) cannot be read") }
        let room = FileSystemRoom(status)
        return VolumeStats(
            totalBytes: room.totalBytes, usedBytes: room.usedBytes, availableBytes: room.availableBytes,
            totalFiles: room.totalFiles, usedFiles: room.usedFiles, availableFiles: room.availableFiles)
    }

    /// - Returns: The file system that is on the device now.
    private static func prepare(
        _ device: BlockDevice, _ staging: Staging, _ deadline: ContinuousClock.Instant?
    ) async throws -> FileSystemType {
        switch try await device.content(deadline: deadline) {
        case .nothing:
            guard staging.mayFormat, !staging.readOnly else {
                throw DriverError(
                    .failedPrecondition,
                    "\(device) holds no file system, and it must not be given one: the volume is read-only, or was made "
                        + "from a snapshot or another volume", outcome: .unknown)
            }
            try await run(
                staging.fileSystem.formatCommand(device.path, extra: staging.formatArguments), deadline)
            return staging.fileSystem
        case .fileSystem(let name):
            let type = try FileSystemType(named: name)
            if type != .xfs, !staging.readOnly {
                try await check(device, deadline)
                if cfs_may_grow_mounted_ext4() == 0 { try await growUnmounted(device, deadline) }
            }
            return type
        case .other(let what):
            throw DriverError(
                .failedPrecondition,
                "\(device) holds \(what), which is left alone; is it the right disk? If nothing on it is needed, clear it "
                    + "with wipefs -a", outcome: .unknown)
        }
    }

    /// Repairs what a crash left, where it can be repaired without a question (e2fsck(8), -p). A clean file system is not
    /// read.
    private static func check(_ device: BlockDevice, _ deadline: ContinuousClock.Instant?) async throws {
        guard SystemProgram.path(of: "e2fsck") != nil else { return }
        let result = try await SystemProgram("e2fsck").run(["-p", device.path], deadline: deadline)
        guard result.status & 4 != 0 else { return }
        throw DriverError(
            .failedPrecondition,
            "the file system on \(device) is damaged\(result.output.asOutput); detach it from whoever uses it, and run "
                + "e2fsck -f \(device) by hand", outcome: .unknown)
    }

    /// For a process that may not grow ext4 while it is mounted: slower, since all of it is checked before.
    private static func growUnmounted(_ device: BlockDevice, _ deadline: ContinuousClock.Instant?) async throws {
        guard let size = try ExtSuperblock(device)?.fileSystemBytes, try size < device.size() else { return }
        _ = try await SystemProgram("e2fsck").run(["-f", "-p", device.path], deadline: deadline)
        try await run(["resize2fs", device.path], deadline)
    }

    private static func run(_ command: [String], _ deadline: ContinuousClock.Instant?) async throws {
        let program = try SystemProgram(command[0])
        let result = try await program.run(Array(command.dropFirst()), deadline: deadline)
        guard !result.isSuccess else { return }
        throw DriverError(
            .internal, "\(command.joined(separator: " ")) failed (status \(result.status))\(result.output.asOutput)",
            outcome: .unknown)
    }

    private static func bind(
        _ path: String, _ source: MountPoint, _ target: String, _ flags: UInt
    ) throws(DriverError) {
        let point = try MountPoint(target)
        let isBound = point.map { $0.isMountRoot && $0.isSameFile(as: source) } ?? false
        if let point, point.isMountRoot, !isBound { throw occupied(target) }
        guard cfs_bind(path, target, isBound ? 1 : 0, flags) == 0 else {
            throw SystemFailure.error("\(path) cannot be shown at \(target)")
        }
    }

    /// With the directories above it.
    private static func makeDirectory(_ path: String) throws(DriverError) {
        if mkdir(path, 0o750) == 0 || errno == EEXIST { return }
        if errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex {
            try makeDirectory(String(path[..<slash]))
            if mkdir(path, 0o750) == 0 || errno == EEXIST { return }
        }
        throw SystemFailure.error("the directory \(path) cannot be made")
    }

    private static func occupied(_ target: String) -> DriverError {
        DriverError(
            .failedPrecondition, "something else is mounted at \(target); unmount it", outcome: .unknown)
    }

    private static func mountFailure(
        _ device: BlockDevice, _ target: String, _ type: FileSystemType, _ data: String
    ) -> DriverError {
        let task = "\(device) (\(type.rawValue)) cannot be mounted at \(target)"
        let number = errno
        // The kernel says EINVAL of an option that the file system does not know, and of a damaged one.
        guard number == EINVAL, !data.isEmpty else { return SystemFailure.error(task, number) }
        return DriverError(
            .invalidArgument,
            "\(task): the file system is damaged, or does not know one of the mount options '\(data)'; dmesg says which",
            field: "volume.mountOptions", outcome: .unknown)
    }
}
