import GRDB
import Glibc
import KubernetesAPI

/// Why a commit could not be acknowledged.
struct CommitFailure: Error, Sendable, Hashable {
    /// What was found, in which file, and what to do; without a period at its end.
    var reason: String
    /// The database holds the commit, but its durability is not certain, so it cannot be acknowledged.
    var isStored = false
    /// There is no room on the disk.
    private(set) var isFull = false
    /// Nothing can be stored until the next start.
    var isFinal = false

    init(_ reason: String) { self.reason = reason }

    /// - Parameter path: The path of the database.
    init(_ error: any Error, path: String) {
        isFull = (error as? DatabaseError)?.resultCode == .SQLITE_FULL || !Self.hasRoom(path, bytes: 1)
        reason =
            isFull
            ? "disk full: no space left for \(path). Free some on its file system; writes resume as soon as there is room"
            : "cannot write \(path): \(error). Check for a quota, a resource limit or a failing disk"
    }

    /// The same, until the next start.
    var final: CommitFailure {
        var failure = self
        failure.isFinal = true
        failure.reason += ", and start berth again"
        return failure
    }

    var status: StatusError {
        .internalError(
            isStored
                ? "the change was stored but may be lost: \(reason)"
                : "the change could not be stored and was not made: \(reason)")
    }

    /// SQLite reports a full disk only when it writes; one that shows up in a sync is reported as an I/O error.
    ///
    /// - Parameter bytes: By default enough for the largest object, and what SQLite writes beside it.
    static func hasRoom(_ path: String, bytes: UInt64 = 2 << 20) -> Bool {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return true }
        let (room, isBeyondNumbers) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return isBeyondNumbers || room >= bytes
    }
}
