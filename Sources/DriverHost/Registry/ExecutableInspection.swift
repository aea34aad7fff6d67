import Crypto
import Glibc

/// Which file stands at a path, and in which version.
struct FileIdentity: Sendable, Hashable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let modified: Int64
    private let changed: Int64
    private let mode: UInt32

    /// - Returns: `nil` when there is no such file.
    static func current(of path: String) -> FileIdentity? {
        var status = stat()
        return stat(path, &status) == 0 ? FileIdentity(status) : nil
    }

    fileprivate init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        changed = Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
        mode = status.st_mode
    }
}

/// Why a driver's file is not run.
struct ExecutableProblem: Error, Sendable, Hashable {
    /// What was found, and what to do.
    var message: String
}

/// A driver runs with the host's rights, so its file must be one that nobody else can have changed.
enum ExecutableInspection {
    /// - Parameter sha256: The digest that the file must have, in lower-case hexadecimal.
    /// - Throws: ``ExecutableProblem``.
    static func inspect(_ path: String, sha256: String? = nil) throws(ExecutableProblem) -> FileIdentity {
        var status = stat()
        guard stat(path, &status) == 0 else {
            let hint = errno == ENOENT ? "Install it, or correct 'exec'" : "Correct 'exec'"
            throw ExecutableProblem(
                message: "the executable \(path) cannot be found: \(systemErrorMessage(errno)). \(hint)")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ExecutableProblem(message: "\(path) is no file. Correct 'exec'")
        }
        guard status.st_mode & 0o111 != 0 else {
            throw ExecutableProblem(message: "\(path) is not executable. Run chmod +x on it, or correct 'exec'")
        }
        guard status.st_uid == 0 || status.st_uid == geteuid() else {
            throw ExecutableProblem(
                message:
                    "\(path) belongs to user \(status.st_uid), who could change what the host runs. It must belong to "
                    + "root or to the host's user (\(geteuid())): run chown on it")
        }
        guard status.st_mode & 0o022 == 0 else {
            throw ExecutableProblem(
                message: "\(path) can be written by others (mode \(octal(status.st_mode))). Run chmod go-w on it")
        }
        try inspectDirectory(of: path)
        if let sha256 { try checkDigest(of: path, is: sha256) }
        return FileIdentity(status)
    }

    /// Whoever can write in the directory can put another file in the executable's place. With the sticky bit, as in
    /// /tmp, only its owner can.
    private static func inspectDirectory(of path: String) throws(ExecutableProblem) {
        guard let resolved = realpath(path, nil) else { return }
        defer { free(resolved) }
        let directory = DriversFile.directory(of: String(cString: resolved))
        var status = stat()
        guard stat(directory, &status) == 0, status.st_mode & 0o022 != 0, status.st_mode & S_ISVTX == 0 else { return }
        throw ExecutableProblem(
            message:
                "\(directory), the directory of \(path), can be written by others (mode \(octal(status.st_mode))), who "
                + "could put another executable there. Run chmod go-w on it")
    }

    private static func checkDigest(of path: String, is expected: String) throws(ExecutableProblem) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ExecutableProblem(message: "\(path) cannot be read for its sha256: \(systemErrorMessage(errno))")
        }
        defer { close(descriptor) }
        var digest = SHA256()
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw ExecutableProblem(message: "\(path) cannot be read for its sha256: \(systemErrorMessage(errno))")
            }
            if count == 0 { break }
            buffer.withUnsafeBytes { digest.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
        let found = digest.finalize().map { byte in
            let digits = String(byte, radix: 16)
            return digits.utf8.count == 1 ? "0" + digits : digits
        }.joined()
        guard found == expected else {
            throw ExecutableProblem(
                message:
                    "\(path) has the sha256 \(found), and drivers.json says \(expected). Either the file is not the one "
                    + "that was registered, or 'sha256' must be brought up to date")
        }
    }

    private static func octal(_ mode: mode_t) -> String {
        "0" + String(mode & 0o7777, radix: 8)
    }
}
