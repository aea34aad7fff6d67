import BlockDevices
import CFileSystem
import DriverProtocol
import Glibc
import StorageDriverKit

/// A volume with `enforceCapacity: image`: a sparse file of exactly its size with a file system in it, mounted through
/// a loop device at the volume's path.
struct ImageVolume {
    let base: BaseDirectory
    let mark: VolumeMark
    let parameters: ClassParameters

    static func fileName(_ volume: String) -> String { volume + ".img" }

    private var image: String { Self.fileName(mark.name) }
    private var unfinished: String { image + ".new" }
    private var imagePath: String { "\(base.path)/\(VolumePath.reserved)/images/" }

    /// - Throws: ``DriverError`` `FAILED_PRECONDITION`, final, that says what this machine lacks.
    static func checkPrerequisites(_ plan: VolumePlan, _ base: BaseDirectory) throws {
        func lacking(_ what: String) -> DriverError {
            DriverError(
                .failedPrecondition, "enforceCapacity: image \(what)", field: "parameters.enforceCapacity",
                outcome: .final)
        }
        guard geteuid() == 0 else { throw lacking("needs root; the driver runs as user \(geteuid())") }
        guard access("/dev/loop-control", R_OK | W_OK) == 0 else {
            throw lacking("needs loop devices; /dev/loop-control cannot be opened: \(SystemError("access", "").reason)")
        }
        let type = try ImageFileSystem(named: plan.mark.fsType)
        let program = "mkfs.\(type.rawValue)"
        guard ImageFileSystem.program(program) != nil else {
            throw lacking(
                "needs \(program), which is not installed (package \(type == .ext4 ? "e2fsprogs" : "xfsprogs"))")
        }
        guard case .none = try VolumeMarks(base: base).read(plan.mark.name) else { return }
        // The image is sparse, but a file system that runs out of room beneath another one damages the latter's data.
        let room = try base.room()
        let available = FileSystemRoom(room).availableBytes
        guard plan.mark.capacityBytes <= available else {
            throw DriverError(
                .resourceExhausted,
                "\(base.path) has \(available) bytes left, and \(plan.mark.capacityBytes) are asked for")
        }
    }

    // What changes images and their mounts is done by one call at a time: equal calls of other processes would make, mount
    // or grow the same image at the same moment, and two loop devices of one file destroy the file system in it.

    /// Makes what is missing of image, file system and mount.
    func make(in parent: OpenFile) throws {
        let type = try ImageFileSystem(named: mark.fsType)
        try base.images.exclusively {
            if try base.images.status(of: image) == nil { try format(type) }
            try mountIfNeeded(type, in: parent)
            let root = try parent.directory(mark.path.name)
            // Databases refuse a data directory that is not empty. fsck makes it again when it needs it.
            if type == .ext4 { try root.removeEmptyDirectory("lost+found") }
            try VolumeAttributes.apply(parameters, to: root)
        }
    }

    /// Mounts the volume where it is not, as after a restart of the machine.
    func mountAgain() throws {
        // Mostly it is, and need not wait for what is made of other images.
        if try isMounted(in: base.parent(of: mark.path)) { return }
        try base.images.exclusively { try mountMade() }
    }

    private func mountMade() throws {
        let type = try ImageFileSystem(named: mark.fsType)
        guard try base.images.status(of: image) != nil else {
            throw DriverError(
                .dataLoss, "the image of volume \(mark.name) is gone from \(imagePath)", outcome: .unknown)
        }
        try mountIfNeeded(type, in: try base.parent(of: mark.path))
    }

    /// Grows image, device and file system, in use or not.
    func grow(to size: Int64) throws {
        let type = try ImageFileSystem(named: mark.fsType)
        // Before anything is touched. Not by unmounting: somebody may have the file system mounted elsewhere as well.
        guard type.canGrowMounted else {
            throw DriverError(
                .failedPrecondition,
                "growing ext4 while it is mounted needs CAP_SYS_RESOURCE, which this process does not have; give it to "
                    + "whoever starts the driver, or let the class use xfs")
        }
        try base.images.exclusively {
            try mountMade()
            let file = try OpenFile(image, beneath: base.images, flags: O_RDWR)
            if try file.status().st_size < size, ftruncate(file.descriptor, off_t(size)) != 0 {
                throw SystemError("truncate", image)
            }
            let mounted = try base.parent(of: mark.path).directory(mark.path.name)
            guard let loop = try loopDevice(of: mounted) else { throw notMounted() }
            guard cfs_loop_update_capacity(loop) == 0 else { throw SystemError("LOOP_SET_CAPACITY", loop) }
            try run(type.growCommand(device: loop, mountPoint: "\(base.path)/\(mark.path)"))
        }
    }

    /// Unmounts, and deletes the image.
    func destroy() throws {
        try base.images.exclusively {
            try unmount()
            try base.images.removeFile(image)
            try base.images.removeFile(unfinished)
        }
    }

    /// Unmounts, and keeps the image under another name.
    func archive(as name: String) throws {
        try base.images.exclusively {
            try unmount()
            try VolumeArchive.move(image, in: base.images, as: name, base)
            try base.images.removeFile(unfinished)
        }
    }

