import GRDB
import JSONTree
import KubernetesAPI

/// An object whose row is damaged. The row stays as it is, and the object is served as an error until somebody deletes
/// it: leaving it out would make a volume look lost, and not starting would make everything else unavailable.
struct UnreadableObject: Sendable, Hashable {
    var kind: ResourceKind
    var key: ObjectKey
    /// As far as the row says.
    var uid: String?
    /// Of the table `object`.
    var rowID: Int64
    /// A clause: "its column uid holds no text".
    var reason: String

    /// A placeholder for its last state.
    func placeholder(version: UInt64) -> StoredObject {
        var metadata: JSONValue = ["name": .string(key.name), "resourceVersion": .string(String(version))]
        if let namespace = key.namespace { metadata["namespace"] = .string(namespace) }
        if let uid { metadata["uid"] = .string(uid) }
        return StoredObject(
            kind: kind,
            object: ["apiVersion": .string(kind.apiVersion), "kind": .string(kind.kind), "metadata": metadata])
    }

    /// The error for reading or changing it.
    var error: StatusError {
        .internalError(
            "\(kind.groupResource) \"\(key)\" cannot be read: \(reason) (row \(rowID) of the database). "
                + "Restore the database from a backup, or delete the object; its finalizers cannot be honoured then.")
    }

    /// The error for a list or a watch that would have to leave these objects out.
    static func error(hiding objects: [UnreadableObject]) -> StatusError {
        let shown = 10
        let names = Set(objects.map { "\"\($0.key)\"" }).sorted()
        let kind = objects.first?.kind.groupResource ?? "objects"
        let more = names.count > shown ? " and \(names.count - shown) more" : ""
        return .internalError(
            "\(kind) cannot be listed or watched here, because \(names.prefix(shown).joined(separator: ", "))\(more) "
                + "cannot be read from the database. Restore the database from a backup, or delete each by its name.")
    }
}

extension UnreadableObject {
    /// The names of a damaged row's object, from its columns and from its JSON. If they differ, either may be damaged,
    /// so that neither name counts as free.
    ///
    /// - Returns: Empty when neither tells a kind and a name.
    static func named(
        by row: Row, fault: RowFault, rowID: Int64, kinds: [String: ResourceKind]
    ) -> [UnreadableObject] {
        let tree = row.bytes(10).flatMap { try? JSONParser.parse($0) }
        let inside = tree.flatMap { tree -> StoredObject? in
            guard let kind = tree["kind"]?.stringValue, let version = tree["apiVersion"]?.stringValue else {
                return nil
            }
            return ResourceKind.named(kind: kind, apiVersion: version).map { StoredObject(kind: $0, object: tree) }
        }
        let kind = (try? row.text(1, "kind")).flatMap { kinds[$0] } ?? inside?.kind
        guard let kind else { return [] }
        var keys: [ObjectKey] = []
        if let name = try? row.text(3, "name"), !name.isEmpty {
            let namespace = kind.isNamespaced ? (try? row.optionalText(2, "namespace")) ?? inside?.key.namespace : nil
            keys.append(ObjectKey(namespace: namespace, name: name))
        }
        if let inside, inside.kind == kind, !inside.key.name.isEmpty, !keys.contains(inside.key) {
            keys.append(inside.key)
        }
        let uid = (try? row.text(4, "uid")) ?? inside?.uid
        return keys.map { UnreadableObject(kind: kind, key: $0, uid: uid, rowID: rowID, reason: fault.reason) }
    }
}
