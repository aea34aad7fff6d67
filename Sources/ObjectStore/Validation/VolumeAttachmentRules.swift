import JSONTree
import KubernetesAPI

enum VolumeAttachmentRules {
    static let metadataSizeLimit = 256 << 10
    static let errorMessageLimit = 1024

    static func check(_ attachment: JSONValue, _ faults: inout FieldFaults) {
        let spec = attachment["spec"] ?? [:]
        VolumeSourceRules.checkCSIDriverName(
            spec.text("attacher"), FieldPath.spec.child("attacher"), &faults)
        checkSource(spec["source"] ?? [:], FieldPath.spec.child("source"), &faults)
        faults.checkSubdomain(FieldPath.spec.child("nodeName"), spec.text("nodeName"))
        checkStatus(attachment, &faults)
    }

    private static func checkSource(_ source: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults) {
        let rule = "must specify exactly one of inlineVolumeSpec and persistentVolumeName"
        switch (source.present("inlineVolumeSpec"), source.present("persistentVolumeName")) {
        case (nil, nil): faults.required(path, rule)
        case (.some, .some): faults.forbidden(path, rule)
        case (nil, .some):
            let name = source.text("persistentVolumeName")
            if name.isEmpty {
                faults.required(path.child("persistentVolumeName"), "must specify non empty persistentVolumeName")
            } else {
                faults.checkSubdomain(path.child("persistentVolumeName"), name)
            }
        case (let spec?, nil):
            PersistentVolumeRules.checkSpec(
                spec, name: "", path.child("inlineVolumeSpec"), isInline: true, &faults)
        }
    }

    static func checkUpdate(old: JSONValue, new: JSONValue, _ faults: inout FieldFaults) {
        faults.checkImmutable(.spec, old: old["spec"], new: new["spec"])
    }

    static func checkStatus(_ attachment: JSONValue, _ faults: inout FieldFaults) {
        guard let status = attachment.present("status") else { return }
        let size = status.members("attachmentMetadata").reduce(0) {
            $0 + $1.key.utf8.count + ($1.value.stringValue?.utf8.count ?? 0)
        }
        if size > metadataSizeLimit {
            faults.tooLong(FieldPath.status.child("attachmentMetadata"), limit: metadataSizeLimit)
        }
        for field in ["attachError", "detachError"] {
            guard let error = status.present(field), error.text("message").utf8.count > errorMessageLimit else {
                continue
            }
            faults.tooLong(FieldPath.status.child(field).child("message"), limit: errorMessageLimit)
        }
    }
}
