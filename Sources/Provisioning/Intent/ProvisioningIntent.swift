import DriverProtocol
import JSONTree
import KubernetesAPI

/// The arguments with which a claim's volume is being created. Recorded before the driver is called
/// (``RecordedIntent``), and read from the record for every further call until the outcome is known: class, secrets'
/// names and the claim may have changed meanwhile, but the call must not.
struct ProvisioningIntent: Sendable, Hashable {
    var provisioner: String
    var className: String
    /// A class that was deleted and made again is another one.
    var classUID: String
    /// The class's, whole.
    var parameters: [String: String]
    var reclaimPolicy: ReclaimPolicy
    var mountOptions: [String]
    /// In bytes.
    var requestBytes: Int64
    var limitBytes: Int64?
    var accessModes: [String]
    var volumeMode: String
    var topology: TopologyRequirement?
    var secret: SecretReference?
    var claimLabels: [String: String]
    var claimAnnotations: [String: String]

    /// The host's name for the volume, the key by which the driver knows that it is asked again.
    static func volumeName(claimUID: String) -> String { "pvc-\(claimUID)" }
}

extension ProvisioningIntent {
    /// Absent and empty members are left out: most claims have few.
    var json: JSONValue {
        var json: JSONObject = [
            "provisioner": .string(provisioner), "className": .string(className), "classUID": .string(classUID),
            "reclaimPolicy": .string(reclaimPolicy.rawValue), "requestBytes": .integer(requestBytes),
            "accessModes": JSONValue(accessModes), "volumeMode": .string(volumeMode),
        ]
        if !parameters.isEmpty { json["parameters"] = JSONValue(parameters) }
        if !mountOptions.isEmpty { json["mountOptions"] = JSONValue(mountOptions) }
        if let limitBytes { json["limitBytes"] = .integer(limitBytes) }
        if let topology { json["topology"] = topology.json }
        if let secret { json["secret"] = ["namespace": .string(secret.namespace), "name": .string(secret.name)] }
        if !claimLabels.isEmpty { json["claimLabels"] = JSONValue(claimLabels) }
        if !claimAnnotations.isEmpty { json["claimAnnotations"] = JSONValue(claimAnnotations) }
        return .object(json)
    }

    /// `nil` for what this type did not write.
    init?(json: JSONValue) {
        guard let provisioner = json["provisioner"]?.stringValue, let className = json["className"]?.stringValue,
            let classUID = json["classUID"]?.stringValue, let requestBytes = json["requestBytes"]?.integerValue
        else { return nil }
        self.provisioner = provisioner
        self.className = className
        self.classUID = classUID
        self.requestBytes = requestBytes
        parameters = json["parameters"]?.stringDictionary ?? [:]
        reclaimPolicy = ReclaimPolicy(rawValue: json["reclaimPolicy"]?.stringValue ?? "Delete")
        mountOptions = json["mountOptions"]?.stringArray ?? []
        limitBytes = json["limitBytes"]?.integerValue
        accessModes = json["accessModes"]?.stringArray ?? []
        volumeMode = json["volumeMode"]?.stringValue ?? "Filesystem"
        topology = json["topology"].flatMap { try? TopologyRequirement(json: $0) }
        if let secret = json["secret"], let namespace = secret["namespace"]?.stringValue,
            let name = secret["name"]?.stringValue
        {
            self.secret = SecretReference(namespace: namespace, name: name)
        }
        claimLabels = json["claimLabels"]?.stringDictionary ?? [:]
        claimAnnotations = json["claimAnnotations"]?.stringDictionary ?? [:]
    }
}

extension PersistentVolumeClaim {
    /// Holds the claim until the outcome is known, and says who provisions it.
    mutating func holdForProvisioning(by provisioner: String) {
        var metadata = self.metadata
        // An object that is being deleted takes no new finalizer; the record alone then keeps track of the volume.
        if !isBeingDeleted { metadata.addFinalizer(BerthFinalizer.provisioning) }
        metadata[annotation: BerthAnnotation.formerIntent] = nil
        metadata[annotation: WellKnownAnnotation.storageProvisioner] = provisioner
        metadata[annotation: WellKnownAnnotation.storageProvisionerBeta] = provisioner
        self.metadata = metadata
    }
}
