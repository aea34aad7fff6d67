import GRDB

/// The tables, as named steps from the first version to the present one.
enum Schema {
    /// One more with each migration; what the file says in `user_version`.
    static let newest = 1

    static var migrator: DatabaseMigrator {
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
        return migrator
    }

    /// Writes whose file it is, and how new, into its header.
    static func stamp(_ db: Database) throws {
        guard try Int.fetchOne(db, sql: "PRAGMA user_version") != newest else { return }
        try db.execute(
            sql: """
                PRAGMA application_id = \(DatabaseFile.applicationID);
                PRAGMA user_version = \(newest);
                """)
    }
}
