import JSONTree
import KubernetesAPI

enum PersistentVolumeClaimRules {
    static let accessModes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]
    static let volumeModes = ["Block", "Filesystem"]

    static func check(_ claim: JSONValue, _ faults: inout FieldFaults) {
        checkSpec(claim["spec"] ?? [:], .spec, &faults)
    }

    /// Also for the templates of StatefulSets and of ephemeral volumes.
    static func checkSpec(_ spec: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults) {
        if spec.elements("accessModes").isEmpty {
            faults.required(path.child("accessModes"), "at least 1 access mode is required")
        }
        if let selector = spec.present("selector") {
            SelectorRules.checkLabelSelector(selector, path.child("selector"), &faults)
        }
        checkAccessModes(spec, path, &faults)

        let storage = path.child("resources")[key: "storage"]
        if let request = spec["resources"]?["requests"]?.quantity("storage") {
            if request <= .zero { faults.invalid(storage, request.json, FieldFaults.positive) }
        } else {
            faults.required(storage)
        }
        for field in ["storageClassName", "volumeAttributesClassName"] where !spec.text(field).isEmpty {
            faults.checkSubdomain(path.child(field), spec.text(field))
        }
        faults.checkSupported(path.child("volumeMode"), spec["volumeMode"], volumeModes)
        checkSources(spec, path, &faults)
    }

    static func checkAccessModes(_ spec: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults) {
        var isExclusive = false
        var isShared = false
        for mode in spec.elements("accessModes") {
            let name = mode.stringValue ?? ""
            if !accessModes.contains(name) {
                faults.notSupported(path.child("accessModes"), mode, accessModes)
            } else if name == AccessMode.readWriteOncePod.rawValue {
                isExclusive = true
            } else {
                isShared = true
            }
        }
        if isExclusive, isShared {
            faults.forbidden(path.child("accessModes"), "may not use ReadWriteOncePod with other access modes")
        }
    }

    private static func checkSources(_ spec: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults) {
        let (source, reference) = (spec.present("dataSource"), spec.present("dataSourceRef"))
        if let source { checkSource(source, path.child("dataSource"), &faults) }
        if let reference {
            checkSource(reference, path.child("dataSourceRef"), &faults)
            let namespace = reference.text("namespace")
            if !namespace.isEmpty { faults.checkLabel(path.child("dataSourceRef").child("namespace"), namespace) }
        }
        guard let source, let reference else { return }
        let named: JSONValue = .string(path.child("dataSource").description)
        if !reference.text("namespace").isEmpty {
            faults.invalid(path, named, "may not be specified when dataSourceRef.namespace is specified")
        } else if ["apiGroup", "kind", "name"].contains(where: { source.text($0) != reference.text($0) }) {
            faults.invalid(path, named, "must match dataSourceRef")
        }
    }

    private static func checkSource(_ source: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults) {
        for field in ["name", "kind"] where source.text(field).isEmpty { faults.required(path.child(field)) }
        let (group, kind) = (source.text("apiGroup"), source.text("kind"))
        if !group.isEmpty {
            faults.checkSubdomain(path.child("apiGroup"), group)
        } else if kind != ResourceKind.persistentVolumeClaim.kind {
            faults.invalid(
                path, .string(kind), "must be 'PersistentVolumeClaim' when referencing the default apiGroup")
        }
    }

    // MARK: Changes

    static func checkUpdate(old: JSONValue, new: JSONValue, _ faults: inout FieldFaults) {
        let (oldSpec, newSpec) = (old["spec"] ?? [:], new["spec"] ?? [:])
        var compared = newSpec
        // The binder, or who asks for one certain volume, sets the name once.
        if oldSpec.text("volumeName").isEmpty { compared["volumeName"] = oldSpec["volumeName"] }
        checkClass(old: old, new: new, &compared, &faults)
        let isBound = old["status"]?.text("phase") == ClaimPhase.bound.rawValue
        if isBound {
            if compared["resources"]?["requests"]?.present("storage") != nil {
                compared.set(
                    oldSpec["resources"]?["requests"]?["storage"], at: "resources", "requests", "storage")
            }
            if compared.present("volumeAttributesClassName") != nil {
                compared["volumeAttributesClassName"] = oldSpec["volumeAttributesClassName"]
            }
        }
        if !isSemanticallyEqual(oldSpec, compared) {
            faults.forbidden(
                .spec,
                "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound "
                    + "claims\n" + fieldDifference(old: oldSpec, new: compared))
        }
        checkShrinking(old: old, new: new, &faults)
        faults.checkImmutable(FieldPath("volumeMode"), old: oldSpec["volumeMode"], new: newSpec["volumeMode"])
        checkAttributesClass(old: oldSpec, new: newSpec, &faults)
    }

    /// The class may be given once, where there was none; the same one may move from the old annotation to the field.
    private static func checkClass(
        old: JSONValue, new: JSONValue, _ compared: inout JSONValue, _ faults: inout FieldFaults
    ) {
        let annotation = WellKnownAnnotation.storageClassBeta
        let oldAnnotation = old["metadata"]?["annotations"]?[annotation]?.stringValue
        let newAnnotation = new["metadata"]?["annotations"]?[annotation]?.stringValue
        let oldClass = old["spec"]?["storageClassName"]?.stringValue
        let newClass = new["spec"]?["storageClassName"]?.stringValue
        let movesToField =
            oldAnnotation != nil && oldClass == nil && newClass == oldAnnotation
            && (newAnnotation == nil || newAnnotation == oldAnnotation)
        if movesToField {
            compared["storageClassName"] = nil
            return
        }
        if (oldAnnotation ?? "") != (newAnnotation ?? "") {
            faults.invalid(
                FieldPath.metadata.child("annotations").child(annotation), .string(newAnnotation ?? ""),
                FieldFaults.immutable)
        }
        if oldClass == nil, newClass != nil, oldAnnotation == nil || newClass == oldAnnotation {
            compared["storageClassName"] = nil
        }
    }

    /// A request that could not be met may be lowered, but not to what the volume has already.
    private static func checkShrinking(old: JSONValue, new: JSONValue, _ faults: inout FieldFaults) {
        let oldSize = old["spec"]?["resources"]?["requests"]?.quantity("storage") ?? .zero
        let newSize = new["spec"]?["resources"]?["requests"]?.quantity("storage") ?? .zero
        let actualSize = old["status"]?["capacity"]?.quantity("storage") ?? .zero
        if newSize < oldSize, newSize <= actualSize {
            faults.forbidden(
                FieldPath.spec.child("resources").child("requests").child("storage"),
                "field can not be less than status.capacity")
        }
    }

    private static func checkAttributesClass(old: JSONValue, new: JSONValue, _ faults: inout FieldFaults) {
        let field = "volumeAttributesClassName"
        guard old.present(field) != nil else { return }
        if new.present(field) == nil {
            faults.forbidden(FieldPath.spec.child(field), "update from non-nil value to nil is forbidden")
        } else if new.text(field).isEmpty, !old.text(field).isEmpty {
            faults.forbidden(
                FieldPath.spec.child(field), "update from non-nil value to an empty string is forbidden")
        }
    }

    static func checkStatus(_ claim: JSONValue, _ faults: inout FieldFaults) {
        let status = claim["status"] ?? [:]
        for field in ["capacity", "allocatedResources"] {
            for (resource, _) in status.members(field) {
                guard let quantity = status[field]?.quantity(resource), quantity.isNegative else { continue }
                faults.invalid(
                    FieldPath.status.child(field)[key: resource], .integer(quantity.bytes),
                    "must be a valid resource quantity")
            }
        }
    }
}
