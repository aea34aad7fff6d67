public import JSONTree

/// `v1.PersistentVolumeClaim`, over its JSON.
public struct PersistentVolumeClaim: KubernetesObject, Hashable {
    public static let resourceKind = ResourceKind.persistentVolumeClaim

    public var json: JSONValue

    public init(_ json: JSONValue) { self.json = json }

    // MARK: spec

    /// `nil`: the default class, if there is one; `""`: none, ever. See ``effectiveClassName``.
    public var storageClassName: String? {
        get { json.string("spec", "storageClassName") }
        set { json.set(newValue.map(JSONValue.string), at: "spec", "storageClassName") }
    }

    /// The class that counts: the beta annotation where there is one, else ``storageClassName``.
    public var effectiveClassName: String? {
        metadata[annotation: WellKnownAnnotation.storageClassBeta] ?? storageClassName
    }

    /// The volume that it is bound to, or asks for; empty when there is none.
    public var volumeName: String {
        get { json.string("spec", "volumeName") ?? "" }
        set { json.set(newValue.isEmpty ? nil : .string(newValue), at: "spec", "volumeName") }
    }

    public var accessModes: [AccessMode] {
        get { (json.at("spec", "accessModes")?.stringArray ?? []).map(AccessMode.init) }
        set { json.set(JSONValue(newValue.map(\.rawValue)), at: "spec", "accessModes") }
    }

    public var volumeMode: VolumeMode {
        get { json.string("spec", "volumeMode").map(VolumeMode.init) ?? .filesystem }
        set { json.set(.string(newValue.rawValue), at: "spec", "volumeMode") }
    }

    /// Which volumes may be bound to it; `nil`: any.
    ///
    /// - Throws: ``SelectorError``, for what validation should have refused.
    public func selector() throws(SelectorError) -> LabelSelector? {
        guard let selector = json.at("spec", "selector"), !selector.isNull else { return nil }
        return try LabelSelector(selector)
    }

    /// Where its content comes from; `dataSourceRef` where both are there, since it may name another namespace.
    public var dataSource: TypedObjectReference? {
        let spec = json["spec"]
        guard let source = spec?["dataSourceRef"] ?? spec?["dataSource"], !source.isNull else { return nil }
        return TypedObjectReference(source)
    }

    /// How much storage it asks for.
    public var request: Quantity? {
        get { json.quantity("spec", "resources", "requests", "storage") }
        set { json.set(newValue?.json, at: "spec", "resources", "requests", "storage") }
    }

    public var limit: Quantity? { json.quantity("spec", "resources", "limits", "storage") }

    // MARK: status

    public var phase: ClaimPhase {
        get { json.string("status", "phase").map(ClaimPhase.init) ?? .pending }
        set { json.set(.string(newValue.rawValue), at: "status", "phase") }
    }

    /// What its volume really has.
    public var capacity: Quantity? {
        get { json.quantity("status", "capacity", "storage") }
        set { json.set(newValue?.json, at: "status", "capacity", "storage") }
    }

    /// What its volume really allows.
    public var actualAccessModes: [AccessMode] {
        get { (json.at("status", "accessModes")?.stringArray ?? []).map(AccessMode.init) }
        set { json.set(newValue.isEmpty ? nil : JSONValue(newValue.map(\.rawValue)), at: "status", "accessModes") }
    }

    public var conditions: [JSONValue] {
        get { json.at("status", "conditions")?.arrayValue ?? [] }
        set { json.set(newValue.isEmpty ? nil : .array(newValue), at: "status", "conditions") }
    }
}
