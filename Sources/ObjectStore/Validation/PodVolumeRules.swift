import JSONTree
import KubernetesAPI

/// The rules for the volumes of a pod.
enum PodVolumeRules {
    /// The volumes that are right, by name, and the type of each one's source.
    typealias Volumes = [String: String]

    private static let sourceTypes = [
        "emptyDir", "hostPath", "gitRepo", "gcePersistentDisk", "awsElasticBlockStore", "secret", "nfs", "iscsi",
        "glusterfs", "flocker", "persistentVolumeClaim", "rbd", "cinder", "cephfs", "quobyte", "downwardAPI", "fc",
        "flexVolume", "configMap", "azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume", "azureDisk",
        "storageos", "projected", "scaleIO", "csi", "ephemeral", "image",
    ]

    static func check(
        _ volumes: [JSONValue], podName: String, _ path: FieldPath, _ faults: inout FieldFaults
    ) -> Volumes {
        var right: Volumes = [:]
        let created = Set(
            volumes.filter { $0.present("ephemeral") != nil }.map { "\(podName)-\($0.text("name"))" })
        for (position, volume) in volumes.enumerated() {
            let path = path[position]
            let before = faults.count
            let name = volume.text("name")
            let type = checkSource(volume, podName: podName, path, &faults)
            if name.isEmpty {
                faults.required(path.child("name"))
            } else {
                faults.checkLabel(path.child("name"), name)
            }
            if right[name] != nil { faults.duplicate(path.child("name"), .string(name)) }
            if faults.count == before { right[name] = type }
            let claim = volume["persistentVolumeClaim"]?.text("claimName") ?? ""
            if !podName.isEmpty, created.contains(claim) {
                faults.invalid(
                    path.child("persistentVolumeClaim").child("claimName"), .string(claim),
                    "must not reference a PVC that gets created for an ephemeral volume")
            }
        }
        return right
    }

    private static func checkSource(
        _ volume: JSONValue, podName: String, _ path: FieldPath, _ faults: inout FieldFaults
    ) -> String {
        var found: String?
        for type in sourceTypes {
            guard let source = volume.present(type) else { continue }
            if found != nil {
                faults.forbidden(path.child(type), "may not specify more than 1 volume type")
                continue
            }
            found = type
            let name = volume.text("name")
            VolumeSourceRules.check(type, source, in: .pod(volume: name), path, &faults)
            checkPodSource(type, source, path, &faults)
            if type == "ephemeral", !podName.isEmpty, !name.isEmpty {
                let claim = "\(podName)-\(name)"
                for message in NameRules.dns1123Subdomain(claim) {
                    faults.invalid(path.child("name"), .string(name), "PVC name \"\(claim)\": \(message)")
                }
            }
        }
        if found == nil { faults.required(path, "must specify a volume type") }
        return found ?? ""
    }

    /// The sources that only a pod can have.
    private static func checkPodSource(
        _ type: String, _ source: JSONValue, _ parent: FieldPath, _ faults: inout FieldFaults
    ) {
        let path = parent.child(type)
        switch type {
        case "emptyDir":
            if source.quantity("sizeLimit")?.isNegative == true {
                faults.forbidden(path.child("sizeLimit"), "SizeLimit field must be a valid resource quantity")
            }
        case "secret", "configMap":
            checkMode(source, "defaultMode", path, &faults)
            checkItems(source.elements("items"), path.child("items"), &faults)
        case "projected":
            checkMode(source, "defaultMode", path, &faults)
            for (position, projection) in source.elements("sources").enumerated() {
                let path = path.child("sources")[position]
                for type in ["secret", "configMap"] {
                    guard let source = projection.present(type) else { continue }
                    if source.text("name").isEmpty { faults.required(path.child(type).child("name")) }
                    checkItems(source.elements("items"), path.child(type).child("items"), &faults)
                }
            }
        case "downwardAPI": checkMode(source, "defaultMode", path, &faults)
        case "ephemeral":
            guard let template = source.present("volumeClaimTemplate") else {
                return faults.required(path.child("volumeClaimTemplate"))
            }
            PersistentVolumeClaimRules.checkSpec(
                template["spec"] ?? [:], path.child("volumeClaimTemplate").child("spec"), &faults)
        default: break
        }
    }

    private static func checkItems(_ items: [JSONValue], _ path: FieldPath, _ faults: inout FieldFaults) {
        for (position, item) in items.enumerated() {
            let path = path[position]
            for field in ["key", "path"] where item.text(field).isEmpty { faults.required(path.child(field)) }
            checkRelative(item.text("path"), path.child("path"), &faults)
            if item.text("path").hasPrefix(".."), !item.text("path").hasPrefix("../"), item.text("path") != ".." {
                faults.invalid(path.child("path"), .string(item.text("path")), "must not start with '..'")
            }
            checkMode(item, "mode", path, &faults)
        }
    }

    private static func checkMode(
        _ object: JSONValue, _ field: String, _ path: FieldPath, _ faults: inout FieldFaults
    ) {
        guard let mode = object.present(field), !(0...0o777).contains(object.number(field)) else { return }
        faults.invalid(path.child(field), mode, "must be a number between 0 and 0777 (octal), both inclusive")
    }

    /// A path that stays below where it begins.
    static func checkRelative(_ value: String, _ path: FieldPath, _ faults: inout FieldFaults) {
        if value.utf8.first == UInt8(ascii: "/") { faults.invalid(path, .string(value), "must be a relative path") }
        VolumeSourceRules.checkNoBacksteps(value, path, &faults)
    }
}
