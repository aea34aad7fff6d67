import DriverProtocol
import JSONTree
import KubernetesAPI

/// A ``ProvisioningIntent`` as recorded from before the first call until its outcome is known: it stands for a volume
/// that may exist without an object, and has everything needed to request the volume again or delete it by name. Class,
/// claim and drivers.json may change meanwhile; the call does not.
///
/// It is kept with the host's own data (``KubernetesAPI/StoredIntent``), not on the claim: whoever may write a claim
/// could otherwise have any driver delete anything.
struct RecordedIntent: Sendable, Hashable {
    var arguments: ProvisioningIntent
    /// The driver that was asked, and its `config` in drivers.json at that time.
    var driver: DriverReference
    var claim: ObjectKey
    var claimUID: String
    var recordedAt: Timestamp

    init(
        _ arguments: ProvisioningIntent, driver: DriverReference, claim: ObjectKey, claimUID: String,
        recordedAt: Timestamp
    ) {
        self.arguments = arguments
        self.driver = driver
        self.claim = claim
        self.claimUID = claimUID
        self.recordedAt = recordedAt
    }

    var volumeName: String { ProvisioningIntent.volumeName(claimUID: claimUID) }

    /// For events, since the claim may be gone.
    var claimReference: ObjectReference {
        ObjectReference(
            kind: ResourceKind.persistentVolumeClaim.kind, apiVersion: ResourceKind.persistentVolumeClaim.apiVersion,
            namespace: claim.namespace, name: claim.name, uid: claimUID)
    }

    /// What has changed in the class since the driver was asked; `nil` when nothing has.
    func difference(from storageClass: StorageClass) -> String? {
        if storageClass.provisioner != arguments.provisioner { return "its provisioner is \(storageClass.provisioner)" }
        if storageClass.parameters != arguments.parameters { return "its parameters differ" }
        if storageClass.mountOptions != arguments.mountOptions { return "its mountOptions differ" }
        if storageClass.uid != arguments.classUID { return "it was deleted and created again" }
        return nil
    }
}

extension RecordedIntent {
    var stored: StoredIntent {
        StoredIntent(
            volume: volumeName,
            document: [
                "arguments": arguments.json, "driver": driver.json, "recordedAt": recordedAt.json,
                "claim": [
                    "namespace": .string(claim.namespace ?? ""), "name": .string(claim.name), "uid": .string(claimUID),
                ],
            ])
    }

    /// `nil` for a document that this type did not write: damaged, or written by a newer version.
    init?(_ stored: StoredIntent) {
        let document = stored.document
        guard let json = document["arguments"], let arguments = ProvisioningIntent(json: json),
            let driver = document["driver"].flatMap({ try? DriverReference(json: $0) }),
            let namespace = document.at("claim", "namespace")?.stringValue,
            let name = document.at("claim", "name")?.stringValue, let uid = document.at("claim", "uid")?.stringValue,
            let recordedAt = (document["recordedAt"]?.stringValue).flatMap({ Timestamp($0) })
        else { return nil }
        self.init(
            arguments, driver: driver, claim: ObjectKey(namespace: namespace, name: name), claimUID: uid,
            recordedAt: recordedAt)
        guard volumeName == stored.volume else { return nil }
    }
}
