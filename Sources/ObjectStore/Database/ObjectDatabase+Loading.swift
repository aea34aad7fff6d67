import Foundation
import GRDB
import Glibc
import KubernetesAPI

extension ObjectDatabase {
    /// Reads a whole file without changing it, and checks that it holds together: SQLite meets every page of the table,
    /// and each row is compared with its checksum. Rows that are not as they were written are set apart.
    ///
    /// - Throws: ``StoreError``: `damaged` when SQLite cannot read the file, `newer`.
    static func load(_ file: DatabaseFile) async throws -> LoadedObjects {
        let index = file.path + "-shm"
        let hadIndex = access(index, F_OK) == 0
        defer {
            // A reader of a journal needs this index of it, but cannot take it away again.
            if file.hasJournal, !hadIndex { unlink(index) }
        }
        // The first connection recovers the journal's index and stays open until all is read: SQLite takes an index for
        // stale once nobody has it open, and connections that recover at the same time lock each other out.
        let recovered = try translated(file) { try open(file) }
        let (start, parts) = try read(recovered, file) { db -> (LoadedObjects, [ClosedRange<Int64>]) in
            let schema = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
            try file.check(schema: schema, newest: Schema.newest)
            return (LoadedObjects(schema: schema, recorded: try recorded(db, schema: schema)), try Self.parts(of: db))
        }
        // Several at a time: parsing rows takes longer than reading them. It blocks threads of Swift's pool, which have
        // nothing else to do before the store is open.
        var loaded = try await withThrowingTaskGroup(of: LoadedObjects.self) { group in
            for part in parts {
                group.addTask {
                    try read(translated(file) { try open(file) }, file) { db in try rows(part, db, schema: start.schema)
                    }
                }
            }
            var loaded = start
            for try await part in group { loaded.merge(part) }
            return loaded
        }
        try close(recovered, file)
        loaded.setDuplicatesApart()
        return loaded
    }

    /// How far the file has come without its journal; `nil` when it does not say: a checkpoint may have been on its way.
    static func base(of file: DatabaseFile) throws -> RevisionRecord? {
        do {
            let queue = try open(file, withJournal: false)
            let base = try queue.unsafeRead { db in
                try recorded(db, schema: try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0)
            }
            try queue.close()
            return base
        } catch is DatabaseError {
            // With the journal it may be whole; if it is not, `load` says so.
            return nil
        }
    }

    private static func recorded(_ db: Database, schema: Int) throws -> RevisionRecord? {
        guard schema > 1 else {
            guard let row = try Row.fetchOne(db, sql: "SELECT value FROM revision"),
                let value = try? row.integer(0, "value"), isPlausible(value)
            else { return nil }
            return RevisionRecord(databaseID: [], commits: 0, revision: UInt64(value))
        }
        return try Row.fetchOne(db, sql: "SELECT \(RevisionRow.columns) FROM revision").flatMap {
            RevisionRow.record($0)
        }
    }

    /// Beyond what can ever be counted to, a number is a damaged one.
    static func isPlausible(_ version: Int64) -> Bool { (0..<1 << 53).contains(version) }

    /// Ranges of row ids that can be read side by side.
    private static func parts(of db: Database) throws -> [ClosedRange<Int64>] {
        guard let row = try Row.fetchOne(db, sql: "SELECT min(id), max(id) FROM object"),
            let first = try? row.integer(0, "id"), let last = try? row.integer(1, "id"), first <= last
        else { return [] }
        guard isPlausible(first), isPlausible(last) else { return [first...last] }
        // Rows go as their objects are deleted, so equal ranges hold different numbers: more parts than processors.
        let step = max((last - first) / 8 + 1, 4096)
        return stride(from: first, through: last, by: Int64.Stride(step)).map { $0...min($0 + step - 1, last) }
    }

