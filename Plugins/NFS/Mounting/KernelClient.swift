import BlockDevices
import Glibc

/// The NFS client of this machine's kernel, which only mounting needs.
enum KernelClient {
    /// The program that asks the kernel to mount (mount.nfs(8)).
    static let program = "mount.nfs"

    /// Why nothing can be mounted here; `nil` where it can.
    static let obstacle: String? = {
        guard SystemProgram.path(of: program) != nil else {
            return "\(program) is not installed on this machine (Debian's package nfs-common)"
        }
        if lists(TextFile.read("/proc/filesystems"), "nfs") { return nil }
        var system = utsname()
        guard uname(&system) == 0 else { return "the kernel does not say what it is: errno \(errno)" }
        let release = withUnsafeBytes(of: &system.release) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        // A module is loaded when it is asked for first, and only then listed above.
        if hasModule(TextFile.read("/lib/modules/\(release)/modules.dep")) { return nil }
        return "the kernel of this machine, \(release), has no NFS client: neither built in nor as a module"
    }()

    /// - Parameter filesystems: proc_filesystems(5): a type at the end of each line.
    static func lists(_ filesystems: String, _ type: String) -> Bool {
        filesystems.split(separator: "\n").contains { $0.split(whereSeparator: \.isWhitespace).last == type[...] }
    }

    /// - Parameter dependencies: modules.dep(5): `kernel/fs/nfs/nfs.ko.xz: …`.
    static func hasModule(_ dependencies: String) -> Bool {
        dependencies.split(separator: "\n").contains { line in
            line.prefix { $0 != ":" }.split(separator: "/").last?.hasPrefix("nfs.ko") == true
        }
    }
}

/// Files that the kernel and the system keep, read whole.
enum TextFile {
    /// - Returns: Nothing where there is no such file.
    static func read(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 64 << 10)
        while case let count = Glibc.read(descriptor, &block, block.count), count > 0 { bytes += block.prefix(count) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
