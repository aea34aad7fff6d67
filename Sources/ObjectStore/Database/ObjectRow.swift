import Foundation
import GRDB
import JSONTree
import KubernetesAPI

/// One row of the table `object`, each column of its type.
struct ObjectRow {
    static let columns = "id, kind, namespace, name, uid, version, labels, deleting, written, checksum, json"

    var id: Int64
    /// As ``ResourceKind/groupResource``.
    var kind: String
    var namespace: String?
    var name: String
    var uid: String
    /// The resourceVersion.
    var version: Int64
    /// JSON; `nil`: none.
    var labels: String?
    /// 0 or 1.
    var deleting: Int64
    /// Seconds since 1970.
    var written: Int64
    var json: [UInt8]

    init(_ object: StoredObject, id: Int64, written: Int64) {
        self.id = id
        kind = object.kind.groupResource
        namespace = object.key.namespace
        name = object.key.name
        uid = object.uid
        version = Int64(bitPattern: object.resourceVersion)
        labels = object.labels.isEmpty ? nil : String(decoding: JSONValue(object.labels).encoded, as: UTF8.self)
        deleting = object.isBeingDeleted ? 1 : 0
        self.written = written
        json = object.encoded
    }

    /// Decodes a row without trusting it: damage may turn any column into any type.
    ///
    /// - Parameter row: Of ``columns``.
    init(_ row: Row) throws(RowFault) {
        id = try row.integer(0, "id")
        kind = try row.text(1, "kind")
        namespace = try row.optionalText(2, "namespace")
        name = try row.text(3, "name")
        uid = try row.text(4, "uid")
        version = try row.integer(5, "version")
        labels = try row.optionalText(6, "labels")
        deleting = try row.integer(7, "deleting")
        written = try row.integer(8, "written")
        guard let json = row.bytes(10) else { throw RowFault("its column json holds no bytes") }
        self.json = json
    }

    /// Covers every column but itself.
    var checksum: Int64 {
        var checksum = Checksum()
        checksum.combine(id)
        checksum.combine(kind)
        checksum.combine(namespace)
        checksum.combine(name)
        checksum.combine(uid)
        checksum.combine(version)
        checksum.combine(labels)
        checksum.combine(deleting)
        checksum.combine(written)
        checksum.combine(json)
        return Int64(bitPattern: checksum.value)
    }

    /// The object, if the row is intact.
    ///
    /// - Parameters:
    ///   - schema: Of the file. Schema 1 has no checksum of anything but `json`, and let objects in that cannot be
    ///     parsed: there each object is parsed, and compared with the columns.
    ///   - stored: The row's checksum.
    func object(_ kind: ResourceKind, namespace: String?, schema: Int, stored: Int64) throws(RowFault) -> StoredObject {
        // A store continues from the greatest version that it finds.
        guard ObjectDatabase.isPlausible(version) else { throw RowFault("its version \(version) is out of range") }
        guard schema > 1 else { return try objectOfFirstSchema(kind, stored: stored) }
        guard stored == checksum else { throw .changed }
        guard let labels = Self.labels(labels) else { throw RowFault("its labels are not JSON") }
        return StoredObject(
            kind: kind, key: ObjectKey(namespace: namespace, name: name), uid: uid,
            resourceVersion: UInt64(bitPattern: version), labels: labels, isBeingDeleted: deleting != 0, encoded: json)
    }

    private func objectOfFirstSchema(_ kind: ResourceKind, stored: Int64) throws(RowFault) -> StoredObject {
        guard Checksum.of(json) == UInt64(bitPattern: stored) else { throw .changed }
        let tree: JSONValue
        do {
            tree = try JSONParser.parse(json)
        } catch {
            throw RowFault("its JSON cannot be parsed: \(error)")
        }
        let inside = StoredObject(kind: kind, object: tree)
        guard inside.key == ObjectKey(namespace: namespace, name: name), inside.uid == uid,
            inside.resourceVersion == UInt64(bitPattern: version), inside.labels == Self.labels(labels),
            inside.isBeingDeleted == (deleting != 0)
        else { throw RowFault("its columns contradict its JSON") }
        return StoredObject(
            kind: kind, key: inside.key, uid: uid, resourceVersion: inside.resourceVersion, labels: inside.labels,
            isBeingDeleted: inside.isBeingDeleted, encoded: json)
    }

    private static func labels(_ text: String?) -> [String: String]? {
        guard let text else { return [:] }
        return (try? JSONParser.parse(text.utf8))?.stringDictionary
    }
}

/// Why a row of the database cannot be read as an object.
struct RowFault: Error, Sendable, Hashable {
    /// A clause: "its column uid holds no text".
    var reason: String

    init(_ reason: String) { self.reason = reason }

    static let changed = RowFault("it is not as it was written: its checksum differs")
}

extension Row {
    func integer(_ index: Int, _ column: String) throws(RowFault) -> Int64 {
        guard case .int64(let value) = (self[index] as DatabaseValue).storage else {
            throw RowFault("its column \(column) holds no integer")
        }
        return value
    }

    func optionalText(_ index: Int, _ column: String) throws(RowFault) -> String? {
        switch (self[index] as DatabaseValue).storage {
        case .null: return nil
        case .string(let value): return value
        default: throw RowFault("its column \(column) holds no text")
        }
    }

    func text(_ index: Int, _ column: String) throws(RowFault) -> String {
        guard let value = try optionalText(index, column) else { throw RowFault("its column \(column) is empty") }
        return value
    }

    func bytes(_ index: Int) -> [UInt8]? {
        // Without the copy that a DatabaseValue would be.
        (try? withUnsafeData(atIndex: index) { $0.map { [UInt8]($0) } }) ?? nil
    }
}
