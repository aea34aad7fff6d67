import JSONTree
import KubernetesAPI

/// What each volume source must have, in a PersistentVolume and in a pod.
enum VolumeSourceRules {
    /// Where the source stands: a PersistentVolume names the namespaces of its secrets, a pod has them in its own.
    enum Owner {
        case persistentVolume(name: String)
        case pod(volume: String)

        var isPersistentVolume: Bool {
            if case .persistentVolume = self { true } else { false }
        }
    }

    /// Fields that must be there and not be empty.
    private static let requiredFields: [String: [String]] = [
        "gcePersistentDisk": ["pdName"], "awsElasticBlockStore": ["volumeID"], "glusterfs": ["endpoints", "path"],
        "nfs": ["server", "path"], "rbd": ["monitors", "image"], "cephfs": ["monitors"], "cinder": ["volumeID"],
        "flexVolume": ["driver"], "azureFile": ["secretName", "shareName"], "vsphereVolume": ["volumePath"],
        "photonPersistentDisk": ["pdID"], "portworxVolume": ["volumeID"], "azureDisk": ["diskName", "diskURI"],
        "scaleIO": ["gateway", "system", "volumeName"], "persistentVolumeClaim": ["claimName"],
        "secret": ["secretName"], "configMap": ["name"], "gitRepo": ["repository"],
    ]

    static func check(
        _ type: String, _ source: JSONValue, in owner: Owner, _ parent: FieldPath, _ faults: inout FieldFaults
    ) {
        // Kubernetes names this one otherwise in its errors.
        let path = parent.child(type == "gcePersistentDisk" ? "persistentDisk" : type)
        for field in requiredFields[type] ?? [] {
            if source.text(field).isEmpty, source.elements(field).isEmpty { faults.required(path.child(field)) }
        }
        switch type {
        case "hostPath": checkHostPath(source, path, &faults)
        case "local": checkLocal(source, path, &faults)
        case "nfs":
            if !source.text("path").hasPrefix("/") {
                faults.invalid(path.child("path"), .string(source.text("path")), "must be an absolute path")
            }
        case "gcePersistentDisk", "awsElasticBlockStore":
            if !(0...255).contains(source.number("partition")) {
                faults.invalid(
                    path.child("partition"), .integer(source.number("partition")),
                    "must be between 1 and 255, inclusive")
            }
        case "glusterfs": checkGlusterfs(source, path, &faults)
        case "flocker": checkFlocker(source, path, &faults)
        case "quobyte": checkQuobyte(source, path, &faults)
        case "iscsi": ISCSIRules.check(source, in: owner, path, parent: parent, &faults)
        case "cinder": checkSecretReference(source, owner, path, &faults)
        case "fc": checkFibreChannel(source, path, &faults)
        case "flexVolume": checkFlexVolume(source, path, &faults)
        case "azureFile":
            if owner.isPersistentVolume, source.present("secretNamespace") != nil,
                source.text("secretNamespace").isEmpty
            {
                faults.required(path.child("secretNamespace"))
            }
        case "azureDisk": checkAzureDisk(source, path, &faults)
        case "storageos": checkStorageOS(source, owner, path, &faults)
        case "csi": checkCSI(source, owner, path, &faults)
        default: break
        }
    }

    // MARK: Paths

    /// By bytes, as the kernel reads a path: "/" and a combining mark behind it are one `Character`, which is no "/".
    static func hasBacksteps(_ path: String) -> Bool {
        path.utf8.split(separator: UInt8(ascii: "/")).contains { $0.elementsEqual("..".utf8) }
    }

    static func checkNoBacksteps(_ value: String, _ path: FieldPath, _ faults: inout FieldFaults) {
        if hasBacksteps(value) {
            faults.invalid(path, .string(value), "must not contain '..'")
        }
    }

    private static func checkHostPath(_ source: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults) {
        guard !source.text("path").isEmpty else { return faults.required(path.child("path")) }
        checkNoBacksteps(source.text("path"), path.child("path"), &faults)
        faults.checkSupported(
            path.child("type"), source["type"],
            [
                "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket",
            ])
    }

    private static func checkLocal(_ source: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults) {
        guard !source.text("path").isEmpty else { return faults.required(path.child("path")) }
        checkNoBacksteps(source.text("path"), path.child("path"), &faults)
    }

    // MARK: Network file systems

    private static func checkGlusterfs(_ source: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults) {
        guard let namespace = source.present("endpointsNamespace") else { return }
        if source.text("endpointsNamespace").isEmpty {
            faults.invalid(
                path.child("endpointsNamespace"), namespace,
                "if the endpointnamespace is set, it must be a valid namespace name")
        } else {
            faults.checkLabel(path.child("endpointsNamespace"), source.text("endpointsNamespace"))
        }
    }

    private static func checkFlocker(_ source: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults) {
        let (name, uuid) = (source.text("datasetName"), source.text("datasetUUID"))
        if name.isEmpty, uuid.isEmpty {
            faults.required(path, "one of datasetName and datasetUUID is required")
        }
        if !name.isEmpty, !uuid.isEmpty {
            faults.invalid(path, "resource", "datasetName and datasetUUID can not be specified simultaneously")
        }
        if name.contains("/") { faults.invalid(path.child("datasetName"), .string(name), "must not contain '/'") }
    }

