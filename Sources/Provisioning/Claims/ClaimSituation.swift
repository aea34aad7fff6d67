import KubernetesAPI

/// Everything that the next step of a claim's life depends on.
struct ClaimSituation: Sendable {
    /// Who uses the claim first, for a class that waits for that.
    enum Consumer: Sendable, Hashable {
        case none
        /// A Pod, by name, that no node was chosen for.
        case unscheduled(String)
        case node(ClaimRequirements.Node)
    }

    var claim: PersistentVolumeClaim
    /// The volume that `spec.volumeName` names.
    var namedVolume: PersistentVolume?
    /// The recorded intent for the claim's volume.
    var record: StoredIntent?
    /// The volume that the host provisioned for the claim: it has the name that
    /// ``ProvisioningIntent/volumeName(claimUID:)`` gives, the claim in its `claimRef`, and the host's mark.
    var provisionedVolume: PersistentVolume?
    /// Another volume whose `claimRef` is this claim, with its uid, or else with none.
    var reservedVolume: PersistentVolume?
    /// Another claim that holds one of these volumes, and is neither Lost nor gone.
    var otherHolders: [String: ObjectKey] = [:]
    /// A Pod that has not ended names the claim.
    var isInUse = false
    /// The class that the claim names.
    var storageClass: StorageClass?
    /// For a claim that names no class.
    var defaultClass: StorageClass?
    var consumer = Consumer.none
}
