import JSONTree
import KubernetesAPI

/// A complete object, encoded, save its resourceVersion: the commit loop gives that, and only splices it in.
struct UnstampedObject: Sendable {
    let kind: ResourceKind
    let key: ObjectKey
    let uid: String
    let labels: [String: String]
    let isBeingDeleted: Bool
    private let bytes: [UInt8]
    /// Where the digits go.
    private let gap: Int

    init(_ kind: ResourceKind, _ object: JSONValue) {
        let metadata = object["metadata"]
        self.kind = kind
        key = ObjectKey(kind, object)
        uid = metadata?["uid"]?.stringValue ?? ""
        labels = metadata?["labels"]?.stringDictionary ?? [:]
        isBeingDeleted = metadata?["deletionTimestamp"]?.stringValue != nil
        var writer = JSONWriter(capacity: 2048)
        var gap = 0
        writer.write(raw: "{\"metadata\":{")
        for (key, value) in metadata?.objectValue ?? [:] where key != "resourceVersion" {
            writer.write(key)
            writer.write(raw: ":")
            writer.write(value)
            writer.write(raw: ",")
        }
        writer.write(raw: "\"resourceVersion\":\"")
        gap = writer.bytes.count
        writer.write(raw: "\"}")
        for (key, value) in object.objectValue ?? [:] where key != "metadata" {
            writer.write(raw: ",")
            writer.write(key)
            writer.write(raw: ":")
            writer.write(value)
        }
        writer.write(raw: "}")
        bytes = writer.bytes
        self.gap = gap
    }

    /// Of the object as it will be stored, save the digits of its version.
    var byteCount: Int { bytes.count }

    func stamped(_ version: UInt64) -> StoredObject {
        var digits = String(version)
        let encoded = digits.withUTF8 { digits in
            // Exactly as long as needed: this is what stays in memory.
            [UInt8](unsafeUninitializedCapacity: bytes.count + digits.count) { buffer, count in
                bytes.withUnsafeBufferPointer { bytes in
                    _ = buffer[..<gap].initialize(fromContentsOf: bytes[..<gap])
                    _ = buffer[gap..<gap + digits.count].initialize(fromContentsOf: digits)
                    _ = buffer[(gap + digits.count)...].prefix(bytes.count - gap)
                        .initialize(fromContentsOf: bytes[gap...])
                }
                count = bytes.count + digits.count
            }
        }
        return StoredObject(
            kind: kind, key: key, uid: uid, resourceVersion: version, labels: labels, isBeingDeleted: isBeingDeleted,
            encoded: encoded)
    }
}

extension StoredObject {
    /// The same state under another version, for example that of its removal.
    func restamped(_ version: UInt64) -> StoredObject { UnstampedObject(kind, decoded()).stamped(version) }
}
