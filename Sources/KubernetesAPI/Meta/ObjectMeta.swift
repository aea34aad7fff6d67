public import JSONTree

/// `metav1.ObjectMeta`, over its JSON.
public struct ObjectMeta: Sendable, Hashable {
    public var json: JSONValue

    public init(_ json: JSONValue) { self.json = json }

    public var name: String {
        get { json["name"]?.stringValue ?? "" }
        set { json["name"] = .string(newValue) }
    }
    public var generateName: String? {
        get { json["generateName"]?.stringValue }
        set { json["generateName"] = newValue.map(JSONValue.string) }
    }
    public var namespace: String? {
        get { json["namespace"]?.stringValue }
        set { json["namespace"] = newValue.map(JSONValue.string) }
    }
    public var uid: String {
        get { json["uid"]?.stringValue ?? "" }
        set { json["uid"] = .string(newValue) }
    }
    /// `nil` before the object was stored, or to update whatever version there is.
    public var resourceVersion: String? {
        get { json["resourceVersion"]?.stringValue }
        set { json["resourceVersion"] = newValue.map(JSONValue.string) }
    }
    public var generation: Int64? {
        get { json["generation"]?.integerValue }
        set { json["generation"] = newValue.map(JSONValue.integer) }
    }
    public var creationTimestamp: Timestamp? {
        get { (json["creationTimestamp"]?.stringValue).flatMap { Timestamp($0) } }
        set { json["creationTimestamp"] = newValue?.json }
    }
    /// Set once deletion was asked for: the object waits for its finalizers.
    public var deletionTimestamp: Timestamp? {
        get { (json["deletionTimestamp"]?.stringValue).flatMap { Timestamp($0) } }
        set { json["deletionTimestamp"] = newValue?.json }
    }
    public var labels: [String: String] {
        get { json["labels"]?.stringDictionary ?? [:] }
        set { json["labels"] = newValue.isEmpty ? nil : JSONValue(newValue) }
    }
    public var annotations: [String: String] {
        get { json["annotations"]?.stringDictionary ?? [:] }
        set { json["annotations"] = newValue.isEmpty ? nil : JSONValue(newValue) }
    }
    public var finalizers: [String] {
        get { json["finalizers"]?.stringArray ?? [] }
        set { json["finalizers"] = newValue.isEmpty ? nil : JSONValue(newValue) }
    }
    public var ownerReferences: [OwnerReference] {
        get { json["ownerReferences"]?.arrayValue?.map(OwnerReference.init) ?? [] }
        set { json["ownerReferences"] = newValue.isEmpty ? nil : .array(newValue.map(\.json)) }
    }

    /// One annotation, without building the dictionary of all.
    public subscript(annotation key: String) -> String? {
        get { json["annotations"]?[key]?.stringValue }
        set { setMember(of: "annotations", key, newValue) }
    }

    /// One label, without building the dictionary of all.
    public subscript(label key: String) -> String? {
        get { json["labels"]?[key]?.stringValue }
        set { setMember(of: "labels", key, newValue) }
    }

    public func hasFinalizer(_ finalizer: String) -> Bool {
        json["finalizers"]?.arrayValue?.contains(.string(finalizer)) ?? false
    }

    /// - Returns: Whether it was not there before.
    @discardableResult
    public mutating func addFinalizer(_ finalizer: String) -> Bool {
        guard !hasFinalizer(finalizer) else { return false }
        finalizers.append(finalizer)
        return true
    }

    /// - Returns: Whether it was there before.
    @discardableResult
    public mutating func removeFinalizer(_ finalizer: String) -> Bool {
        guard hasFinalizer(finalizer) else { return false }
        finalizers.removeAll { $0 == finalizer }
        return true
    }

    private mutating func setMember(of map: String, _ key: String, _ value: String?) {
        json.set(value.map(JSONValue.string), at: map, key)
        if json[map]?.objectValue?.isEmpty == true { json[map] = nil }
    }
}

/// `metav1.OwnerReference`: when the owner goes, the object goes.
public struct OwnerReference: Sendable, Hashable {
    public var json: JSONValue

    public init(_ json: JSONValue) { self.json = json }

    public init(apiVersion: String, kind: String, name: String, uid: String, isController: Bool = false) {
        json = [
            "apiVersion": .string(apiVersion), "kind": .string(kind), "name": .string(name), "uid": .string(uid),
        ]
        if isController { json["controller"] = true }
    }

    public var apiVersion: String { json["apiVersion"]?.stringValue ?? "" }
    public var kind: String { json["kind"]?.stringValue ?? "" }
    public var name: String { json["name"]?.stringValue ?? "" }
    public var uid: String { json["uid"]?.stringValue ?? "" }
    public var isController: Bool { json["controller"]?.boolValue ?? false }
}
