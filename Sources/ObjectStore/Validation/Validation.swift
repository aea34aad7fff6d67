import JSONTree
import KubernetesAPI

/// Kubernetes' validation rules for the kinds that the store holds: the same field paths, reasons and wording.
///
/// Objects come with their defaults filled in (``Defaults``) and their quantities well formed.
enum Validation {
    /// What is wrong with an object that is about to be created; nothing, when it is right.
    static func validateCreate(_ kind: ResourceKind, _ object: JSONValue) -> [StatusError.Cause] {
        var faults = FieldFaults()
        MetadataRules.checkCreate(object["metadata"] ?? [:], kind, &faults)
        checkContent(kind, object, &faults)
        return faults.causes
    }

    /// What is wrong with `new` as the next state of `old`.
    ///
    /// - Parameter subresource: `status` when nothing else is written: then only the status is looked at.
    static func validateUpdate(
        _ kind: ResourceKind, old: JSONValue, new: JSONValue, subresource: String?
    ) -> [StatusError.Cause] {
        var faults = FieldFaults()
        MetadataRules.checkUpdate(old: old["metadata"] ?? [:], new: new["metadata"] ?? [:], &faults)
        if subresource == "status" {
            checkStatus(kind, new, &faults)
            return faults.causes
        }
        // The name cannot have changed, and what was valid once in the rest of the metadata was checked above.
        checkContent(kind, new, &faults)
        checkTransition(kind, old: old, new: new, &faults)
        return faults.causes
    }

    private static func checkContent(_ kind: ResourceKind, _ object: JSONValue, _ faults: inout FieldFaults) {
        switch kind {
        case .persistentVolumeClaim: PersistentVolumeClaimRules.check(object, &faults)
        case .persistentVolume: PersistentVolumeRules.check(object, &faults)
        case .storageClass: StorageClassRules.check(object, &faults)
        case .volumeAttachment: VolumeAttachmentRules.check(object, &faults)
        case .secret: SecretRules.check(object, &faults)
        case .configMap: ConfigMapRules.check(object, &faults)
        case .pod: PodRules.check(object, &faults)
        case .statefulSet: StatefulSetRules.check(object, &faults)
        case .node: NodeRules.check(object, &faults)
        case .event: EventRules.check(object, &faults)
        case .lease: LeaseRules.check(object, &faults)
        default: break
        }
    }

    private static func checkTransition(
        _ kind: ResourceKind, old: JSONValue, new: JSONValue, _ faults: inout FieldFaults
    ) {
        switch kind {
        case .persistentVolumeClaim: PersistentVolumeClaimRules.checkUpdate(old: old, new: new, &faults)
        case .persistentVolume: PersistentVolumeRules.checkUpdate(old: old, new: new, &faults)
        case .storageClass: StorageClassRules.checkUpdate(old: old, new: new, &faults)
        case .volumeAttachment: VolumeAttachmentRules.checkUpdate(old: old, new: new, &faults)
        case .secret: SecretRules.checkUpdate(old: old, new: new, &faults)
        case .configMap: ConfigMapRules.checkUpdate(old: old, new: new, &faults)
        case .pod: PodRules.checkUpdate(old: old, new: new, &faults)
        case .statefulSet: StatefulSetRules.checkUpdate(old: old, new: new, &faults)
        case .node: NodeRules.checkUpdate(old: old, new: new, &faults)
        case .event: EventRules.checkUpdate(old: old, new: new, &faults)
        default: break
        }
    }

    private static func checkStatus(_ kind: ResourceKind, _ object: JSONValue, _ faults: inout FieldFaults) {
        switch kind {
        case .persistentVolumeClaim: PersistentVolumeClaimRules.checkStatus(object, &faults)
        case .volumeAttachment: VolumeAttachmentRules.checkStatus(object, &faults)
        case .statefulSet: StatefulSetRules.checkStatus(object, &faults)
        case .node: NodeRules.checkStatus(object, &faults)
        default: break
        }
    }
}
