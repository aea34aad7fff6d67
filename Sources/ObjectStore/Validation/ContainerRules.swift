import JSONTree
import KubernetesAPI

/// The rules for a container of a pod.
enum ContainerRules {
    static func check(
        _ container: JSONValue, _ volumes: PodVolumeRules.Volumes, _ path: FieldPath, _ faults: inout FieldFaults
    ) {
        if container.text("name").isEmpty {
            faults.required(path.child("name"))
        } else {
            faults.checkLabel(path.child("name"), container.text("name"))
        }
        if container.text("image").isEmpty { faults.required(path.child("image")) }
        PodRules.require(
            container, "terminationMessagePolicy", oneOf: ["File", "FallbackToLogsOnError"], path, &faults)
        checkPorts(container.elements("ports"), path.child("ports"), &faults)
        checkEnvironment(container.elements("env"), path.child("env"), &faults)
        checkMounts(container, volumes, path.child("volumeMounts"), &faults)
        checkDevices(container, volumes, path.child("volumeDevices"), &faults)
        PodRules.require(container, "imagePullPolicy", oneOf: ["Always", "IfNotPresent", "Never"], path, &faults)
        checkResources(container["resources"] ?? [:], path.child("resources"), &faults)
    }

    private static func checkPorts(_ ports: [JSONValue], _ path: FieldPath, _ faults: inout FieldFaults) {
        var names: Set<String> = []
        for (position, port) in ports.enumerated() {
            let path = path[position]
            let name = port.text("name")
            if !name.isEmpty, !names.insert(name).inserted { faults.duplicate(path.child("name"), .string(name)) }
            for field in ["containerPort", "hostPort"] where port.number(field) != 0 {
                if !(1...65535).contains(port.number(field)) {
                    faults.invalid(
                        path.child(field), .integer(port.number(field)), "must be between 1 and 65535, inclusive")
                }
            }
            if port.number("containerPort") == 0 { faults.required(path.child("containerPort")) }
            PodRules.require(port, "protocol", oneOf: ["SCTP", "TCP", "UDP"], path, &faults)
        }
    }

    private static func checkEnvironment(
        _ variables: [JSONValue], _ path: FieldPath, _ faults: inout FieldFaults
    ) {
        for (position, variable) in variables.enumerated() {
            let path = path[position].child("name")
            let name = variable.text("name")
            if name.isEmpty {
                faults.required(path)
            } else if !name.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "=") }) {
                faults.invalid(
                    path, .string(name),
                    "a valid environment variable name must consist only of printable ASCII characters other than '='")
            }
        }
    }

    private static func checkMounts(
        _ container: JSONValue, _ volumes: PodVolumeRules.Volumes, _ list: FieldPath, _ faults: inout FieldFaults
    ) {
        let devices = container.elements("volumeDevices")
        var paths: Set<String> = []
        for (position, mount) in container.elements("volumeMounts").enumerated() {
            let path = list[position]
            let (name, mountPath) = (mount.text("name"), mount.text("mountPath"))
            if name.isEmpty { faults.required(path.child("name")) }
            if volumes[name] == nil { faults.notFound(path.child("name"), name) }
            if mountPath.isEmpty { faults.required(path.child("mountPath")) }
            if !paths.insert(mountPath).inserted {
                faults.invalid(path.child("mountPath"), .string(mountPath), "must be unique")
            }
            if devices.contains(where: { $0.text("name") == name }) {
                faults.invalid(path.child("name"), .string(name), "must not already exist in volumeDevices")
            }
            if devices.contains(where: { $0.text("devicePath") == mountPath }) {
                faults.invalid(
                    path.child("mountPath"), .string(mountPath), "must not already exist as a path in volumeDevices")
            }
            for field in ["subPath", "subPathExpr"] where !mount.text(field).isEmpty {
                PodVolumeRules.checkRelative(mount.text(field), list.child(field), &faults)
            }
            if !mount.text("subPath").isEmpty, !mount.text("subPathExpr").isEmpty {
                faults.invalid(
                    path.child("subPathExpr"), .string(mount.text("subPathExpr")),
                    "subPathExpr and subPath are mutually exclusive")
            }
            checkPropagation(mount, of: container, list.child("mountPropagation"), &faults)
        }
    }

    private static func checkPropagation(
        _ mount: JSONValue, of container: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults
    ) {
        faults.checkSupported(
            path, mount["mountPropagation"], ["Bidirectional", "HostToContainer", "None"])
        if mount.text("mountPropagation") == "Bidirectional",
            container["securityContext"]?.flag("privileged") != true
        {
            faults.forbidden(path, "Bidirectional mount propagation is available only to privileged containers")
        }
    }

    private static func checkDevices(
        _ container: JSONValue, _ volumes: PodVolumeRules.Volumes, _ list: FieldPath, _ faults: inout FieldFaults
    ) {
        var names: Set<String> = []
        var paths: Set<String> = []
        for (position, device) in container.elements("volumeDevices").enumerated() {
            let path = list[position]
            let (name, devicePath) = (device.text("name"), device.text("devicePath"))
            if name.isEmpty { faults.required(path.child("name")) }
            if !names.insert(name).inserted { faults.invalid(path.child("name"), .string(name), "must be unique") }
            switch volumes[name] {
            case nil: faults.notFound(path.child("name"), name)
            case "persistentVolumeClaim", "ephemeral": break
            default:
                faults.invalid(
                    path.child("name"), .string(name),
                    "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode")
            }
            if devicePath.isEmpty { faults.required(path.child("devicePath")) }
            if !paths.insert(devicePath).inserted {
                faults.invalid(path.child("devicePath"), .string(devicePath), "must be unique")
            }
            if VolumeSourceRules.hasBacksteps(devicePath) {
                faults.invalid(
                    path.child("devicePath"), .string(devicePath), "can not contain backsteps ('..')")
            }
        }
    }

    private static func checkResources(_ resources: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults) {
        for list in ["limits", "requests"] {
            let amounts = resources[list] ?? [:]
            for (name, _) in amounts.objectValue ?? [:] {
                guard let amount = amounts.quantity(name) else { continue }
                let path = path.child(list)
                if amount.isNegative { faults.invalid(path[key: name], amount.json, FieldFaults.notNegative) }
                guard list == "requests", let limit = resources["limits"]?.quantity(name), amount > limit else {
                    continue
                }
                faults.invalid(
                    path, amount.json,
                    "must be less than or equal to \(name) limit of \(limit)")
            }
        }
    }
}
