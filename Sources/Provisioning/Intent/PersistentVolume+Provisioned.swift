import DriverProtocol
import JSONTree
import KubernetesAPI

extension PersistentVolume {
    /// The object that tells of a volume that a driver made: claimed already, and with everything that its deletion
    /// will need, whatever becomes of class and claim.
    init(
        _ volume: ProvisionedVolume, capacityBytes: Int64, for claim: PersistentVolumeClaim,
        _ intent: ProvisioningIntent
    ) {
        self.init(name: ProvisioningIntent.volumeName(claimUID: claim.uid))
        var metadata = self.metadata
        metadata.labels = volume.labels
        metadata[annotation: WellKnownAnnotation.provisionedBy] = intent.provisioner
        metadata[annotation: BerthAnnotation.volumeID] = volume.id
        if !volume.context.isEmpty {
            metadata[annotation: BerthAnnotation.volumeContext] = Self.text(volume.context)
        }
        if !intent.parameters.isEmpty {
            metadata[annotation: BerthAnnotation.classParameters] = Self.text(intent.parameters)
        }
        if let secret = intent.secret {
            metadata[annotation: WellKnownAnnotation.deletionSecretName] = secret.name
            metadata[annotation: WellKnownAnnotation.deletionSecretNamespace] = secret.namespace
        }
        metadata.addFinalizer(WellKnownFinalizer.volumeProtection)
        if intent.reclaimPolicy == .delete { metadata.addFinalizer(WellKnownFinalizer.externalProvisioner) }
        self.metadata = metadata

        capacity = Quantity(bytes: capacityBytes)
        accessModes = intent.accessModes.map(AccessMode.init)
        volumeMode = VolumeMode(rawValue: intent.volumeMode)
        reclaimPolicy = intent.reclaimPolicy
        storageClassName = intent.className
        mountOptions = intent.mountOptions
        claimRef = claim.reference
        nodeAffinity = NodeAffinity.json(topology: volume.topology)
        if let member = volume.volumeSource?.objectValue?.first {
            source = Source(type: member.key, value: member.value)
            // A type that Kubernetes never had is left in place, for the API to refuse it by name.
            if source == nil { json.set(member.value, at: "spec", member.key) }
        }
    }

    /// The driver's own name for it, when a driver made it.
    var volumeID: String? { metadata[annotation: BerthAnnotation.volumeID] }
    /// Whether the host provisioned it: the driver's id is in an annotation that only the host can write
    /// (`ReservedNames`). No driver is asked to delete any other volume, whatever its author wrote on it.
    var isHostMade: Bool { volumeID != nil }
    /// Whose driver made it; `nil` for a volume that the host did not have made.
    var provisioner: String? { isHostMade ? metadata[annotation: WellKnownAnnotation.provisionedBy] : nil }
    var volumeContext: [String: String] { strings(BerthAnnotation.volumeContext) }
    var classParameters: [String: String] { strings(BerthAnnotation.classParameters) }

    /// Whether its driver wants it looked after (``WellKnownContext/check``).
    var isChecked: Bool {
        // Most contexts say nothing of it, and need not be read.
        metadata[annotation: BerthAnnotation.volumeContext]?.contains(WellKnownContext.check) == true
            && volumeContext[WellKnownContext.check] == WellKnownContext.stats
    }

    var deletionSecret: SecretReference? {
        guard let name = metadata[annotation: WellKnownAnnotation.deletionSecretName],
            let namespace = metadata[annotation: WellKnownAnnotation.deletionSecretNamespace]
        else { return nil }
        return SecretReference(namespace: namespace, name: name)
    }

    /// What the driver is told about it on every call after the first.
    var volumeRequest: VolumeRequest {
        VolumeRequest(
            name: name, id: volumeID, capacityBytes: capacity?.bytes, accessModes: accessModes.map(\.rawValue),
            volumeMode: volumeMode.rawValue, fsType: classParameters[ClassParameters.reservedPrefix + "fstype"],
            mountOptions: mountOptions, context: volumeContext)
    }

    private func strings(_ annotation: String) -> [String: String] {
        guard let text = metadata[annotation: annotation], let json = try? JSONParser.parse(text.utf8) else {
            return [:]
        }
        return json.stringDictionary ?? [:]
    }

    private static func text(_ strings: [String: String]) -> String {
        String(decoding: JSONValue(strings).encoded, as: UTF8.self)
    }
}