    private static func checkQuobyte(_ source: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults) {
        let registry = source.text("registry")
        let form = "must be a host:port pair or multiple pairs separated by commas"
        if registry.isEmpty {
            faults.required(path.child("registry"), form)
        } else if source.text("tenant").utf8.count >= 65 {
            faults.required(path.child("tenant"), "must be a UUID and may not exceed a length of 64 characters")
        } else {
            for pair in registry.split(separator: ",", omittingEmptySubsequences: false) where !isHostAndPort(pair) {
                faults.invalid(path.child("registry"), .string(registry), form)
            }
        }
        if source.text("volume").isEmpty { faults.required(path.child("volume")) }
    }

    /// `host:port`, or `[address]:port` for an address that has colons.
    private static func isHostAndPort(_ text: Substring) -> Bool {
        guard let colon = text.lastIndex(of: ":") else { return false }
        let host = text[..<colon]
        return host.hasPrefix("[") ? host.hasSuffix("]") : !host.contains(":")
    }

    // MARK: Block devices

    private static func checkFibreChannel(_ source: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults) {
        let (targets, wwids) = (source.elements("targetWWNs"), source.elements("wwids"))
        if targets.isEmpty, wwids.isEmpty {
            faults.required(path.child("targetWWNs"), "must specify either targetWWNs or wwids, but not both")
        }
        if !targets.isEmpty, !wwids.isEmpty {
            faults.invalid(
                path.child("targetWWNs"), .array(targets), "targetWWNs and wwids can not be specified simultaneously")
        }
        guard !targets.isEmpty else { return }
        guard let lun = source.present("lun") else {
            return faults.required(path.child("lun"), "lun is required if targetWWNs is specified")
        }
        if !(0...255).contains(lun.integerValue ?? -1) {
            faults.invalid(path.child("lun"), lun, "must be between 0 and 255, inclusive")
        }
    }

    private static func checkAzureDisk(_ source: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults) {
        faults.checkSupported(
            path.child("cachingMode"), source["cachingMode"], ["None", "ReadOnly", "ReadWrite"])
        faults.checkSupported(path.child("kind"), source["kind"], ["Dedicated", "Managed", "Shared"])
        guard let kind = source.present("kind")?.stringValue else { return }
        let uri = source.text("diskURI")
        if kind == "Managed", !uri.hasPrefix("/subscriptions/") {
            faults.notSupported(
                path.child("diskURI"), .string(uri),
                [
                    "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"
                ])
        }
        if kind != "Managed", !uri.hasPrefix("https://") {
            faults.notSupported(
                path.child("diskURI"), .string(uri),
                ["https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"])
        }
    }

    // MARK: Drivers

    private static func checkFlexVolume(_ source: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults) {
        for (key, _) in source.members("options") {
            let domain = "." + (key.split(separator: "/").first.map(String.init) ?? key).lowercased()
            if domain.hasSuffix(".kubernetes.io") || domain.hasSuffix(".k8s.io") {
                faults.invalid(
                    path.child("options")[key: key], .string(key),
                    "kubernetes.io and k8s.io namespaces are reserved")
            }
        }
    }

    private static func checkStorageOS(
        _ source: JSONValue, _ owner: Owner, _ path: FieldPath, _ faults: inout FieldFaults
    ) {
        if source.text("volumeName").isEmpty {
            faults.required(path.child("volumeName"))
        } else {
            faults.checkLabel(path.child("volumeName"), source.text("volumeName"))
        }
        if !source.text("volumeNamespace").isEmpty {
            faults.checkLabel(path.child("volumeNamespace"), source.text("volumeNamespace"))
        }
        checkSecretReference(source, owner, path, &faults)
    }

    private static func checkSecretReference(
        _ source: JSONValue, _ owner: Owner, _ path: FieldPath, _ faults: inout FieldFaults
    ) {
        guard let secret = source.present("secretRef") else { return }
        let path = path.child("secretRef")
        if secret.text("name").isEmpty { faults.required(path.child("name")) }
        if owner.isPersistentVolume, secret.text("namespace").isEmpty { faults.required(path.child("namespace")) }
    }

    static func checkCSIDriverName(_ name: String, _ path: FieldPath, _ faults: inout FieldFaults) {
        if name.isEmpty { faults.required(path) }
        if name.utf8.count > 63 { faults.tooLong(path, limit: 63) }
        faults.invalid(path, name, each: NameRules.dns1123Subdomain(name.lowercased()))
    }

    private static func checkCSI(
        _ source: JSONValue, _ owner: Owner, _ path: FieldPath, _ faults: inout FieldFaults
    ) {
        checkCSIDriverName(source.text("driver"), path.child("driver"), &faults)
        guard owner.isPersistentVolume else {
            if let secret = source.present("nodePublishSecretRef") {
                if secret.text("name").isEmpty {
                    faults.required(path.child("nodePublishSecretRef").child("name"))
                } else {
                    faults.checkSubdomain(path.child("name"), secret.text("name"))
                }
            }
            return
        }
        if source.text("volumeHandle").isEmpty { faults.required(path.child("volumeHandle")) }
        for field in [
            "controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef",
        ] {
            guard let secret = source.present(field) else { continue }
            let path = path.child(field)
            if secret.text("name").isEmpty {
                faults.required(path.child("name"))
            } else {
                faults.checkSubdomain(path.child("name"), secret.text("name"))
            }
            if secret.text("namespace").isEmpty {
                faults.required(path.child("namespace"))
            } else {
                faults.checkLabel(path.child("namespace"), secret.text("namespace"))
            }
        }
    }
}
