import Foundation
import GRDB
import JSONTree
import KubernetesAPI

/// Intents: what the host has to remember that is not an API object.
extension ObjectDatabase {
    static func write(_ change: IntentChange, _ db: Database) throws {
        switch change {
        case .record(let intent):
            let json = intent.document.encoded
            let statement = try db.cachedStatement(
                sql: "INSERT OR REPLACE INTO intent (volume, json, checksum) VALUES (?, ?, ?)")
            try statement.execute(arguments: [intent.volume, Data(json), checksum(intent.volume, json)])
        case .remove(let volume):
            let statement = try db.cachedStatement(sql: "DELETE FROM intent WHERE volume = ?")
            try statement.execute(arguments: [volume])
        }
    }

    /// - Returns: Every intent. A damaged one has the document `null`, and its row is kept.
    /// - Throws: ``StoreError``.
    func loadIntents() throws -> [StoredIntent] {
        do {
            return try queue.read { db in
                try Row.fetchAll(db, sql: "SELECT volume, json, checksum FROM intent").map { row in
                    // Damage may turn any column into any type.
                    let volume = (try? row.text(0, "volume")) ?? "?"
                    let json = row.bytes(1) ?? []
                    let isSound = (try? row.integer(2, "checksum")) == Self.checksum(volume, json)
                    // A damaged intent must not decide what a driver is told to delete.
                    return StoredIntent(
                        volume: volume, document: isSound ? (try? JSONParser.parse(json)) ?? .null : .null)
                }
            }
        } catch let error as DatabaseError {
            throw StoreError(
                .damaged,
                "the intents in \(queue.path) cannot be read: \(error.description). Put a backup in its place.")
        }
    }

    /// Of all columns.
    private static func checksum(_ volume: String, _ json: [UInt8]) -> Int64 {
        Int64(bitPattern: Checksum.of(Array(volume.utf8) + [0] + json))
    }
}
