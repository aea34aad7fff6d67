public import JSONTree

/// `core/v1.ObjectReference`: a volume's `claimRef`, an event's `involvedObject`.
public struct ObjectReference: Sendable, Hashable {
    public var json: JSONValue

    public init(_ json: JSONValue) { self.json = json }

    public init(
        kind: String, apiVersion: String, namespace: String?, name: String, uid: String? = nil,
        resourceVersion: String? = nil
    ) {
        json = ["kind": .string(kind)]
        self.namespace = namespace
        json["name"] = .string(name)
        self.uid = uid
        json["apiVersion"] = .string(apiVersion)
        self.resourceVersion = resourceVersion
    }

    public var kind: String {
        get { json["kind"]?.stringValue ?? "" }
        set { json["kind"] = .string(newValue) }
    }
    public var apiVersion: String {
        get { json["apiVersion"]?.stringValue ?? "" }
        set { json["apiVersion"] = .string(newValue) }
    }
    public var namespace: String? {
        get { json["namespace"]?.stringValue }
        set { json["namespace"] = newValue.map(JSONValue.string) }
    }
    public var name: String {
        get { json["name"]?.stringValue ?? "" }
        set { json["name"] = .string(newValue) }
    }
    /// `nil`: any object of that name, as in a `claimRef` that an administrator wrote.
    public var uid: String? {
        get { (json["uid"]?.stringValue).flatMap { $0.isEmpty ? nil : $0 } }
        set { json["uid"] = newValue.map(JSONValue.string) }
    }
    public var resourceVersion: String? {
        get { json["resourceVersion"]?.stringValue }
        set { json["resourceVersion"] = newValue.map(JSONValue.string) }
    }

    public var key: ObjectKey { ObjectKey(namespace: namespace, name: name) }
}

/// `core/v1.TypedLocalObjectReference` and `TypedObjectReference`: what a claim's content comes from.
public struct TypedObjectReference: Sendable, Hashable {
    public var json: JSONValue

    public init(_ json: JSONValue) { self.json = json }

    /// `""` for the core group.
    public var apiGroup: String { json["apiGroup"]?.stringValue ?? "" }
    public var kind: String { json["kind"]?.stringValue ?? "" }
    public var name: String { json["name"]?.stringValue ?? "" }
    /// `nil`: the claim's own.
    public var namespace: String? { json["namespace"]?.stringValue }
}
