import DriverProtocol
import KubernetesAPI

extension Notice {
    static func provisioning(_ claim: ObjectKey) -> Notice {
        Notice(.normal, "Provisioning", "External provisioner is provisioning volume for claim \"\(claim)\"")
    }

    static func progress(_ driver: String, _ text: String) -> Notice {
        Notice(.normal, "Provisioning", "driver \(driver) is at work: \(text)", sameness: "driver \(driver) is at work")
    }

    static func provisioned(_ volume: String) -> Notice {
        Notice(.normal, "ProvisioningSucceeded", "Successfully provisioned volume \(volume)")
    }

    static func externalProvisioning(_ provisioner: String) -> Notice {
        Notice(
            .normal, "ExternalProvisioning",
            "Waiting for a volume to be created either by the external provisioner '\(provisioner)' or manually by the "
                + "system administrator. If volume creation is delayed, please verify that the provisioner is running "
                + "and correctly registered.")
    }

    static func provisioningFailed(_ failure: ProvisioningFailure, className: String, next: String?) -> Notice {
        let text = "failed to provision volume with StorageClass \"\(className)\": \(failure.message)"
        return Notice(
            .warning, "ProvisioningFailed", told(text, failure.callID, next.map { ". \($0)" } ?? ""), sameness: text)
    }

    static func provisioningRefused(_ refusal: ProvisioningRefusal, className: String) -> Notice {
        Notice(
            .warning, "ProvisioningFailed",
            "failed to provision volume with StorageClass \"\(className)\": \(refusal.message)")
    }

    static func pinnedDriverGone(_ record: RecordedIntent, asked names: [String]) -> Notice {
        Notice(
            .warning, "ProvisioningFailed",
            "driver \(record.driver.name) was asked for volume \(record.volumeName), which may exist, and is not in "
                + "drivers.json any more"
                + (names.isEmpty ? "" : " (there are \(names.joined(separator: ", ")))")
                + ": register it again under this name; see `berth orphans`")
    }

    /// The claim was held by an older Berth, or its record is damaged.
    static func intentLost(_ claim: PersistentVolumeClaim) -> Notice {
        Notice(
            .warning, "ProvisioningFailed",
            "volume \(ProvisioningIntent.volumeName(claimUID: claim.uid)) may exist: a driver was asked to create it, but "
                + "the arguments were not recorded and class \"\(claim.effectiveClassName ?? "")\" is gone. Recreate the "
                + "class as it was to continue provisioning; see `berth orphans`")
    }

    static func classDiffers(_ record: RecordedIntent, _ difference: String) -> Notice {
        Notice(
            .warning, "ClassChanged",
            "StorageClass \"\(record.arguments.className)\" has changed since driver \(record.driver.name) was asked for "
                + "volume \(record.volumeName): \(difference). Until the outcome is known, the driver is called with the "
                + "class as it was then")
    }

    static func configDiffers(_ record: RecordedIntent) -> Notice {
        Notice(
            .warning, "DriverConfigChanged",
            "the config of driver \(record.driver.name) in drivers.json has changed since the driver was asked for volume "
                + "\(record.volumeName). Until the outcome is known, the driver gets the config as it was then")
    }

    static func cleanupFailed(_ why: String, callID: String?) -> Notice {
        let text = "Error deleting volume: \(why)"
        return Notice(.warning, "ProvisioningCleanupFailed", told(text, callID), sameness: text)
    }

    static func volumeDeletionFailed(_ why: String, callID: String?) -> Notice {
        Notice(.warning, "VolumeFailedDelete", told(why, callID), sameness: why)
    }

    /// What happened, then how to see the call. Of a long text the end is left out, so that the call stands there.
    private static func told(_ text: String, _ callID: String?, _ next: String = "") -> String {
        let note = (callID.map { " (berth driver calls show \($0))" } ?? "") + next
        return Event.shortened(text, to: Event.maximumMessageLength - note.utf8.count) + note
    }
}

extension OperationProgress {
    /// `40% copying`.
    var summary: String {
        let parts = [percent.map { "\($0)%" }, phase].compactMap(\.self)
        return parts.isEmpty ? "under way" : parts.joined(separator: " ")
    }
}
