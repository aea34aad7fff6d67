import JSONTree
import KubernetesAPI

enum PersistentVolumeRules {
    private static let reclaimPolicies = ["Delete", "Recycle", "Retain"]

    /// In the order in which Kubernetes looks for them: of several, the first counts and the others are refused.
    private static let sourceTypes = [
        "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "glusterfs", "flocker", "nfs", "rbd", "quobyte",
        "cephfs", "iscsi", "cinder", "fc", "flexVolume", "azureFile", "vsphereVolume", "photonPersistentDisk",
        "portworxVolume", "azureDisk", "scaleIO", "local", "storageos", "csi",
    ]

    /// Sources whose mount options could be written as an annotation.
    private static let sourcesWithMountOptions: Set<String> = [
        "gcePersistentDisk", "awsElasticBlockStore", "glusterfs", "nfs", "rbd", "quobyte", "cephfs", "iscsi", "cinder",
        "azureFile", "vsphereVolume", "photonPersistentDisk", "azureDisk",
    ]

    static func check(_ volume: JSONValue, _ faults: inout FieldFaults) {
        let spec = volume["spec"] ?? [:]
        checkSpec(spec, name: volume["metadata"]?.text("name") ?? "", .spec, isInline: false, &faults)
        let annotation = WellKnownAnnotation.mountOptionsBeta
        if volume["metadata"]?["annotations"]?[annotation] != nil,
            !sourcesWithMountOptions.contains(where: { spec.present($0) != nil })
        {
            faults.forbidden(
                FieldPath.metadata.child("annotations").child(annotation),
                "may not specify mount options for this volume type")
        }
    }

    /// - Parameter isInline: The spec stands in a VolumeAttachment, where only the source counts.
    static func checkSpec(
        _ spec: JSONValue, name: String, _ path: FieldPath, isInline: Bool, _ faults: inout FieldFaults
    ) {
        if isInline { checkInline(spec, path, &faults) }
        if spec.elements("accessModes").isEmpty { faults.required(path.child("accessModes")) }
        PersistentVolumeClaimRules.checkAccessModes(spec, path, &faults)
        if !isInline {
            checkCapacity(spec, path.child("capacity"), &faults)
            faults.checkSupported(
                path.child("persistentVolumeReclaimPolicy"), spec["persistentVolumeReclaimPolicy"], reclaimPolicies)
            checkNodeAffinity(spec, path.child("nodeAffinity"), &faults)
        }
        checkSource(spec, name: name, path, &faults)
        if spec.text("persistentVolumeReclaimPolicy") == ReclaimPolicy.recycle.rawValue,
            let hostPath = spec.present("hostPath"), isRoot(hostPath.text("path"))
        {
            faults.forbidden(
                path.child("persistentVolumeReclaimPolicy"), "may not be 'recycle' for a hostPath mount of '/'")
        }
        guard !isInline else { return }
        if !spec.text("storageClassName").isEmpty {
            faults.checkSubdomain(path.child("storageClassName"), spec.text("storageClassName"))
        }
        faults.checkSupported(path.child("volumeMode"), spec["volumeMode"], PersistentVolumeClaimRules.volumeModes)
        checkAttributesClass(spec, path, &faults)
    }

    private static func checkInline(_ spec: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults) {
        let context = "in the context of inline volumes"
        for field in ["claimRef", "capacity", "nodeAffinity", "storageClassName"] where spec.present(field) != nil {
            faults.forbidden(path.child(field), "may not be specified \(context)")
        }
        if spec.present("csi") == nil { faults.required(path.child("csi"), "has to be specified \(context)") }
    }

    private static func checkCapacity(_ spec: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults) {
        let capacity = spec.members("capacity")
        if capacity.isEmpty { faults.required(path) }
        if capacity["storage"] == nil || capacity.count > 1 {
            faults.notSupported(path, spec["capacity"] ?? .null, ["storage"])
        }
        for (resource, _) in capacity {
            guard let quantity = spec["capacity"]?.quantity(resource) else { continue }
            if quantity.isNegative {
                faults.invalid(path[key: resource], .integer(quantity.bytes), "must be a valid resource quantity")
            }
            if quantity <= .zero { faults.invalid(path[key: resource], quantity.json, FieldFaults.positive) }
        }
    }

