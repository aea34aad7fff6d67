public import JSONTree

/// `v1.PersistentVolume`, over its JSON.
public struct PersistentVolume: KubernetesObject, Hashable {
    public static let resourceKind = ResourceKind.persistentVolume

    /// Where a volume's data lies: the member of `spec` that says so, and what stands there.
    public struct Source: Sendable, Hashable {
        /// `nfs`, `hostPath`, `csi`, …
        public var type: String
        public var value: JSONValue

        public init(type: String, value: JSONValue) {
            self.type = type
            self.value = value
        }
    }

    /// Every volume source that Kubernetes has had for a PersistentVolume, in the order of its fields.
    public static let sourceTypes = [
        "gcePersistentDisk", "awsElasticBlockStore", "hostPath", "glusterfs", "nfs", "rbd", "iscsi", "cinder",
        "cephfs", "fc", "flocker", "flexVolume", "azureFile", "vsphereVolume", "quobyte", "azureDisk",
        "photonPersistentDisk", "portworxVolume", "scaleIO", "local", "storageos", "csi",
    ]

    public var json: JSONValue

    public init(_ json: JSONValue) { self.json = json }

    // MARK: spec

    public var capacity: Quantity? {
        get { json.quantity("spec", "capacity", "storage") }
        set { json.set(newValue?.json, at: "spec", "capacity", "storage") }
    }

    public var accessModes: [AccessMode] {
        get { (json.at("spec", "accessModes")?.stringArray ?? []).map(AccessMode.init) }
        set { json.set(JSONValue(newValue.map(\.rawValue)), at: "spec", "accessModes") }
    }

    public var volumeMode: VolumeMode {
        get { json.string("spec", "volumeMode").map(VolumeMode.init) ?? .filesystem }
        set { json.set(.string(newValue.rawValue), at: "spec", "volumeMode") }
    }

    /// The claim that has it, or for which it is kept (then without a uid).
    public var claimRef: ObjectReference? {
        get { json.at("spec", "claimRef").flatMap { $0.isNull ? nil : ObjectReference($0) } }
        set { json.set(newValue?.json, at: "spec", "claimRef") }
    }

    public var reclaimPolicy: ReclaimPolicy {
        get { json.string("spec", "persistentVolumeReclaimPolicy").map(ReclaimPolicy.init) ?? .retain }
        set { json.set(.string(newValue.rawValue), at: "spec", "persistentVolumeReclaimPolicy") }
    }

    /// Empty: it belongs to no class. See ``effectiveClassName``.
    public var storageClassName: String {
        get { json.string("spec", "storageClassName") ?? "" }
        set { json.set(newValue.isEmpty ? nil : .string(newValue), at: "spec", "storageClassName") }
    }

    /// The class that counts: the beta annotation where there is one, else ``storageClassName``.
    public var effectiveClassName: String {
        metadata[annotation: WellKnownAnnotation.storageClassBeta] ?? storageClassName
    }

    public var mountOptions: [String] {
        get { json.at("spec", "mountOptions")?.stringArray ?? [] }
        set { json.set(newValue.isEmpty ? nil : JSONValue(newValue), at: "spec", "mountOptions") }
    }

    /// Which nodes reach it (`v1.VolumeNodeAffinity`).
    public var nodeAffinity: JSONValue? {
        get { json.at("spec", "nodeAffinity").flatMap { $0.isNull ? nil : $0 } }
        set { json.set(newValue, at: "spec", "nodeAffinity") }
    }

    /// Setting another type removes the one before.
    public var source: Source? {
        get {
            guard let spec = json["spec"]?.objectValue else { return nil }
            for (type, value) in spec where Self.sourceTypes.contains(type) && !value.isNull {
                return Source(type: type, value: value)
            }
            return nil
        }
        set {
            for type in Self.sourceTypes where type != newValue?.type { json.set(nil, at: "spec", type) }
            if let newValue { json.set(newValue.value, at: "spec", newValue.type) }
        }
    }

    // MARK: status

    public var phase: VolumePhase {
        get { json.string("status", "phase").map(VolumePhase.init) ?? .pending }
        set { json.set(.string(newValue.rawValue), at: "status", "phase") }
    }

    /// Why the phase is what it is, for people.
    public var message: String? {
        get { json.string("status", "message") }
        set { json.set(newValue.map(JSONValue.string), at: "status", "message") }
    }

    /// One word for why the volume failed.
    public var reason: String? {
        get { json.string("status", "reason") }
        set { json.set(newValue.map(JSONValue.string), at: "status", "reason") }
    }

    public var lastPhaseTransitionTime: Timestamp? {
        get { json.string("status", "lastPhaseTransitionTime").flatMap { Timestamp($0) } }
        set { json.set(newValue?.json, at: "status", "lastPhaseTransitionTime") }
    }
}
