import Glibc

/// Opens and reads files that only root and the process's user can have written.
public enum TrustedFile {
    /// Opens the file for reading, and judges the open file once more.
    ///
    /// - Parameters:
    ///   - path: Absolute.
    ///   - role: `file`, `secret` or `executable`.
    /// - Returns: A descriptor that is the caller's to close.
    /// - Throws: ``PathTrustError``.
    public static func open(
        _ path: String, as role: PathTrust.Role, trust: PathTrust = PathTrust()
    ) throws(PathTrustError) -> CInt {
        let destination = try PathWalk(trust).destination(of: path, as: role)
        // Non-blocking: opening a FIFO, for example, would wait.
        let descriptor = Glibc.open(destination.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw .system("cannot be read", errno, path: path, component: destination.path)
        }
        var found = stat()
        let isFound = fstat(descriptor, &found) == 0
        let status = FileStatus(found, path: "/proc/self/fd/\(descriptor)")
        guard isFound, let objection = trust.objection(to: status, as: role) else {
            if isFound { return descriptor }
            let error = PathTrustError.system("cannot be read", errno, path: path, component: destination.path)
            close(descriptor)
            throw error
        }
        close(descriptor)
        throw .objection(
            objection, to: status, as: role, by: trust.user, path: path, component: destination.path)
    }

    /// - Returns: The whole file; `nil` when there is none.
    /// - Throws: ``PathTrustError``; `inaccessible` too when it is longer than `maximumBytes`.
    public static func read(
        _ path: String, as role: PathTrust.Role, maximumBytes: Int = 4 << 20, trust: PathTrust = PathTrust()
    ) throws(PathTrustError) -> [UInt8]? {
        let descriptor: CInt
        do throws(PathTrustError) {
            descriptor = try open(path, as: role, trust: trust)
        } catch {
            if error.code == .missing { return nil }
            throw error
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while bytes.count <= maximumBytes {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system("cannot be read", errno, path: path, component: path) }
            if count == 0 { return bytes }
            bytes.append(contentsOf: buffer[..<count])
        }
        throw PathTrustError(
            .inaccessible, path: path, component: path,
            message: "\(path) is longer than \(maximumBytes >> 20) MiB, the limit for such a file")
    }
}
