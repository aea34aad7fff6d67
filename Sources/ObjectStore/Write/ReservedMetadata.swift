import JSONTree
import KubernetesAPI

/// Checks that a write leaves alone what is reserved for the host: labels, annotations and finalizers under
/// `berth.dev/`, and the provisioner of a volume. They decide which driver is told to delete what, usually with root's
/// rights, so that nobody else may add, change or remove them. Sending back what was read is not a change.
enum ReservedMetadata {
    /// - Parameters:
    ///   - old: `nil` at a create.
    ///   - new: As it would be stored.
    static func faults(_ kind: ResourceKind, old: JSONValue?, new: JSONValue) -> [StatusError.Cause] {
        let before = old?["metadata"]
        let after = new["metadata"]
        var faults: [StatusError.Cause] = []
        for field in ["labels", "annotations"] {
            let (was, becomes) = (before?[field]?.objectValue ?? [:], after?[field]?.objectValue ?? [:])
            for (key, value) in becomes where ReservedNames.contains(key) && was[key] != value {
                faults.append(fault("metadata.\(field)[\(key)]", isNew: was[key] == nil))
            }
            for (key, _) in was where ReservedNames.contains(key) && becomes[key] == nil {
                faults.append(removal("metadata.\(field)[\(key)]"))
            }
        }
        let was = before?["finalizers"]?.stringArray ?? []
        let becomes = after?["finalizers"]?.stringArray ?? []
        for finalizer in becomes where ReservedNames.contains(finalizer) && !was.contains(finalizer) {
            faults.append(fault("metadata.finalizers[\(finalizer)]", isNew: true))
        }
        for finalizer in was where ReservedNames.contains(finalizer) && !becomes.contains(finalizer) {
            faults.append(removal("metadata.finalizers[\(finalizer)]"))
        }
        if kind == .persistentVolume, let maker = changedMaker(before, after) { faults.append(maker) }
        return faults.sorted { $0.field < $1.field }
    }

    /// The provisioner of a volume that the host provisioned: its driver is told to delete the volume by id.
    private static func changedMaker(_ before: JSONValue?, _ after: JSONValue?) -> StatusError.Cause? {
        let key = WellKnownAnnotation.provisionedBy
        guard before?["annotations"]?[ReservedNames.volumeID] != nil,
            before?["annotations"]?[key] != after?["annotations"]?[key]
        else { return nil }
        return .forbidden(
            "only the provisioner that made the volume can delete it; do not change the annotation",
            field: "metadata.annotations[\(key)]")
    }

    private static func fault(_ field: String, isNew: Bool) -> StatusError.Cause {
        .forbidden(
            "\(ReservedNames.prefix) is reserved for Berth itself; "
                + (isNew ? "remove this key from the request" : "do not change it"), field: field)
    }

    private static func removal(_ field: String) -> StatusError.Cause {
        .forbidden(
            "\(ReservedNames.prefix) is reserved for Berth itself, which removes this when it is done; do not change it",
            field: field)
    }
}
