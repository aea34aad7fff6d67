import Foundation
import GRDB

/// The one row of the table `revision`: how far the database has come by its own account.
enum RevisionRow {
    static let columns = "value, commits, database, checksum"

    /// - Parameter row: Of ``columns``.
    /// - Returns: `nil` for a damaged row.
    static func record(_ row: Row) -> RevisionRecord? {
        guard let value = try? row.integer(0, "value"), let commits = try? row.integer(1, "commits"),
            let database = row.bytes(2), let stored = try? row.integer(3, "checksum"),
            ObjectDatabase.isPlausible(value), ObjectDatabase.isPlausible(commits),
            database.count == RevisionRecord.databaseIDSize
        else { return nil }
        let record = RevisionRecord(databaseID: database, commits: UInt64(commits), revision: UInt64(value))
        return stored == checksum(record) ? record : nil
    }

    static func update(_ record: RevisionRecord, _ db: Database) throws {
        try db.cachedStatement(sql: "UPDATE revision SET value = ?, commits = ?, database = ?, checksum = ?")
            .execute(arguments: arguments(record))
        guard db.changesCount == 1 else {
            throw DatabaseError(message: "the table revision has \(db.changesCount) rows instead of one")
        }
    }

    static func replace(by record: RevisionRecord, _ db: Database) throws {
        try db.execute(sql: "DELETE FROM revision")
        try db.execute(sql: "INSERT INTO revision (\(columns)) VALUES (?, ?, ?, ?)", arguments: arguments(record))
    }

    private static func arguments(_ record: RevisionRecord) -> StatementArguments {
        [
            Int64(bitPattern: record.revision), Int64(bitPattern: record.commits), Data(record.databaseID),
            checksum(record),
        ]
    }

    private static func checksum(_ record: RevisionRecord) -> Int64 {
        var checksum = Checksum()
        checksum.combine(record.databaseID)
        checksum.combine(Int64(bitPattern: record.commits))
        checksum.combine(Int64(bitPattern: record.revision))
        return Int64(bitPattern: checksum.value)
    }
}
