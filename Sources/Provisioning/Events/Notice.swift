import KubernetesAPI

/// What an event says, before it is about an object. Reasons and texts are Kubernetes' own where it has some
/// (pkg/controller/volume/events/event.go, sig-storage-lib-external-provisioner).
struct Notice: Sendable, Hashable {
    var severity: Event.Severity
    var reason: String
    var message: String
    /// What makes two notices the same one, seen again; the message without what changes each time.
    var sameness: String

    init(_ severity: Event.Severity, _ reason: String, _ message: String, sameness: String? = nil) {
        self.severity = severity
        self.reason = reason
        self.message = message
        self.sameness = sameness ?? message
    }
}

extension Notice {
    static let waitForFirstConsumer = Notice(
        .normal, "WaitForFirstConsumer", "waiting for first consumer to be created before binding")

    static func waitForPodScheduled(_ pod: String) -> Notice {
        Notice(.normal, "WaitForPodScheduled", "waiting for pod \(pod) to be scheduled")
    }

    /// - Parameter misfits: Why the volumes that there are do not do.
    static func noVolumeAndNoClass(misfits: String?) -> Notice {
        Notice(
            .normal, "FailedBinding",
            "no persistent volumes available for this claim and no storage class is set"
                + (misfits.map { ". What there is does not fit: \($0)" } ?? ""))
    }

    static func noVolumeOfStaticClass(_ className: String, misfits: String?) -> Notice {
        Notice(
            .normal, "FailedBinding",
            "no persistent volumes available for this claim, and class \"\(className)\" makes none "
                + "(\(StorageClass.noProvisioner)): create a PersistentVolume of this class"
                + (misfits.map { ". What there is does not fit: \($0)" } ?? ""))
    }

    static func namedVolumeMissing(_ name: String) -> Notice {
        Notice(
            .warning, "FailedBinding",
            "volume \"\(name)\", for which this claim asks in spec.volumeName, does not exist")
    }

    static func namedVolumeTaken(_ name: String, by owner: ObjectKey) -> Notice {
        Notice(.warning, "FailedBinding", "volume \"\(name)\" already bound to a different claim (\(owner)).")
    }

    static func volumeHeld(_ name: String, by holder: ObjectKey) -> Notice {
        Notice(
            .warning, "FailedBinding",
            "volume \"\(name)\" is still bound to claim \(holder); it becomes available once that claim is Lost or deleted"
        )
    }

    static func volumeMismatch(_ name: String, _ mismatch: ClaimRequirements.Mismatch) -> Notice {
        Notice(.warning, "VolumeMismatch", "Cannot bind to requested volume \"\(name)\": \(mismatch)")
    }

    static func classMissing(_ name: String) -> Notice {
        Notice(.warning, "ProvisioningFailed", "\(StatusError.notFound(.storageClass, name).message)")
    }

    static func unusableSelector(_ error: any Error) -> Notice {
        Notice(.warning, "FailedBinding", "spec.selector cannot be used: \(error)")
    }

    static let claimLostItsVolumeName = Notice(
        .warning, "ClaimLost", "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!")
    static let claimLostItsVolume = Notice(
        .warning, "ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!")
    static let claimMisbound = Notice(
        .warning, "ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly")
}
