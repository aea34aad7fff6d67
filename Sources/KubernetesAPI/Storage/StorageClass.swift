public import JSONTree

/// `storage.k8s.io/v1.StorageClass`, over its JSON.
public struct StorageClass: KubernetesObject, Hashable {
    public static let resourceKind = ResourceKind.storageClass

    /// The provisioner of a class whose volumes are made by hand.
    public static let noProvisioner = "kubernetes.io/no-provisioner"

    public var json: JSONValue

    public init(_ json: JSONValue) { self.json = json }

    public var provisioner: String { json.string("provisioner") ?? "" }
    public var parameters: [String: String] { json["parameters"]?.stringDictionary ?? [:] }
    public var reclaimPolicy: ReclaimPolicy { json.string("reclaimPolicy").map(ReclaimPolicy.init) ?? .delete }
    public var mountOptions: [String] { json["mountOptions"]?.stringArray ?? [] }
    public var allowsVolumeExpansion: Bool { json["allowVolumeExpansion"]?.boolValue ?? false }
    public var volumeBindingMode: VolumeBindingMode {
        json.string("volumeBindingMode").map(VolumeBindingMode.init) ?? .immediate
    }
    /// `[v1.TopologySelectorTerm]`; empty: anywhere.
    public var allowedTopologies: [JSONValue] { json["allowedTopologies"]?.arrayValue ?? [] }

    /// Claims that name no class get this one.
    public var isDefault: Bool {
        metadata[annotation: WellKnownAnnotation.isDefaultClass] == "true"
            || metadata[annotation: WellKnownAnnotation.isDefaultClassBeta] == "true"
    }

    /// Which of the default classes counts: the newest; of those of one second the first by name.
    public static func defaultClass(among classes: some Sequence<StorageClass>) -> StorageClass? {
        classes.filter(\.isDefault).min { left, right in
            let (leftTime, rightTime) = (left.creationSeconds, right.creationSeconds)
            return leftTime == rightTime ? left.name < right.name : leftTime > rightTime
        }
    }

    private var creationSeconds: Int64 { metadata.creationTimestamp?.seconds ?? .min }
}
