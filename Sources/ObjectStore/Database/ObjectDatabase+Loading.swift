import Foundation
import GRDB
import Glibc
import JSONTree
import KubernetesAPI

extension ObjectDatabase {
    /// Reads a whole file without changing it, and checks that it holds together: SQLite meets every page of the table,
    /// and each object's bytes are compared with their checksum.
    ///
    /// - Throws: ``StoreError``: `damaged`, `newer`.
    static func load(_ file: DatabaseFile) async throws -> LoadedObjects {
        let index = file.path + "-shm"
        let hadIndex = access(index, F_OK) == 0
        defer {
            // A reader of a journal needs this index of it, but cannot take it away again.
            if file.hasJournal, !hadIndex { unlink(index) }
        }
        // The first connection recovers the journal's index and stays open until all is read: SQLite takes an index for
        // stale once nobody has it open, and connections that recover at the same time lock each other out.
        let recovered = try open(file)
        let (revision, parts) = try read(recovered, file) { db -> (UInt64, [ClosedRange<Int64>]) in
            let schema = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
            try file.check(schema: schema, newest: Schema.newest)
            let revision = try Int64.fetchOne(db, sql: "SELECT value FROM revision") ?? 0
            return (UInt64(bitPattern: revision), try Self.parts(of: db))
        }
        // Several at a time: parsing rows takes longer than reading them. It blocks threads of Swift's pool, which have
        // nothing else to do before the store is open.
        let loaded = try await withThrowingTaskGroup(of: LoadedObjects.self) { group in
            for part in parts {
                group.addTask { try read(try open(file), file) { db in try rows(part, db, file) } }
            }
            var loaded = LoadedObjects(revision: revision)
            for try await part in group { loaded.merge(part) }
            return loaded
        }
        try close(recovered, file)
        return loaded
    }

    /// Ranges of row ids that can be read side by side.
    private static func parts(of db: Database) throws -> [ClosedRange<Int64>] {
        guard let row = try Row.fetchOne(db, sql: "SELECT min(id), max(id) FROM object"), let first: Int64 = row[0],
            let last: Int64 = row[1], first <= last
        else { return [] }
        // Rows go as their objects are deleted, so equal ranges hold different numbers: more parts than processors.
        let step = max((last - first) / 8 + 1, 4096)
        return stride(from: first, through: last, by: Int64.Stride(step)).map { $0...min($0 + step - 1, last) }
    }

    private static func open(_ file: DatabaseFile) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        // Nobody else has the directory, so what is locked is locked by our own connections, and only for moments.
        configuration.busyMode = .timeout(30)
        // A file without a journal is opened as immutable, or SQLite would make one beside it.
        let path = file.hasJournal ? file.path : "file:" + file.path.percentEncodedForURI + "?immutable=1"
        return try translated(file) { try DatabaseQueue(path: path, configuration: configuration) }
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
                throw StoreError(.inaccessible, "cannot read \(file.path): \(error.description)")
            }
        }
    }

    private static func rows(
        _ part: ClosedRange<Int64>, _ db: Database, _ file: DatabaseFile
    ) throws -> LoadedObjects {
        var loaded = LoadedObjects()
        let kinds = Dictionary(uniqueKeysWithValues: ResourceKind.all.map { ($0.groupResource, $0) })
        // One string for all objects of a namespace.
        var namespaces: [String: String] = [:]
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT id, kind, namespace, name, uid, version, labels, deleting, checksum, json, written
                FROM object WHERE id BETWEEN ? AND ?
                """, arguments: [part.lowerBound, part.upperBound])
        while let row = try rows.next() {
            let kindName: String = row[1]
            let name: String = row[3]
            guard let kind = kinds[kindName] else { throw file.damaged("has an object of unknown kind \(kindName)") }
            var namespace: String? = row[2]
            if let found = namespace {
                namespace = namespaces[found] ?? found
                namespaces[found] = namespace
            }
            let encoded = try row.withUnsafeData(atIndex: 9) { $0.map { [UInt8]($0) } ?? [] }
            let checksum: Int64 = row[8]
            guard Checksum.of(encoded) == UInt64(bitPattern: checksum) else {
                throw file.damaged(
                    "is damaged: \(kindName) \(namespace.map { "\($0)/" } ?? "")\(name) is not as it was written")
            }
            let version = UInt64(bitPattern: row[5] as Int64)
            let object = StoredObject(
                kind: kind, key: ObjectKey(namespace: namespace, name: name), uid: row[4], resourceVersion: version,
                labels: try labels(row[6], file), isBeingDeleted: row[7], encoded: encoded)
            loaded.rows[kind, default: []].append(ObjectTable.Row(object: object, rowID: row[0]))
            // The greatest version was given to a row that is still there, or to a removal, which wrote `revision`.
            loaded.revision = max(loaded.revision, version)
            if kind == .event {
                loaded.events.append(EventRetention.Entry(key: object.key, version: version, writtenAt: row[10]))
            }
        }
        return loaded
    }

    private static func labels(_ text: String?, _ file: DatabaseFile) throws -> [String: String] {
        guard let text else { return [:] }
        guard let labels = (try? JSONParser.parse(text.utf8))?.stringDictionary else {
            throw file.damaged("is damaged: an object's labels are no JSON")
        }
        return labels
    }
}

extension String {
    /// What has a meaning in SQLite's URI file names (https://www.sqlite.org/uri.html), escaped.
    fileprivate var percentEncodedForURI: String {
        replacingOccurrences(of: "%", with: "%25").replacingOccurrences(of: "?", with: "%3f")
            .replacingOccurrences(of: "#", with: "%23")
    }
}