    private static func open(_ file: DatabaseFile, withJournal: Bool? = nil) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        // Nobody else has the directory, so what is locked is locked by our own connections, and only for moments.
        configuration.busyMode = .timeout(30)
        // A file without a journal is opened as immutable, or SQLite would make one beside it.
        let path =
            withJournal ?? file.hasJournal ? file.path : "file:" + file.path.percentEncodedForURI + "?immutable=1"
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    private static func read<Result>(
        _ queue: DatabaseQueue, _ file: DatabaseFile, _ body: (Database) throws -> Result
    ) throws -> Result {
        try translated(file) { try queue.unsafeRead(body) }
    }

    private static func close(_ queue: DatabaseQueue, _ file: DatabaseFile) throws {
        try translated(file) { try queue.close() }
    }

    /// SQLite's errors as the store's.
    private static func translated<Result>(_ file: DatabaseFile, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as DatabaseError {
            switch error.resultCode {
            case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_ERROR:
                throw file.damaged("is damaged: SQLite says \"\(error.message ?? "\(error.resultCode)")\"")
            default:
                // Recovery needs some room, too: for the journal's index.
                guard !CommitFailure(error, path: file.path).isFull else {
                    throw StoreError(
                        .inaccessible,
                        "disk full: cannot open \(file.path), which takes some room for the journal's index. Free some on "
                            + "its file system and start berth again")
                }
                throw StoreError(.inaccessible, "cannot read \(file.path): \(error.description)")
            }
        }
    }

    private static func rows(_ part: ClosedRange<Int64>, _ db: Database, schema: Int) throws -> LoadedObjects {
        var loaded = LoadedObjects(schema: schema)
        let kinds = Dictionary(uniqueKeysWithValues: ResourceKind.all.map { ($0.groupResource, $0) })
        // One string for all objects of a namespace.
        var namespaces: [String: String] = [:]
        let rows = try Row.fetchCursor(
            db, sql: "SELECT \(ObjectRow.columns) FROM object WHERE id BETWEEN ? AND ?",
            arguments: [part.lowerBound, part.upperBound])
        while let row = try rows.next() {
            do throws(RowFault) {
                let content = try ObjectRow(row)
                guard let kind = kinds[content.kind] else { throw RowFault("it is of an unknown kind") }
                var namespace = content.namespace
                if let found = namespace {
                    namespace = namespaces[found] ?? found
                    namespaces[found] = namespace
                }
                let object = try content.object(
                    kind, namespace: namespace, schema: schema, stored: try row.integer(9, "checksum"))
                loaded.rows[kind, default: []].append(ObjectTable.Row(object: object, rowID: content.id))
                // In schema 1 the last version is the greatest, or that of a removal, which is in `revision`.
                loaded.revision = max(loaded.revision, object.resourceVersion)
                guard kind == .event else { continue }
                let writtenAt = isPlausible(content.written) ? content.written : 0
                loaded.events.append(
                    EventRetention.Entry(key: object.key, version: object.resourceVersion, writtenAt: writtenAt))
            } catch {
                loaded.setApart(row, error, kinds)
            }
        }
        return loaded
    }
}

extension LoadedObjects {
    fileprivate mutating func setApart(_ row: Row, _ fault: RowFault, _ kinds: [String: ResourceKind]) {
        // The row's key in the table: SQLite gives an integer, whatever the page holds.
        let rowID = (try? row.integer(0, "id")) ?? 0
        let named = UnreadableObject.named(by: row, fault: fault, rowID: rowID, kinds: kinds)
        unreadable += named
        if named.isEmpty { nameless.append(NamelessRow(rowID: rowID, reason: fault.reason)) }
        // A new object's version is its row id and must not collide with this row. Implausibly large numbers are ignored:
        // they are never reached, and continuing from one would exhaust the range.
        for number in [rowID, (try? row.integer(5, "version")) ?? 0] where (0..<1 << 52).contains(number) {
            revision = max(revision, UInt64(number))
        }
    }
}

extension String {
    /// What has a meaning in SQLite's URI file names (https://www.sqlite.org/uri.html), escaped.
    fileprivate var percentEncodedForURI: String {
        replacingOccurrences(of: "%", with: "%25").replacingOccurrences(of: "?", with: "%3f")
            .replacingOccurrences(of: "#", with: "%23")
    }
}