    private static func checkNodeAffinity(_ spec: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults) {
        guard let affinity = spec.present("nodeAffinity") else { return }
        if let required = affinity.present("required") {
            SelectorRules.checkNodeSelector(required, path.child("required"), &faults)
        } else {
            faults.required(path.child("required"), "must specify required node constraints")
        }
    }

    private static func checkSource(
        _ spec: JSONValue, name: String, _ path: FieldPath, _ faults: inout FieldFaults
    ) {
        var found: String?
        for type in sourceTypes {
            guard let source = spec.present(type) else { continue }
            if found != nil {
                faults.forbidden(path.child(type), "may not specify more than 1 volume type")
                continue
            }
            found = type
            VolumeSourceRules.check(type, source, in: .persistentVolume(name: name), path, &faults)
        }
        if found == nil { faults.required(path, "must specify a volume type") }
        if found == "local", spec.present("nodeAffinity") == nil {
            faults.required(path.child("nodeAffinity"), "Local volume requires node affinity")
        }
    }

    private static func checkAttributesClass(_ spec: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults) {
        let field = "volumeAttributesClassName"
        guard spec.present(field) != nil else { return }
        if spec.text(field).isEmpty {
            faults.required(path.child(field), "an empty string is disallowed")
        } else {
            faults.checkSubdomain(path.child(field), spec.text(field))
        }
        if spec.present("csi") == nil {
            faults.required(path.child("csi"), "has to be specified when using volumeAttributesClassName")
        }
    }

    /// Whether a path comes to `/` in the end: `//`, `/./`.
    private static func isRoot(_ path: String) -> Bool {
        path.utf8.first == UInt8(ascii: "/")
            && path.utf8.split(separator: UInt8(ascii: "/")).allSatisfy { $0.elementsEqual(".".utf8) }
    }

    // MARK: Changes

    static func checkUpdate(old: JSONValue, new: JSONValue, _ faults: inout FieldFaults) {
        let (oldSpec, newSpec) = (old["spec"] ?? [:], new["spec"] ?? [:])
        var (oldSources, newSources) = (sources(of: oldSpec), sources(of: newSpec))
        // May be given once to a volume that was made before its class named the secret.
        let secret = "controllerExpandSecretRef"
        if oldSources["csi"] != nil, oldSources["csi"]?.present(secret) == nil, newSources["csi"] != nil {
            newSources.set(nil, at: "csi", secret)
            oldSources.set(nil, at: "csi", secret)
        }
        if !isSemanticallyEqual(oldSources, newSources) {
            faults.forbidden(
                FieldPath.spec.child("persistentvolumesource"),
                "spec.persistentvolumesource is immutable after creation\n"
                    + fieldDifference(old: oldSources, new: newSources))
        }
        faults.checkImmutable(FieldPath("volumeMode"), old: oldSpec["volumeMode"], new: newSpec["volumeMode"])
        if let oldAffinity = oldSpec.present("nodeAffinity"),
            !isSemanticallyEqual(withoutBetaLabels(oldAffinity), withoutBetaLabels(newSpec["nodeAffinity"] ?? .null))
        {
            faults.invalid(
                FieldPath("nodeAffinity"), newSpec["nodeAffinity"] ?? .null,
                FieldFaults.immutable + ", except for updating from beta label to GA")
        }
        let field = "volumeAttributesClassName"
        if oldSpec.present(field) != nil, newSpec.present(field) == nil {
            faults.forbidden(FieldPath.spec.child(field), "update from non-nil value to nil is forbidden")
        }
    }

    private static func sources(of spec: JSONValue) -> JSONValue {
        var sources: JSONObject = [:]
        for type in sourceTypes { sources[type] = spec.present(type) }
        return .object(sources)
    }

    /// The affinity, each beta label in it replaced by the one that took its place.
    private static func withoutBetaLabels(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let elements): return .array(elements.map(withoutBetaLabels))
        case .object(let object):
            return .object(
                JSONObject(
                    object.map { key, value in
                        if key == "key", let label = value.stringValue {
                            return (key, .string(DeprecatedNodeLabels.replacement(for: label)?.label ?? label))
                        }
                        return (key, withoutBetaLabels(value))
                    }))
        default: return value
        }
    }
}
