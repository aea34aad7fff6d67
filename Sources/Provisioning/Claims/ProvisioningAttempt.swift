import KubernetesAPI

/// One attempt: what it is for, and what it is made with.
struct ProvisioningAttempt: Sendable {
    var claim: PersistentVolumeClaim
    var item: WorkItem
    var record: RecordedIntent
    /// The intent is already recorded. It is recorded before the driver is called, together with the claim's finalizer.
    var isRecorded: Bool
    /// An earlier attempt left its intent: a volume may exist already.
    var hadIntent: Bool
    var driver: DriverDirectory.Driver
    var basis: Attempts.Basis

    var intent: ProvisioningIntent { record.arguments }
    var volumeName: String { record.volumeName }
}
