public import DriverProtocol
import Glibc

/// A file that an administrator wrote: credentials, a key, a token.
public enum SmallFile {
    /// - Parameters:
    ///   - purpose: What it is, for errors: `the service account's key file`.
    ///   - limit: In bytes; a longer file is refused.
    /// - Returns: `nil` where there is no such file.
    /// - Throws: ``DriverError`` `FAILED_PRECONDITION`: it cannot be read. The content is not quoted.
    public static func read(
        _ path: String, _ purpose: String, limit: Int = 256 * 1024
    ) throws(DriverError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw failure(path, purpose, String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let count = Glibc.read(descriptor, &block, block.count)
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure(path, purpose, String(cString: strerror(errno)))
            }
            bytes += block.prefix(count)
            guard bytes.count <= limit else { throw failure(path, purpose, "it has more than \(limit) bytes") }
        }
    }

    /// As ``read(_:_:limit:)``, for a file that must be there.
    public static func readRequired(
        _ path: String, _ purpose: String, limit: Int = 256 * 1024
    ) throws(DriverError) -> [UInt8] {
        guard let bytes = try read(path, purpose, limit: limit) else {
            throw failure(path, purpose, "there is no such file")
        }
        return bytes
    }

    private static func failure(_ path: String, _ purpose: String, _ reason: String) -> DriverError {
        DriverError(
            .failedPrecondition, "\(purpose), \(path), cannot be read: \(reason); the driver runs as user \(geteuid())",
            outcome: .final)
    }
}
