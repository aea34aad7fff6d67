import GRDB

/// The tables, as named steps from the first version to the present one.
enum Schema {
    /// One more with each migration; what the file says in `user_version`.
    static let newest = 2

    /// - Parameter unreadable: Rows that get no checksum which would say that they are right.
    static func migrator(unreadable: Set<Int64> = []) -> DatabaseMigrator {
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
                    UPDATE revision SET value = max(value, (SELECT coalesce(max(version), 0) FROM object
                        WHERE typeof(version) = 'integer' AND version BETWEEN 0 AND 1 << 53));
                    """)
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
