import CFileSystem
import DriverProtocol
import Glibc

/// What stands at a path: asked of the file itself, so that no table of mounts is parsed.
struct MountPoint {
    let isMountRoot: Bool
    /// The device of the file system.
    let fileSystem: dev_t
    let inode: ino_t
    /// Where the file itself is a block device.
    let deviceFile: dev_t?
    let isDirectory: Bool

    /// - Returns: `nil` where there is nothing.
    init?(_ path: String) throws(DriverError) {
        let descriptor = open(path, cfs_path_only | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw SystemFailure.error("\(path) cannot be looked at")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SystemFailure.error("\(path) cannot be looked at") }
        let root = cfs_is_mount_root(descriptor)
        guard root >= 0 else { throw SystemFailure.error("whether \(path) is a mount cannot be found out") }
        isMountRoot = root == 1
        fileSystem = status.st_dev
        inode = status.st_ino
        deviceFile = status.st_mode & S_IFMT == S_IFBLK ? status.st_rdev : nil
        isDirectory = status.st_mode & S_IFMT == S_IFDIR
    }

    func isSameFile(as other: MountPoint) -> Bool {
        fileSystem == other.fileSystem && inode == other.inode && deviceFile == other.deviceFile
    }
}

/// Mount options, as mount(8) takes them, for mount(2).
struct MountOptions {
    var flags: UInt = 0
    /// For the file system itself.
    var data: [String] = []

    /// Those without meaning to mount(2): they say what holds anyway, or are for fstab.
    private static let meaningless: Set<String> = [
        "", "rw", "defaults", "suid", "dev", "exec", "async", "atime", "diratime", "auto", "noauto", "nofail",
        "_netdev",
    ]

    /// - Parameter options: Each may hold several, with commas between them.
    init(_ options: [String], readOnly: Bool) {
        let words = options.flatMap { $0.split(separator: ",").map(String.init) } + (readOnly ? ["ro"] : [])
        for word in words where !Self.meaningless.contains(word) {
            let flag = cfs_mount_flag(word)
            if flag == 0 { data.append(word) } else { flags |= flag }
        }
    }
}
