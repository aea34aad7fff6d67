import JSONTree
import KubernetesAPI

/// What Kubernetes' API tells a writer about a valid object, in the words that `kubectl` prints behind `Warning:`.
enum Warnings {
    /// Volume sources that Kubernetes gave up.
    private static let deprecatedSources = [
        ("cephfs", "deprecated in v1.28, non-functional in v1.31+"),
        ("photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
        ("scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
        ("storageos", "deprecated in v1.22, non-functional in v1.25+"),
        ("glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
        ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
    ]

    static func about(_ object: JSONValue, _ kind: ResourceKind) -> [String] {
        switch kind {
        case .persistentVolumeClaim:
            aboutAnnotations(object, [WellKnownAnnotation.storageClassBeta]) + aboutAmounts(object["spec"] ?? [:])
        case .persistentVolume: aboutVolume(object)
        case .storageClass: aboutTopologies(object)
        default: []
        }
    }

    private static func aboutVolume(_ volume: JSONValue) -> [String] {
        let spec = volume["spec"] ?? [:]
        var warnings = aboutAnnotations(
            volume, [WellKnownAnnotation.storageClassBeta, WellKnownAnnotation.mountOptionsBeta])
        if spec.text("persistentVolumeReclaimPolicy") == ReclaimPolicy.recycle.rawValue {
            warnings.append(
                "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the "
                    + "recommended approach is to use dynamic provisioning.")
        }
        let terms = spec["nodeAffinity"]?["required"]?.elements("nodeSelectorTerms") ?? []
        for (position, term) in terms.enumerated() {
            let path = FieldPath.spec.child("nodeAffinity").child("required").child("nodeSelectorTerms")[position]
            warnings += aboutKeys(term.elements("matchExpressions"), path.child("matchExpressions"))
        }
        for (type, text) in deprecatedSources where spec.present(type) != nil {
            // Kubernetes spells this one otherwise here.
            warnings.append("spec.\(type == "storageos" ? "storageOS" : type): \(text)")
        }
        return warnings
    }

    private static func aboutAnnotations(_ object: JSONValue, _ keys: [String]) -> [String] {
        guard let annotations = object["metadata"]?["annotations"] else { return [] }
        return keys.compactMap { key in
            guard annotations[key] != nil else { return nil }
            let (since, field) =
                key == WellKnownAnnotation.mountOptionsBeta ? ("v1.31", "mountOptions") : ("v1.8", "storageClassName")
            return "metadata.annotations[\(key)]: deprecated since \(since); use \"\(field)\" attribute instead"
        }
    }

    private static func aboutAmounts(_ spec: JSONValue) -> [String] {
        ["requests", "limits"].compactMap { list in
            guard let amount = spec["resources"]?[list]?.quantity("storage"), !amount.isWhole else { return nil }
            return "spec.resources.\(list)[storage]: fractional byte value \"\(amount)\" is invalid, must be an integer"
        }
    }

    private static func aboutTopologies(_ storageClass: JSONValue) -> [String] {
        storageClass.elements("allowedTopologies").enumerated().flatMap { position, term in
            aboutKeys(
                term.elements("matchLabelExpressions"),
                FieldPath("allowedTopologies")[position].child("matchLabelExpressions"))
        }
    }

    private static func aboutKeys(_ requirements: [JSONValue], _ path: FieldPath) -> [String] {
        requirements.enumerated().compactMap { position, requirement in
            let key = requirement.text("key")
            guard let replacement = DeprecatedNodeLabels.replacement(for: key) else { return nil }
            return
                "\(path[position].child("key")): \(key) is deprecated since \(replacement.since); use "
                + "\"\(replacement.label)\" instead"
        }
    }
}
