import JSONTree
import KubernetesAPI

extension TableLayout {
    static let persistentVolumeClaim = TableLayout(columns: [
        .name,
        TableColumn("Status", "The claim's phase: Pending, Bound or Lost; Terminating while finalizers hold it."),
        TableColumn("Volume", "The PersistentVolume that the claim is bound to."),
        TableColumn("Capacity", "The size of that volume."),
        TableColumn("Access Modes", "The volume's access modes, abbreviated."),
        TableColumn("StorageClass", "The StorageClass that the claim asks for."),
        TableColumn("VolumeAttributesClass", "The VolumeAttributesClass that is in force."),
        .age,
        .wide("VolumeMode", "Filesystem or Block."),
    ]) { row in
        let spec = row.object["spec"]
        let status = row.object["status"]
        // A claim that is not bound has no size yet, whatever it asks for.
        let isPlaced = !(spec?["volumeName"]?.stringValue ?? "").isEmpty
        return [
            row.name,
            .string(row.isBeingDeleted ? "Terminating" : status?["phase"]?.stringValue ?? ""),
            .string(spec?["volumeName"]?.stringValue ?? ""),
            isPlaced ? status?.at("capacity", "storage") ?? "" : "",
            .string(isPlaced ? TableRow.accessModes(status?["accessModes"]) : ""),
            .string(row.className),
            .string(status?["currentVolumeAttributesClassName"]?.stringValue ?? "<unset>"),
            row.age,
            .string(spec?["volumeMode"]?.stringValue ?? "<unset>"),
        ]
    }

    static let persistentVolume = TableLayout(columns: [
        .name,
        TableColumn("Capacity", "The volume's size."),
        TableColumn("Access Modes", "The ways in which the volume can be mounted, abbreviated."),
        TableColumn("Reclaim Policy", "What becomes of the volume when its claim is gone."),
        TableColumn("Status", "The volume's phase; Terminating while finalizers hold it."),
        TableColumn("Claim", "The claim that the volume is bound to, as namespace/name."),
        TableColumn("StorageClass", "The StorageClass that the volume belongs to."),
        TableColumn("VolumeAttributesClass", "The volume's VolumeAttributesClass."),
        TableColumn("Reason", "Why the volume is in its phase, in one word."),
        .age,
        .wide("VolumeMode", "Filesystem or Block."),
    ]) { row in
        let spec = row.object["spec"]
        let status = row.object["status"]
        var claim = ""
        if let reference = spec?["claimRef"], !reference.isNull {
            claim = "\(reference["namespace"]?.stringValue ?? "")/\(reference["name"]?.stringValue ?? "")"
        }
        return [
            row.name,
            spec?.at("capacity", "storage") ?? "",
            .string(TableRow.accessModes(spec?["accessModes"])),
            .string(spec?["persistentVolumeReclaimPolicy"]?.stringValue ?? ""),
            .string(row.isBeingDeleted ? "Terminating" : status?["phase"]?.stringValue ?? ""),
            .string(claim),
            .string(row.className),
            .string(spec?["volumeAttributesClassName"]?.stringValue ?? "<unset>"),
            .string(status?["reason"]?.stringValue ?? ""),
            row.age,
            .string(spec?["volumeMode"]?.stringValue ?? "<unset>"),
        ]
    }

    static let storageClass = TableLayout(columns: [
        .name,
        TableColumn("Provisioner", "Who makes volumes of this class."),
        TableColumn("ReclaimPolicy", "What becomes of such a volume when its claim is gone."),
        TableColumn("VolumeBindingMode", "When volumes are made: at once, or for the first consumer."),
        TableColumn(
            name: "AllowVolumeExpansion", type: "boolean", description: "Whether such a volume can grow."),
        .age,
    ]) { row in
        let isDefault = [
            "storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class",
        ].contains { row.annotation($0) == "true" }
        return [
            .string((row.name.stringValue ?? "") + (isDefault ? " (default)" : "")),
            .string(row.text("provisioner") ?? ""),
            .string(row.text("reclaimPolicy") ?? "Delete"),
            .string(row.text("volumeBindingMode") ?? "Immediate"),
            .bool(row.object["allowVolumeExpansion"]?.boolValue ?? false),
            row.age,
        ]
    }

    static let volumeAttachment = TableLayout(columns: [
        .name,
        TableColumn("Attacher", "Who attaches the volume."),
        TableColumn("PV", "The PersistentVolume to attach."),
        TableColumn("Node", "The node to attach it to."),
        TableColumn(name: "Attached", type: "boolean", description: "Whether it is attached."),
        .age,
    ]) { row in
        [
            row.name,
            .string(row.text("spec", "attacher") ?? ""),
            .string(row.text("spec", "source", "persistentVolumeName") ?? ""),
            .string(row.text("spec", "nodeName") ?? ""),
            .bool(row.object.at("status", "attached")?.boolValue ?? false),
            row.age,
        ]
    }
}

extension TableRow {
    /// Of a claim or a volume; the annotation of before 1.6 wins.
    fileprivate var className: String {
        annotation("volume.beta.kubernetes.io/storage-class") ?? text("spec", "storageClassName") ?? ""
    }
}
