import Crypto
import FileTrust
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

/// A driver runs with the host's rights, so its file must be one that nobody else can have changed or replaced.
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
            throw ExecutableProblem(message: "\(path) is not a file. Correct 'exec'")
        }
        guard status.st_mode & 0o111 != 0 else {
            throw ExecutableProblem(message: "\(path) is not executable. Run chmod +x on it, or correct 'exec'")
        }
        do throws(PathTrustError) {
            _ = try PathWalk().destination(of: path, as: .executable)
        } catch {
            throw ExecutableProblem(message: "\(error)")
        }
        if let sha256 { try checkDigest(of: path, is: sha256) }
        return FileIdentity(status)
    }

    private static func checkDigest(of path: String, is expected: String) throws(ExecutableProblem) {
        let descriptor: CInt
        do throws(PathTrustError) {
            descriptor = try TrustedFile.open(path, as: .executable)
        } catch {
            throw ExecutableProblem(message: "\(error)")
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
}
