public import JSONTree

/// One version of an object as the API holds it: its JSON bytes, and the few fields that every reader asks for.
///
/// At rest an object is its bytes: they go to a client as they are, and cost a third of a tree's memory. A reader
/// that needs more than the fields here calls ``decoded()``.
public final class StoredObject: Sendable {
    public let kind: ResourceKind
    public let key: ObjectKey
    public let uid: String
    /// `0` before the object was stored.
    public let resourceVersion: UInt64
    public let labels: [String: String]
    /// `metadata.deletionTimestamp` is set: the object waits for its finalizers.
    public let isBeingDeleted: Bool
    /// Compact JSON, with `apiVersion`, `kind` and `metadata.resourceVersion`.
    public let encoded: [UInt8]

    public init(
        kind: ResourceKind, key: ObjectKey, uid: String, resourceVersion: UInt64, labels: [String: String],
        isBeingDeleted: Bool, encoded: [UInt8]
    ) {
        self.kind = kind
        self.key = key
        self.uid = uid
        self.resourceVersion = resourceVersion
        self.labels = labels
        self.isBeingDeleted = isBeingDeleted
        self.encoded = encoded
    }

    /// Takes the fields from a complete object; `resourceVersion` is the one that stands in it.
    public convenience init(kind: ResourceKind, object: JSONValue) {
        let metadata = object["metadata"]
        self.init(
            kind: kind,
            key: ObjectKey(kind, object),
            uid: metadata?["uid"]?.stringValue ?? "",
            resourceVersion: metadata?["resourceVersion"]?.stringValue.flatMap { UInt64($0) } ?? 0,
            labels: metadata?["labels"]?.stringDictionary ?? [:],
            isBeingDeleted: metadata?["deletionTimestamp"]?.stringValue != nil,
            encoded: object.encoded)
    }

    /// The whole object as a tree; parsed (tens of microseconds) unless that was done a moment ago.
    ///
    /// - Throws: `InternalError` if the bytes have been damaged since the object was created: they are not JSON, or belong
    ///   to another object. No write may be based on a damaged object.
    public func tree() throws(StatusError) -> JSONValue {
        try RecentTrees.shared.tree(of: self) { () throws(StatusError) in
            let tree: JSONValue
            do {
                tree = try JSONParser.parse(encoded)
            } catch {
                throw .internalError("\(kind) \"\(key)\" cannot be read: its stored bytes are not valid JSON: \(error)")
            }
            // A write goes to the name that the tree says, and would be tried for ever if the object were not there.
            let name = ObjectKey(kind, tree)
            guard name == key else {
                throw .internalError("\(kind) \"\(key)\" cannot be read: its stored bytes belong to \"\(name)\"")
            }
            return tree
        }
    }

    /// Like ``tree()``; if the bytes are damaged, only the metadata that is known without them.
    public func decoded() -> JSONValue {
        if let tree = try? tree() { return tree }
        var metadata: JSONValue = [
            "name": .string(key.name), "uid": .string(uid), "resourceVersion": .string(String(resourceVersion)),
        ]
        if let namespace = key.namespace { metadata["namespace"] = .string(namespace) }
        return ["apiVersion": .string(kind.apiVersion), "kind": .string(kind.kind), "metadata": metadata]
    }
}
