import Glibc
import Synchronization

/// Checks that the names of the open files still lead to them: SQLite keeps writing to a file that was removed or
/// replaced, and those writes are lost when the process ends.
final class ServedFiles: Sendable {
    private struct Identity: Equatable {
        var device: dev_t
        var inode: ino_t
    }

    private let identities = Mutex<[String: Identity]>([:])

    /// Records what the names lead to now.
    func note(_ paths: [String]) {
        identities.withLock { identities in
            for path in paths where identities[path] == nil { identities[path] = Self.identity(of: path) }
        }
    }

    /// Costs a microsecond for each file.
    ///
    /// - Throws: ``CommitFailure`` when a name leads elsewhere, or nowhere.
    func check() throws(CommitFailure) {
        let stranger = identities.withLock { identities in
            identities.first { Self.identity(of: $0.key) != $0.value }?.key
        }
        guard let stranger else { return }
        throw CommitFailure(
            "\(stranger) was removed or replaced while in use, so new writes would be lost when this process ends. "
                + "Put the original file back")
    }

    private static func identity(of path: String) -> Identity? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Identity(device: status.st_dev, inode: status.st_ino)
    }
}
