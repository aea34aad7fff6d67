import Foundation
import GRDB
import JSONTree

/// What a simulated cloud holds, on disk: JSON documents by kind and key.
///
/// The services keep what they work on in memory; here is what a restart begins with. SQLite in WAL mode with
/// `synchronous=NORMAL`: what is committed survives the end of the process, and a simulator need not survive the
/// machine's.
final class ResourceStore: Sendable {
    /// One change of a transaction.
    enum Change: Sendable {
        case put(kind: String, key: String, JSONValue)
        case remove(kind: String, key: String)
    }

    private let database: any DatabaseWriter

    /// - Parameter path: The database file; `nil`: in memory, gone with the process.
    init(path: String?) throws {
        var configuration = Configuration()
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = NORMAL") }
        if let path {
            database = try DatabasePool(path: path, configuration: configuration)
        } else {
            database = try DatabaseQueue(configuration: configuration)
        }
        var migrator = DatabaseMigrator()
        migrator.registerMigration("resources") { database in
            try database.create(table: "resource") { table in
                table.primaryKey {
                    table.column("kind", .text)
                    table.column("key", .text)
                }
                table.column("document", .blob).notNull()
            }
        }
        try migrator.migrate(database)
    }

    /// All documents of a kind, by their keys.
    func all(_ kind: String) throws -> [String: JSONValue] {
        let rows = try database.read { database in
            try Row.fetchAll(database, sql: "SELECT key, document FROM resource WHERE kind = ?", arguments: [kind])
        }
        var documents: [String: JSONValue] = [:]
        for row in rows {
            let bytes: [UInt8] = Array(row["document"] as Data)
            documents[row["key"]] = try JSONParser.parse(bytes)
        }
        return documents
    }

    /// Carries all changes out, or none; they are on disk when this returns.
    func commit(_ changes: [Change]) throws {
        guard !changes.isEmpty else { return }
        try database.write { database in
            for change in changes {
                switch change {
                case .put(let kind, let key, let document):
                    try database.execute(
                        sql: """
                            INSERT INTO resource (kind, key, document) VALUES (?, ?, ?)
                            ON CONFLICT (kind, key) DO UPDATE SET document = excluded.document
                            """,
                        arguments: [kind, key, Data(document.encoded)])
                case .remove(let kind, let key):
                    try database.execute(
                        sql: "DELETE FROM resource WHERE kind = ? AND key = ?", arguments: [kind, key])
                }
            }
        }
    }
}
