import JSONTree
import KubernetesAPI

/// The rules for pods and pod templates: what concerns storage in full, of the rest what every manifest has.
enum PodRules {
    private static let restartPolicies = ["Always", "OnFailure", "Never"]
    private static let dnsPolicies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]

    static func check(_ pod: JSONValue, _ faults: inout FieldFaults) {
        checkSpec(pod["spec"] ?? [:], podName: pod["metadata"]?.text("name") ?? "", .spec, &faults)
    }

    /// - Parameter podName: Empty for a template.
    static func checkSpec(_ spec: JSONValue, podName: String, _ path: FieldPath, _ faults: inout FieldFaults) {
        let volumes = PodVolumeRules.check(
            spec.elements("volumes"), podName: podName, path.child("volumes"), &faults)
        checkContainers(spec, volumes, path, &faults)
        require(spec, "restartPolicy", oneOf: restartPolicies, path, &faults)
        require(spec, "dnsPolicy", oneOf: dnsPolicies, path, &faults)
        for field in ["nodeName", "serviceAccountName", "priorityClassName"] where !spec.text(field).isEmpty {
            faults.checkSubdomain(path.child(field), spec.text(field))
        }
        for field in ["hostname", "subdomain"] where !spec.text(field).isEmpty {
            faults.checkLabel(path.child(field), spec.text(field))
        }
        if let selector = spec["nodeSelector"] {
            MetadataRules.checkLabels(selector, path.child("nodeSelector"), &faults)
        }
        if let deadline = spec.present("activeDeadlineSeconds"),
            !(1...Int64(Int32.max)).contains(spec.number("activeDeadlineSeconds"))
        {
            faults.invalid(
                path.child("activeDeadlineSeconds"), deadline, "must be between 1 and 2147483647, inclusive")
        }
        checkTolerations(spec.elements("tolerations"), path.child("tolerations"), &faults)
        checkNodeAffinity(spec["affinity"]?.present("nodeAffinity"), path, &faults)
    }

    private static func checkContainers(
        _ spec: JSONValue, _ volumes: PodVolumeRules.Volumes, _ path: FieldPath, _ faults: inout FieldFaults
    ) {
        let containers = spec.elements("containers")
        if containers.isEmpty { faults.required(path.child("containers")) }
        var names: Set<String> = []
        for list in ["containers", "initContainers"] {
            for (position, container) in spec.elements(list).enumerated() {
                let path = path.child(list)[position]
                ContainerRules.check(container, volumes, path, &faults)
                let name = container.text("name")
                if !names.insert(name).inserted, !name.isEmpty {
                    faults.duplicate(path.child("name"), .string(name))
                }
                guard let policy = container.present("restartPolicy") else { continue }
                if list == "containers" {
                    faults.forbidden(path.child("restartPolicy"), "may not be set for non-init containers")
                } else {
                    faults.checkSupported(path.child("restartPolicy"), policy, ["Always"])
                }
            }
        }
    }

    static func require(
        _ object: JSONValue, _ field: String, oneOf values: [String], _ path: FieldPath, _ faults: inout FieldFaults
    ) {
        if object.text(field).isEmpty {
            faults.required(path.child(field))
        } else {
            faults.checkSupported(path.child(field), object[field], values)
        }
    }

    private static func checkTolerations(
        _ tolerations: [JSONValue], _ path: FieldPath, _ faults: inout FieldFaults
    ) {
        for (position, toleration) in tolerations.enumerated() {
            let path = path[position]
            let (key, operation) = (toleration.text("key"), toleration.text("operator"))
            if !key.isEmpty { faults.checkQualifiedName(path.child("key"), key) }
            if key.isEmpty, operation != "Exists" {
                faults.invalid(
                    path.child("operator"), .string(operation),
                    "operator must be Exists when `key` is empty, which means \"match all values and all keys\"")
            }
            switch operation {
            case "", "Equal":
                let value = toleration.text("value")
                faults.invalid(path.child("operator"), value, each: NameRules.labelValue(value))
            case "Exists":
                if !toleration.text("value").isEmpty {
                    faults.invalid(
                        path.child("operator"), toleration, "value must be empty when `operator` is 'Exists'")
                }
            default: faults.notSupported(path.child("operator"), .string(operation), ["Equal", "Exists"])
            }
            if !toleration.text("effect").isEmpty {
                faults.checkSupported(
                    path.child("effect"), toleration["effect"], ["NoSchedule", "PreferNoSchedule", "NoExecute"])
            }
        }
    }

    private static func checkNodeAffinity(
        _ affinity: JSONValue?, _ path: FieldPath, _ faults: inout FieldFaults
    ) {
        let field = "requiredDuringSchedulingIgnoredDuringExecution"
        guard let required = affinity?.present(field) else { return }
        SelectorRules.checkNodeSelector(
            required, path.child("affinity").child("nodeAffinity").child(field), &faults)
    }

    // MARK: Changes

    /// Of a pod's spec only a few fields may change: everything else that may is put back before the comparison.
    static func checkUpdate(old: JSONValue, new: JSONValue, _ faults: inout FieldFaults) {
        let (oldSpec, newSpec) = (old["spec"] ?? [:], new["spec"] ?? [:])
        var compared = newSpec
        for list in ["containers", "initContainers"] {
            let (oldContainers, newContainers) = (oldSpec.elements(list), newSpec.elements(list))
            if oldContainers.count != newContainers.count {
                faults.forbidden(FieldPath.spec.child(list), "pod updates may not add or remove containers")
                return
            }
            guard !newContainers.isEmpty else { continue }
            compared[list] = .array(
                zip(oldContainers, newContainers).map { old, new in
                    var container = new
                    container["image"] = old["image"]
                    return container
                })
        }
        checkDeadline(old: oldSpec, new: newSpec, &faults)
        compared["activeDeadlineSeconds"] = oldSpec["activeDeadlineSeconds"]
        let known = oldSpec.elements("tolerations")
        let kept = newSpec.elements("tolerations")
        if !known.allSatisfy({ toleration in kept.contains { isSemanticallyEqual($0, toleration) } }) {
            faults.forbidden(
                FieldPath.spec.child("tolerations"),
                "existing toleration can not be modified except its tolerationSeconds")
        }
        compared["tolerations"] = oldSpec["tolerations"]
        if oldSpec.number("terminationGracePeriodSeconds") < 0, newSpec.number("terminationGracePeriodSeconds") == 1 {
            compared["terminationGracePeriodSeconds"] = oldSpec["terminationGracePeriodSeconds"]
        }
        // The binding of a pod to its node, which Kubernetes makes through a subresource.
        if oldSpec.text("nodeName").isEmpty { compared["nodeName"] = oldSpec["nodeName"] }
        if !isSemanticallyEqual(oldSpec, compared) {
            faults.forbidden(
                .spec,
                "pod updates may not change fields other than `spec.containers[*].image`,"
                    + "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions "
                    + "to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it "
                    + "was previously negative)\n" + fieldDifference(old: oldSpec, new: compared))
        }
    }

    private static func checkDeadline(old: JSONValue, new: JSONValue, _ faults: inout FieldFaults) {
        let path = FieldPath.spec.child("activeDeadlineSeconds")
        guard let oldDeadline = old.present("activeDeadlineSeconds") else { return }
        guard let newDeadline = new.present("activeDeadlineSeconds") else {
            return faults.invalid(path, .null, "must not update from a positive integer to nil value")
        }
        if (newDeadline.integerValue ?? 0) > (oldDeadline.integerValue ?? 0) {
            faults.invalid(path, newDeadline, "must be less than or equal to previous value")
        }
    }
}
