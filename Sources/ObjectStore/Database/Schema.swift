import GRDB

/// The tables, as named steps from the first version to the present one.
enum Schema {
    /// One more with each migration; what the file says in `user_version`.
    static let newest = 2

    /// - Parameters:
    ///   - start: The record from which a database that gets its id in this migration continues.
    ///   - unreadable: Damaged rows, which must not get a checksum that declares them intact.
    static func migrator(_ start: RevisionRecord, unreadable: Set<Int64> = []) -> DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("objects") { db in
            try db.execute(
                sql: """
                    CREATE TABLE object (
                        id INTEGER PRIMARY KEY,
                        kind TEXT NOT NULL,
                        namespace TEXT,
                        name TEXT NOT NULL,
                        uid TEXT NOT NULL,
                        version INTEGER NOT NULL,
                        labels TEXT,
                        deleting INTEGER NOT NULL,
                        written INTEGER NOT NULL,
                        checksum INTEGER NOT NULL,
                        json BLOB NOT NULL
                    );
                    CREATE TABLE revision (value INTEGER NOT NULL);
                    INSERT INTO revision (value) VALUES (0);
                    """)
        }
        migrator.registerMigration("checksums of whole rows") { db in
            try db.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS intent (
                        volume TEXT PRIMARY KEY NOT NULL,
                        json BLOB NOT NULL,
                        checksum INTEGER NOT NULL
                    ) STRICT;
                    CREATE TABLE IF NOT EXISTS host (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT;
                    CREATE TABLE data_loss (noticed INTEGER NOT NULL, reason TEXT NOT NULL) STRICT;
                    ALTER TABLE revision ADD COLUMN commits INTEGER NOT NULL DEFAULT 0;
                    ALTER TABLE revision ADD COLUMN database BLOB NOT NULL DEFAULT x'';
                    ALTER TABLE revision ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
                    """)
            try RevisionRow.replace(by: start, db)
            try checksumWholeRows(db, except: unreadable)
            // With the tables, so that no older Berth reads what it would take for damaged.
            try stamp(db)
        }
        return migrator
    }

    /// Writes whose file it is, and how new, into its header.
    private static func stamp(_ db: Database) throws {
        try db.execute(
            sql: """
                PRAGMA application_id = \(DatabaseFile.applicationID);
                PRAGMA user_version = \(newest);
                """)
    }

    private static func checksumWholeRows(_ db: Database, except unreadable: Set<Int64>) throws {
        let batch = 500
        var last = Int64.min
        while true {
            let rows = try Row.fetchAll(
                db, sql: "SELECT \(ObjectRow.columns) FROM object WHERE id > ? ORDER BY id LIMIT ?",
                arguments: [last, batch])
            for row in rows {
                last = try row.integer(0, "id")
                guard !unreadable.contains(last) else { continue }
                try db.cachedStatement(sql: "UPDATE object SET checksum = ? WHERE id = ?")
                    .execute(arguments: [ObjectRow(row).checksum, last])
            }
            if rows.count < batch { return }
        }
    }
}
