import JSONTree
import KubernetesAPI

enum StatefulSetRules {
    private static let mutableFields: Set<String> = [
        "replicas", "ordinals", "template", "updateStrategy", "persistentVolumeClaimRetentionPolicy", "minReadySeconds",
    ]

    static func check(_ set: JSONValue, _ faults: inout FieldFaults) {
        let spec = set["spec"] ?? [:]
        let path = FieldPath.spec
        checkPolicies(spec, path, &faults)
        for field in ["replicas", "minReadySeconds", "revisionHistoryLimit"] {
            faults.checkNotNegative(path.child(field), spec[field])
        }
        faults.checkNotNegative(path.child("ordinals").child("start"), spec["ordinals"]?["start"])
        checkSelector(spec, path, &faults)
        checkTemplate(spec, path, &faults)
    }

    private static func checkPolicies(_ spec: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults) {
        switch spec.text("podManagementPolicy") {
        case "": faults.required(path.child("podManagementPolicy"))
        case "OrderedReady", "Parallel": break
        case let other:
            faults.invalid(
                path.child("podManagementPolicy"), .string(other), "must be 'OrderedReady' or 'Parallel'")
        }
        let strategyPath = path.child("updateStrategy")
        let strategy = spec["updateStrategy"] ?? [:]
        let rolling = strategy.present("rollingUpdate")
        switch strategy.text("type") {
        case "": faults.required(strategyPath)
        case "OnDelete":
            if let rolling {
                faults.invalid(
                    strategyPath.child("rollingUpdate"), rolling, "only allowed for updateStrategy 'RollingUpdate'")
            }
        case "RollingUpdate":
            faults.checkNotNegative(strategyPath.child("rollingUpdate").child("partition"), rolling?["partition"])
        default: faults.invalid(strategyPath, strategy, "must be 'RollingUpdate' or 'OnDelete'")
        }
        guard let retention = spec.present("persistentVolumeClaimRetentionPolicy") else { return }
        for field in ["whenDeleted", "whenScaled"] {
            faults.checkSupported(
                path.child("persistentVolumeClaimRetentionPolicy").child(field), retention[field],
                ["Delete", "Retain"])
        }
    }

    private static func checkSelector(_ spec: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults) {
        guard let selector = spec.present("selector") else {
            faults.required(path.child("selector"))
            return
        }
        SelectorRules.checkLabelSelector(selector, path.child("selector"), &faults)
        if selector.members("matchLabels").isEmpty, selector.elements("matchExpressions").isEmpty {
            faults.invalid(path.child("selector"), selector, "empty selector is invalid for statefulset")
        }
    }

    private static func checkTemplate(_ spec: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults) {
        let template = spec["template"] ?? [:]
        let path = path.child("template")
        let labels = template["metadata"]?["labels"]
        // A selector that is wrong in itself was reported above.
        if let json = spec.present("selector"), let selector = try? LabelSelector(json),
            !selector.requirements.isEmpty, !selector.matches(labels?.stringDictionary ?? [:])
        {
            faults.invalid(
                path.child("metadata").child("labels"), labels ?? .null,
                "`selector` does not match template `labels`")
        }
        if let labels { MetadataRules.checkLabels(labels, path.child("metadata").child("labels"), &faults) }
        if let annotations = template["metadata"]?["annotations"] {
            MetadataRules.checkAnnotations(annotations, path.child("metadata").child("annotations"), &faults)
        }
        var podSpec = template["spec"] ?? [:]
        let claimed = spec.elements("volumeClaimTemplates").map { $0["metadata"]?.text("name") ?? "" }
        addClaimVolumes(claimed, to: &podSpec)
        PodRules.checkSpec(podSpec, podName: "", path.child("spec"), &faults)
        if !podSpec.text("restartPolicy").isEmpty {
            faults.checkSupported(path.child("spec").child("restartPolicy"), podSpec["restartPolicy"], ["Always"])
        }
        if podSpec.present("activeDeadlineSeconds") != nil {
            faults.forbidden(
                path.child("spec").child("activeDeadlineSeconds"),
                "activeDeadlineSeconds in StatefulSet is not Supported")
        }
    }

    /// A claim's template makes a volume of its name in each pod, in place of one that the pod's template has.
    private static func addClaimVolumes(_ names: [String], to podSpec: inout JSONValue) {
        guard !names.isEmpty else { return }
        let own = podSpec.elements("volumes").filter { !names.contains($0.text("name")) }
        let claimed = names.map { name -> JSONValue in
            ["name": .string(name), "persistentVolumeClaim": ["claimName": .string(name)]]
        }
        podSpec["volumes"] = .array(own + claimed)
    }

    // MARK: Changes

    static func checkUpdate(old: JSONValue, new: JSONValue, _ faults: inout FieldFaults) {
        let (oldSpec, newSpec) = (frozenPart(of: old), frozenPart(of: new))
        if !isSemanticallyEqual(oldSpec, newSpec) {
            faults.forbidden(
                .spec,
                "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
                    + "'updateStrategy', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden")
        }
    }

    private static func frozenPart(of set: JSONValue) -> JSONValue {
        var members = set["spec"]?.objectValue ?? [:]
        members.filterInPlace { !mutableFields.contains($0.key) }
        return .object(members)
    }

    static func checkStatus(_ set: JSONValue, _ faults: inout FieldFaults) {
        let status = set["status"] ?? [:]
        let counts = ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"]
        for field in ["replicas"] + counts { faults.checkNotNegative(FieldPath.status.child(field), status[field]) }
        for field in counts where status.number(field) > status.number("replicas") {
            faults.invalid(
                FieldPath.status.child(field), .integer(status.number(field)),
                "cannot be greater than status.replicas")
        }
    }
}
