public import JSONTree

/// Names one object of a kind.
public struct ObjectKey: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// `nil` for kinds that live in no namespace.
    public var namespace: String?
    public var name: String

    public init(namespace: String? = nil, name: String) {
        self.namespace = namespace
        self.name = name
    }

    /// Of a complete object.
    public init(_ kind: ResourceKind, _ object: JSONValue) {
        let metadata = object["metadata"]
        self.init(
            namespace: kind.isNamespaced ? metadata?["namespace"]?.stringValue : nil,
            name: metadata?["name"]?.stringValue ?? "")
    }

    public var description: String { namespace.map { "\($0)/\(name)" } ?? name }

    /// In the order in which Kubernetes lists: by namespace, then by name.
    public static func < (left: ObjectKey, right: ObjectKey) -> Bool {
        (left.namespace ?? "", left.name) < (right.namespace ?? "", right.name)
    }
}
