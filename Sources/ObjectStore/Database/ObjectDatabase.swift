import Foundation
import GRDB
import Glibc
import KubernetesAPI
import Logging
import Synchronization

/// The file that holds every object: what was acknowledged is here, synced.
///
/// A row's key is the resourceVersion at which its object was created: unique for all time, and it makes new rows go
/// to the table's end. There is no index on names; memory has one, and a second one here would double the pages that
/// a commit writes.
final class ObjectDatabase: Sendable {
    private struct State {
        /// The last commit.
        var current: RevisionRecord
        /// `current` is not in the record's file yet.
        var isBehind: Bool
        /// Why the last commit failed.
        var failure: CommitFailure?
        /// Why the journal could not be moved into the file, as far as that was logged.
        var journalProblem: String?
    }

    let queue: DatabaseQueue
    private let path: String
    private let record: RevisionFile
    private let files = ServedFiles()
    private let logger: Logger
    private let state: Mutex<State>

    /// Opens a file that ``load(_:)`` has read, for writing.
    ///
    /// - Parameters:
    ///   - start: What it goes on from.
    ///   - loss: What is missing and was accepted.
    /// - Throws: ``StoreError``.
    init(
        _ file: DatabaseFile, _ loaded: LoadedObjects, _ start: RevisionRecord, loss: DataLoss?, now: Timestamp,
        logger: Logger
    ) throws {
        path = file.path
        self.logger = logger
        do {
            queue = try DatabaseQueue(path: file.path, configuration: Self.configuration)
            try Schema.migrator(start, unreadable: loaded.unreadableRows).migrate(queue)
            if let loss {
                try queue.write { db in
                    try RevisionRow.replace(by: start, db)
                    try db.execute(
                        sql: "INSERT INTO data_loss (noticed, reason) VALUES (?, ?)",
                        arguments: [now.seconds, loss.reason])
                }
            }
        } catch let error as DatabaseError {
            throw StoreError(.inaccessible, "cannot open \(file.path) for writing: \(error.description)")
        }
        var start = start
        do {
            // An older Berth looks at the file's header only: it must tell what the journal knows.
            try queue.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
            start.base = start.commits
        } catch let error as DatabaseError {
            // On a full disk the journal is as good.
            let reason = CommitFailure(error, path: path).reason
            logger.warning(
                "cannot checkpoint the journal; continuing with it as it is", metadata: ["reason": "\(reason)"])
        }
        let recordPath = path + RevisionFile.suffix
        if loss != nil { try RevisionFile.create(recordPath, start) }
        record = try RevisionFile(recordPath)
        state = Mutex(State(current: start, isBehind: try RevisionFile.read(recordPath) != .record(start)))
        // SQLite has the journal open from here on.
        files.note([path, recordPath, path + "-wal"])
        do throws(CommitFailure) {
            // A commit that was made and not acknowledged is about to be seen.
            try catchUp()
        } catch {
            logger.warning("cannot update the commit record; will retry", metadata: ["reason": "\(error.reason)"])
        }
    }

