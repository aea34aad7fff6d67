import Foundation
import GRDB
import JSONTree
import TestSupport

@testable import KubernetesAPI
@testable import ObjectStore

/// Rows of the store's database with other values in their columns, as a damaged disk or a foreign hand leaves them.
/// Opening may be refused; what is opened must serve every object or say which it cannot.
extension FuzzTarget {
    static let databaseRows = FuzzTarget(
        "database-rows",
        asynchronous: { bytes in
            let template = try await DataDirectoryTemplate.shared.files()
            try await withTemporaryDirectory { directory in
                for (name, content) in template {
                    try content.write(to: URL(fileURLWithPath: "\(directory)/\(name)"))
                }
                var choices = ByteStream(bytes)
                try damage(directory + "/berth.db", &choices)
                do {
                    try await withStore(at: directory) { store in
                        _ = try await state(of: store)
                        for kind in ResourceKind.all {
                            let key = ObjectKey(namespace: kind.isNamespaced ? "default" : nil, name: "a")
                            let patch = Patch.merge(["metadata": ["labels": ["seen": "true"]]])
                            do {
                                _ = try await store.patch(kind, key, patch, WriteOptions(fieldManager: "kubectl"))
                                _ = try await store.delete(kind, key, DeleteOptions())
                            } catch is StatusError {}  // the object is not what it was, and its writers are told so
                        }
                    }
                } catch is StoreError {
                    return
                } catch let error as StatusError {
                    // An object that cannot be read is an error of the server's.
                    try require(error.code == 500, "a list was answered \(error.code): \(error.message)")
                }
            }
        })

    private static func damage(_ path: String, _ choices: inout ByteStream) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.write { db in
            for _ in 0...choices.below(4) {
                let ids = try Int64.fetchAll(db, sql: "SELECT id FROM object")
                guard !ids.isEmpty else { return }
                try damageRow(choices.pick(ids), db, &choices)
            }
        }
        try queue.close()
    }

    private static func damageRow(_ id: Int64, _ db: Database, _ choices: inout ByteStream) throws {
        // `OR IGNORE`: a value that a column refuses leaves the row alone.
        switch choices.below(12) {
        case 0:
            try db.execute(
                sql: "UPDATE OR IGNORE object SET id = ? WHERE id = ?", arguments: [choices.integer(), id])
        case 1: try db.execute(sql: "UPDATE OR IGNORE revision SET value = ?", arguments: [value(&choices)])
        case 2, 3:
            let json = try document(in: db, id, &choices)
            try db.execute(sql: "UPDATE object SET json = ? WHERE id = ?", arguments: [Data(json), id])
        default:
            let column = choices.pick([
                "kind", "namespace", "name", "uid", "version", "labels", "deleting", "written", "checksum", "json",
            ])
            try db.execute(
                sql: "UPDATE OR IGNORE object SET \(column) = ? WHERE id = ?", arguments: [value(&choices), id])
        }
        // With the checksum that fits, so that only the reader can tell.
        guard choices.chance(of: 2),
            let row = try Row.fetchOne(
                db, sql: "SELECT \(ObjectRow.columns) FROM object WHERE id = ?", arguments: [id]),
            let content = try? ObjectRow(row)
        else { return }
        try db.execute(sql: "UPDATE object SET checksum = ? WHERE id = ?", arguments: [content.checksum, id])
    }

    private static func document(in db: Database, _ id: Int64, _ choices: inout ByteStream) throws -> [UInt8] {
        let stored = try Data.fetchOne(db, sql: "SELECT json FROM object WHERE id = ?", arguments: [id])
        guard let stored, let tree = try? JSONParser.parse(stored) else { return choices.value().encoded }
        return choices.mangled(tree).encoded
    }

    private static func value(_ choices: inout ByteStream) -> DatabaseValue {
        switch choices.below(7) {
        case 0: .null
        case 1: choices.integer().databaseValue
        case 2: choices.text().databaseValue
        case 3: choices.pick(["a", "default", "pods", "configmaps", "{}", "{\"a\":1}", "[", "-1"]).databaseValue
        case 4: Double(choices.integer()).databaseValue
        case 5: Data(choices.text().utf8).databaseValue
        default: Data([0xFF, 0xFE]).databaseValue
        }
    }
}

/// The data directory of a store that holds an object of each kind.
private actor DataDirectoryTemplate {
    static let shared = DataDirectoryTemplate()
    private var made: [(name: String, content: Data)]?

    func files() async throws -> [(name: String, content: Data)] {
        if let made { return made }
        let files = try await withTemporaryDirectory { directory in
            try await FuzzTarget.withStore(at: directory) { store in
                for kind in ResourceKind.all where kind != .namespace {
                    _ = try await store.create(
                        kind, StoredSeeds.manifest(kind, name: "a"), WriteOptions(fieldManager: "kubectl"))
                }
            }
            return try FileManager.default.contentsOfDirectory(atPath: directory).map { name in
                (name: name, content: try Data(contentsOf: URL(fileURLWithPath: "\(directory)/\(name)")))
            }
        }
        made = files
        return files
    }
}