    /// The file becomes the image by its name, and only when the file system in it is whole.
    private func format(_ type: ImageFileSystem) throws {
        try base.images.removeFile(unfinished)
        let file = try OpenFile(unfinished, beneath: base.images, flags: O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        guard ftruncate(file.descriptor, off_t(mark.capacityBytes)) == 0 else {
            throw SystemError("truncate", unfinished)
        }
        try run(type.formatCommand, on: file)
        try file.synchronize()
        guard cfs_rename_new(base.images.descriptor, unfinished, base.images.descriptor, image) == 0 else {
            throw SystemError("rename", unfinished)
        }
        try base.images.synchronize()
    }

    private func mountIfNeeded(_ type: ImageFileSystem, in parent: OpenFile) throws {
        let point = try OpenFile(mark.path.name, beneath: parent, flags: cfs_path_only | O_DIRECTORY)
        if try loopDevice(of: point) != nil { return }
        guard cfs_is_mount_root(point.descriptor) == 0 else {
            throw DriverError(
                .failedPrecondition, "something else is mounted at \(base.path)/\(mark.path); unmount it",
                outcome: .unknown)
        }
        let file = try OpenFile(image, beneath: base.images, flags: O_RDWR)
        var device = [CChar](repeating: 0, count: 64)
        let loop = cfs_loop_attach(file.descriptor, image, &device, device.count)
        guard loop >= 0 else { throw SystemError("attach a loop device", image) }
        // The device detaches itself when the last who holds it lets go: the mount holds it from here on.
        defer { close(loop) }
        // No device files, since the mount is a tenant's; `discard` gives blocks of deleted files back to the disk.
        var flags = cfs_mount_flag("nodev")
        var options = ["discard"]
        for option in mark.mountOptions {
            let flag = cfs_mount_flag(option)
            if flag == 0 { options.append(option) }
            flags |= flag
        }
        let source = String(decoding: device.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // By descriptor: whatever stands at the path by now, it is mounted on the directory that was looked at.
        let result = withExtendedLifetime(point) {
            cfs_mount(
                source, "/proc/self/fd/\(point.descriptor)", type.rawValue, flags, options.joined(separator: ","))
        }
        guard result == 0 else {
            throw SystemError("mount \(source) at", "\(base.path)/\(mark.path)")
        }
    }

    private func unmount() throws {
        guard let parent = try base.parentIfThere(of: mark.path) else { return }
        guard try isMounted(in: parent) else { return }
        // The parent by descriptor, and the name not followed: the mount that was looked at, and no other.
        let result = withExtendedLifetime(parent) {
            cfs_unmount("/proc/self/fd/\(parent.descriptor)/\(mark.path.name)")
        }
        guard result == 0 else {
            throw SystemError("unmount", "\(base.path)/\(mark.path)")
        }
    }

    /// Leaves no descriptor open: one would keep the mount busy.
    private func isMounted(in parent: OpenFile) throws(SystemError) -> Bool {
        do {
            return try loopDevice(of: OpenFile(mark.path.name, beneath: parent, flags: cfs_path_only | O_DIRECTORY))
                != nil
        } catch {
            if error.errno == ENOENT || error.errno == ENOTDIR { return false }
            throw error
        }
    }

    /// The loop device, where `directory` is the root of this volume's image and of nothing else.
    private func loopDevice(of directory: OpenFile) throws(SystemError) -> String? {
        guard cfs_is_mount_root(directory.descriptor) == 1, let file = try base.images.status(of: image) else {
            return nil
        }
        var device = [CChar](repeating: 0, count: 64)
        var imageDevice = dev_t()
        var imageInode = ino_t()
        let mounted = try directory.status().st_dev
        guard cfs_loop_of(mounted, &device, device.count, &imageDevice, &imageInode) == 0 else { return nil }
        guard imageDevice == file.st_dev, imageInode == file.st_ino else { return nil }
        return String(decoding: device.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private func run(_ command: [String], on file: OpenFile? = nil) throws(DriverError) {
        guard let program = ImageFileSystem.program(command[0]) else {
            throw DriverError(
                .failedPrecondition, "\(command[0]) is not installed", field: "parameters.enforceCapacity",
                outcome: .unknown)
        }
        var output = [CChar](repeating: 0, count: 2048)
        let status = CommandArguments.withPointers([program] + command.dropFirst()) { arguments in
            withExtendedLifetime(file) { cfs_run(arguments, file?.descriptor ?? -1, -1, -1, &output, output.count) }
        }
        guard status != 0 else { return }
        let text = String(decoding: output.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        throw DriverError(
            .internal, "\(command[0]) of volume \(mark.name) failed (status \(status)): \(text)", outcome: .unknown)
    }

    private func notMounted() -> DriverError {
        DriverError(
            .failedPrecondition, "the image of volume \(mark.name) is not mounted at \(base.path)/\(mark.path)",
            outcome: .unknown)
    }
}

/// A program's arguments as C takes them.
enum CommandArguments {
    static func withPointers<Result>(
        _ arguments: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
    ) -> Result {
        let pointers = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: arguments.count + 1)
        pointers.initialize(repeating: nil, count: arguments.count + 1)
        for (position, argument) in arguments.enumerated() { pointers[position] = UnsafePointer(strdup(argument)) }
        defer {
            for position in arguments.indices { free(UnsafeMutablePointer(mutating: pointers[position])) }
            pointers.deallocate()
        }
        return body(pointers)
    }
}
