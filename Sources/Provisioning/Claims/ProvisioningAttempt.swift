import KubernetesAPI

/// One attempt: what it is for, and what it is made with.
struct ProvisioningAttempt: Sendable {
    var claim: PersistentVolumeClaim
    var item: WorkItem
    var intent: ProvisioningIntent
    /// An earlier attempt left the intent: a volume may exist already.
    var hadIntent: Bool
    var driver: DriverDirectory.Driver
    var basis: Attempts.Basis

    var volumeName: String { ProvisioningIntent.volumeName(claimUID: claim.uid) }
}
