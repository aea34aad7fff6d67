import CFileSystem
import Glibc

/// An open file descriptor, closed with its last reference. Paths are always relative to a directory that is open
/// already, and no symbolic link on them is ever followed: what a tenant puts into a volume leads nowhere.
final class OpenFile: Sendable {
    let descriptor: Int32

    private init(owning descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Opens a directory that an administrator named: its path may hold symbolic links.
    convenience init(trustedDirectory path: String) throws(SystemError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open", path) }
        self.init(owning: descriptor)
    }

    /// - Parameter staysOnMount: Refuses (`EXDEV`) to enter another mount.
    convenience init(
        _ path: String, beneath directory: OpenFile, flags: Int32, mode: mode_t = 0,
        staysOnMount: Bool = false
    ) throws(SystemError) {
        let descriptor = cfs_open_beneath(directory.descriptor, path, flags, mode, staysOnMount ? 1 : 0)
        guard descriptor >= 0 else { throw SystemError("open", path) }
        self.init(owning: descriptor)
    }

    /// Takes over a descriptor that was opened elsewhere.
    static func owning(_ descriptor: Int32) -> OpenFile { OpenFile(owning: descriptor) }

    func directory(_ path: String, staysOnMount: Bool = false) throws(SystemError) -> OpenFile {
        try OpenFile(path, beneath: self, flags: O_RDONLY | O_DIRECTORY, staysOnMount: staysOnMount)
    }

    /// What is at `name` itself, also when that is a symbolic link; `nil` where there is nothing.
    func status(of name: String) throws(SystemError) -> stat? {
        var status = stat()
        if fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 { return status }
        if errno == ENOENT { return nil }
        throw SystemError("stat", name)
    }

    func status() throws(SystemError) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SystemError("stat", "an open file") }
        return status
    }

    /// - Returns: false where something is there already.
    func makeDirectory(_ name: String, mode: mode_t) throws(SystemError) -> Bool {
        if mkdirat(descriptor, name, mode) == 0 { return true }
        if errno == EEXIST { return false }
        throw SystemError("mkdir", name)
    }

    /// - Returns: false where nothing is there.
    @discardableResult
    func removeFile(_ name: String) throws(SystemError) -> Bool {
        if unlinkat(descriptor, name, 0) == 0 { return true }
        if errno == ENOENT { return false }
        throw SystemError("unlink", name)
    }

    /// - Returns: false where it is not empty, or not there.
    @discardableResult
    func removeEmptyDirectory(_ name: String) throws(SystemError) -> Bool {
        if unlinkat(descriptor, name, AT_REMOVEDIR) == 0 { return true }
        if errno == ENOENT || errno == ENOTEMPTY || errno == EEXIST { return false }
        throw SystemError("rmdir", name)
    }

    /// Runs `body` while no other call, of this process or another, does so for this directory. The lock goes with the
    /// process. By a descriptor of its own: flock(2) locks belong to the open file, and threads share the driver's.
    func exclusively<Result>(_ body: () throws -> Result) throws -> Result {
        let lock = try directory(".")
        while flock(lock.descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw SystemError("flock", "a directory") }
        }
        return try withExtendedLifetime(lock) { try body() }
    }

    /// Makes what was written, or for a directory what was made and removed in it, outlast a power failure.
    func synchronize() throws(SystemError) {
        guard fsync(descriptor) == 0 else { throw SystemError("fsync", "an open file") }
    }

    func write(_ bytes: [UInt8]) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress?.advanced(by: written), bytes.count - written)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw SystemError("write", "an open file")
            }
            written += count
        }
    }

    func readToEnd(limit: Int) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 4096)
        var used = 0
        while true {
            if used == bytes.count {
                guard used < limit else { throw SystemError("read", "an open file", errno: EFBIG) }
                bytes.append(contentsOf: repeatElement(0, count: bytes.count))
            }
            let count = bytes.withUnsafeMutableBytes { buffer in
                read(descriptor, buffer.baseAddress?.advanced(by: used), buffer.count - used)
            }
            if count == 0 { return Array(bytes.prefix(used)) }
            if count < 0 {
                if errno == EINTR { continue }
                throw SystemError("read", "an open file")
            }
            used += count
        }
    }
}