    /// Makes an empty database. It gets its name when it is whole: a crash on the way leaves none behind.
    static func create(_ file: DatabaseFile, _ start: RevisionRecord) throws {
        let unfinished = file.path + ".new"
        do {
            for leftover in [unfinished, unfinished + "-wal", unfinished + "-shm", unfinished + "-journal"] {
                unlink(leftover)
            }
            let queue = try DatabaseQueue(path: unfinished, configuration: configuration)
            try Schema.migrator(start).migrate(queue)
            try queue.close()
        } catch let error as DatabaseError {
            throw StoreError(.inaccessible, "cannot make \(unfinished): \(error.description)")
        }
        let directory = Glibc.open(
            (file.path as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { Glibc.close(directory) }
        guard chmod(unfinished, 0o600) == 0, rename(unfinished, file.path) == 0, fsync(directory) == 0 else {
            throw StoreError(.inaccessible, "cannot make \(file.path): \(String(cString: strerror(errno)))")
        }
    }

    /// Makes the changes durable, all or none, and records that they are. Without changes: tries whether it can.
    ///
    /// - Parameters:
    ///   - revision: The version of the last change.
    ///   - writtenAt: Seconds since 1970, for what expires.
    /// - Throws: ``CommitFailure``. Unless it says otherwise, nothing has happened.
    func commit(
        _ changes: [Change], _ intents: [IntentChange], revision: UInt64, writtenAt: Int64
    ) throws(CommitFailure) {
        do throws(CommitFailure) {
            try store(changes, intents, revision: revision, writtenAt: writtenAt)
            let path = path
            // A small commit may find room where the next one does not.
            state.withLock { state in
                if let failure = state.failure, failure.isFull, !CommitFailure.hasRoom(path) { return }
                state.failure = nil
            }
        } catch {
            state.withLock { $0.failure = error }
            throw error
        }
    }

    /// Why nothing can be stored, as far as that is known without a commit.
    var failure: CommitFailure? {
        if let failure = state.withLock({ $0.failure }) { return failure }
        do throws(CommitFailure) {
            try files.check()
            return nil
        } catch {
            return error
        }
    }

    private func catchUp() throws(CommitFailure) {
        let (current, isBehind) = state.withLock { ($0.current, $0.isBehind) }
        guard isBehind else { return }
        try record.write(current)
        state.withLock { $0.isBehind = false }
    }

    private func store(
        _ changes: [Change], _ intents: [IntentChange], revision: UInt64, writtenAt: Int64
    ) throws(CommitFailure) {
        let (current, failure) = state.withLock { ($0.current, $0.failure) }
        if let failure, failure.isFinal { throw failure }
        try files.check()
        try catchUp()
        var next = current
        next.commits += 1
        next.revision = revision
        do {
            try queue.writeWithoutTransaction { db in
                try db.inTransaction(.immediate) {
                    for change in changes { try Self.write(change, writtenAt, db) }
                    for intent in intents { try Self.write(intent, db) }
                    // In a row of its own: the newest object's row may be removed, or turn out to be damaged.
                    try RevisionRow.update(next, db)
                    return .commit
                }
            }
        } catch {
            throw CommitFailure(error, path: path)
        }
        // The journal is there since the first commit at the latest.
        files.note([path + "-wal"])
        do throws(CommitFailure) {
            try files.check()
        } catch {
            // Gone while it was written: nobody may see what is in a file without a name.
            throw error.final
        }
        do throws(CommitFailure) {
            state.withLock { $0.current = next }
            try record.write(next)
        } catch {
            state.withLock { $0.isBehind = true }
            var failure = error
            failure.isStored = true
            throw failure
        }
        beginJournalAnewIfLong()
    }

    /// SQLite would do it by itself, and the record would not say with which commit the journal begins: an older copy of
    /// the file under such a journal would pass for a whole database.
    private func beginJournalAnewIfLong() {
        var status = stat()
        guard stat(path + "-wal", &status) == 0, status.st_size >= Self.journalBytes else { return }
        do {
            try queue.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
            state.withLock { state in
                state.current.base = state.current.commits
                state.isBehind = true
            }
            try catchUp()
            state.withLock { $0.journalProblem = nil }
        } catch {
            // The commit is made and recorded; this is tried again after the next one.
            let reason = "\(error)"
            let isNew = state.withLock { state in
                defer { state.journalProblem = reason }
                return state.journalProblem != reason
            }
            if isNew {
                logger.warning(
                    "cannot checkpoint the journal into the database; the journal keeps growing",
                    metadata: ["reason": "\(reason)"])
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

    /// The size at which the journal is checkpointed into the database file.
    private static let journalBytes = 16 << 20

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
                    PRAGMA wal_autocheckpoint = 0;
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
