public import JSONTree

/// A typed view of an object: properties that read and write its JSON in place, so that every field which this code
/// does not know survives a read-modify-write.
///
/// A property of a field that is absent, or of another type than Kubernetes gives it, reads as `nil` or empty; setting
/// `nil` or empty removes the field.
public protocol KubernetesObject: Sendable {
    static var resourceKind: ResourceKind { get }
    var json: JSONValue { get set }
    init(_ json: JSONValue)
}

extension KubernetesObject {
    /// Parses the object's stored bytes.
    public init(_ object: StoredObject) { self.init(object.decoded()) }

    /// A new object: its `apiVersion`, `kind`, name and namespace.
    public init(name: String, namespace: String? = nil) {
        let kind = Self.resourceKind
        var metadata: JSONObject = ["name": .string(name)]
        if let namespace { metadata["namespace"] = .string(namespace) }
        self.init([
            "apiVersion": .string(kind.apiVersion), "kind": .string(kind.kind), "metadata": .object(metadata),
        ])
    }

    public var metadata: ObjectMeta {
        get { ObjectMeta(json["metadata"] ?? [:]) }
        set { json["metadata"] = newValue.json }
    }

    public var name: String { json["metadata"]?["name"]?.stringValue ?? "" }
    public var namespace: String? { json["metadata"]?["namespace"]?.stringValue }
    public var uid: String { json["metadata"]?["uid"]?.stringValue ?? "" }
    public var key: ObjectKey { ObjectKey(namespace: namespace, name: name) }
    public var isBeingDeleted: Bool { json["metadata"]?["deletionTimestamp"]?.stringValue != nil }

    /// A full reference to this object, with its uid and resourceVersion.
    public var reference: ObjectReference {
        ObjectReference(
            kind: Self.resourceKind.kind, apiVersion: Self.resourceKind.apiVersion, namespace: namespace, name: name,
            uid: uid, resourceVersion: metadata.resourceVersion)
    }
}

extension JSONValue {
    func string(_ path: String...) -> String? {
        var value = self
        for key in path {
            guard let next = value[key] else { return nil }
            value = next
        }
        return value.stringValue
    }

    func quantity(_ path: String...) -> Quantity? {
        var value = self
        for key in path {
            guard let next = value[key] else { return nil }
            value = next
        }
        return value.isNull ? nil : try? Quantity(value)
    }
}
