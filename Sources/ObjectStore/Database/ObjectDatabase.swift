import Foundation
import GRDB
import Glibc
import KubernetesAPI

/// The file that holds every object: what was acknowledged is here, synced.
///
/// A row's key is the resourceVersion at which its object was created: unique for all time, and it makes new rows go
/// to the table's end. There is no index on names; memory has one, and a second one here would double the pages that
/// a commit writes.
final class ObjectDatabase: Sendable {
    private let queue: DatabaseQueue
    private let path: String

    /// Opens a file that ``load(_:)`` has read, for writing.
    ///
    /// - Throws: ``StoreError``.
    init(_ file: DatabaseFile, _ loaded: LoadedObjects) throws {
        path = file.path
        do {
            queue = try DatabaseQueue(path: file.path, configuration: Self.configuration)
            try Schema.migrator(unreadable: loaded.unreadableRows).migrate(queue)
            // An older Berth looks at the file's header only: it must tell what the journal knows.
            try queue.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
        } catch let error as DatabaseError {
            throw StoreError(.inaccessible, "cannot open \(file.path) for writing: \(error.description)")
        }
    }

    /// Makes an empty database. It gets its name when it is whole: a crash on the way leaves none behind.
    static func create(_ file: DatabaseFile) throws {
        let unfinished = file.path + ".new"
        do {
            for leftover in [unfinished, unfinished + "-wal", unfinished + "-shm", unfinished + "-journal"] {
                unlink(leftover)
            }
            let queue = try DatabaseQueue(path: unfinished, configuration: configuration)
            try Schema.migrator().migrate(queue)
            try queue.close()
        } catch let error as DatabaseError {
            throw StoreError(.inaccessible, "cannot make \(unfinished): \(error.description)")
        }
        let directory = open((file.path as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { Glibc.close(directory) }
        guard chmod(unfinished, 0o600) == 0, rename(unfinished, file.path) == 0, fsync(directory) == 0 else {
            throw StoreError(.inaccessible, "cannot make \(file.path): \(String(cString: strerror(errno)))")
        }
    }

    /// Makes the changes durable, all or none.
    ///
    /// - Parameters:
    ///   - revision: The version of the last change.
    ///   - writtenAt: Seconds since 1970, for what expires.
    func commit(_ changes: [Change], revision: UInt64, writtenAt: Int64) throws {
        try queue.writeWithoutTransaction { db in
            try db.inTransaction(.immediate) {
                for change in changes { try Self.write(change, writtenAt, db) }
                // In a row of its own: the newest object's row may be removed, or turn out to be damaged.
                let statement = try db.cachedStatement(sql: "UPDATE revision SET value = ?")
                try statement.execute(arguments: [Int64(bitPattern: revision)])
                return .commit
            }
        }
    }

    /// Moves the journal into the file, which then stands alone.
    func close() throws {
        try queue.close()
    }

    private static func write(_ change: Change, _ writtenAt: Int64, _ db: Database) throws {
        if change.isRemoval {
            let statement = try db.cachedStatement(sql: "DELETE FROM object WHERE id = ?")
            try statement.execute(arguments: [change.rowID])
            return
        }
        let row = ObjectRow(change.object, id: change.rowID, written: writtenAt)
        if change.previous == nil {
            let statement = try db.cachedStatement(
                sql: "INSERT INTO object (\(ObjectRow.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            try statement.execute(arguments: [
                row.id, row.kind, row.namespace, row.name, row.uid, row.version, row.labels, row.deleting, row.written,
                row.checksum, Data(row.json),
            ])
        } else {
            let statement = try db.cachedStatement(
                sql: """
                    UPDATE object SET version = ?, labels = ?, deleting = ?, written = ?, checksum = ?, json = ?
                    WHERE id = ?
                    """)
            try statement.execute(arguments: [
                row.version, row.labels, row.deleting, row.written, row.checksum, Data(row.json), row.id,
            ])
        }
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "berth.store"
        // What read the file before may be about to let go of it.
        configuration.busyMode = .timeout(30)
        configuration.prepareDatabase { db in
            // Not GRDB's own WAL mode: that sets synchronous to NORMAL, which may lose the last commits with the power.
            try db.execute(
                sql: """
                    PRAGMA locking_mode = EXCLUSIVE;
                    PRAGMA journal_mode = WAL;
                    PRAGMA synchronous = FULL;
                    PRAGMA wal_autocheckpoint = 4000;
                    PRAGMA journal_size_limit = 67108864;
                    PRAGMA secure_delete = FAST;
                    """)
            let synchronous = try Int.fetchOne(db, sql: "PRAGMA synchronous")
            guard synchronous == 2 else {
                throw DatabaseError(message: "SQLite does not sync commits (synchronous is \(synchronous ?? -1))")
            }
        }
        return configuration
    }
}
