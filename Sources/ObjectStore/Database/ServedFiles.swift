import Glibc
import Synchronization

/// The files that are open, by what their names should lead to: SQLite writes on into a file that was removed or
/// replaced under it, and all of that is gone with the process.
final class ServedFiles: Sendable {
    private struct Identity: Equatable {
        var device: dev_t
        var inode: ino_t
    }

    private let identities = Mutex<[String: Identity]>([:])

    /// Remembers what the names lead to now.
    func note(_ paths: [String]) {
        identities.withLock { identities in
            for path in paths where identities[path] == nil { identities[path] = Self.identity(of: path) }
        }
    }

    /// Costs a microsecond for each file.
    ///
    /// - Throws: ``CommitFailure``, when a name leads elsewhere, or nowhere.
    func check() throws(CommitFailure) {
        let stranger = identities.withLock { identities in
            identities.first { Self.identity(of: $0.key) != $0.value }?.key
        }
        guard let stranger else { return }
        throw CommitFailure(
            "\(stranger) was removed or replaced while it was served, so that what is written would be gone with this "
                + "process. Put the file back")
    }

    private static func identity(of path: String) -> Identity? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Identity(device: status.st_dev, inode: status.st_ino)
    }
}
