import JSONTree

/// Instances are those of the configuration; which disks they have is said by the disks.
extension ComputeModel {
    func instance(_ resource: ComputeResource) throws(ComputeError) -> ComputeConfiguration.Instance {
        guard let zone = resource.scope.zoneName, let instance = configuration.instance(resource.name, in: zone) else {
            throw .notFound(resource.path)
        }
        return instance
    }

    mutating func attachDisk(
        _ body: ComputeBody, to target: ComputeResource, force: Bool, _ call: Call
    ) throws(ComputeError) -> ComputeOperation {
        let instance = try instance(target)
        let text = try body.required("source")
        guard let name = ComputeResource(text, project: target.project), name.collection == .disks else {
            throw .invalid("resource.source", text, "The URL is malformed.")
        }
        var disk = try disk(name)
        guard disk.resource.scope == target.scope || disk.replicaZones.contains(instance.zone) else {
            throw .invalid("resource.source", text, "The disk and the instance are not in the same zone.")
        }
        guard disk.status == .ready else { throw .notReady(name.path) }
        let mode = try body.string("mode") ?? "READ_WRITE"
        guard ["READ_WRITE", "READ_ONLY"].contains(mode) else {
            throw .invalid("resource.mode", mode, "Must be READ_WRITE or READ_ONLY.")
        }
        try checkUse(of: disk, by: target, mode: mode, force: force)
        let present = attachments(to: target)
        let deviceName = try body.string("deviceName") ?? "persistent-disk-\(present.count + 1)"
        if present.contains(where: { $0.deviceName == deviceName }) {
            throw .invalid("resource.deviceName", deviceName, "The instance has a device of that name.")
        }
        let limit = configuration.attachLimit(of: instance.machineType)
        guard present.count < limit else {
            throw ComputeError(
                400, "limitExceeded",
                "Exceeded limit 'maximum_persistent_disks' on resource '\(target.name)'. Limit: \(limit)")
        }
        let used = Set(present.map(\.index))
        let index = (1...).first { !used.contains($0) } ?? 1
        if force { disk.attachments.removeAll { $0.instance != target } }
        disk.attachments.append(
            .init(
                instance: target, deviceName: deviceName, mode: mode,
                interface: try body.string("interface") ?? "SCSI", index: index, isVisible: false))
        put(disk)
        return begin(
            "attachDisk", on: target, id: Self.id(of: target), .attachDisk(name),
            duration: configuration.milliseconds.attachDisk, call)
    }

    mutating func detachDisk(
        deviceName: String, from target: ComputeResource, _ call: Call
    ) throws(ComputeError) -> ComputeOperation {
        _ = try instance(target)
        let disk = disks.values.first { disk in
            disk.attachments.contains { $0.instance == target && $0.deviceName == deviceName && $0.isVisible }
        }
        guard let disk else {
            throw .invalid("deviceName", deviceName, "No attached disk found with device name '\(deviceName)'")
        }
        return begin(
            "detachDisk", on: target, id: Self.id(of: target), .detachDisk(disk.resource),
            duration: configuration.milliseconds.detachDisk, call)
    }

    private func checkUse(
        of disk: ComputeDisk, by target: ComputeResource, mode: String, force: Bool
    ) throws(ComputeError) {
        if disk.attachment(to: target) != nil { throw .inUse(disk.resource.path, by: target.path) }
        guard let other = disk.attachments.first, !disk.isShared else { return }
        if force, disk.region { return }
        if mode == "READ_ONLY", disk.attachments.allSatisfy({ $0.mode == "READ_ONLY" }) { return }
        throw .inUse(disk.resource.path, by: other.instance.path)
    }

    private func attachments(to instance: ComputeResource) -> [ComputeDisk.Attachment] {
        disks.values.compactMap { $0.attachment(to: instance) }.sorted { $0.index < $1.index }
    }

    func instanceJSON(
        _ instance: ComputeConfiguration.Instance, project: String, _ links: ComputeLinks
    ) -> JSONValue {
        let resource = ComputeResource(project, .zone(instance.zone), .instances, instance.name ?? "")
        let attached = disks.values
            .compactMap { disk in disk.attachment(to: resource).map { (disk, $0) } }
            .filter { $0.1.isVisible }
            .sorted { $0.1.index < $1.1.index }
        return [
            "kind": "compute#instance", "id": .string(String(Self.id(of: resource))),
            "creationTimestamp": "2026-01-01T00:00:00.000-00:00", "name": .string(resource.name), "status": "RUNNING",
            "zone": .string(links.zone(instance.zone, project)),
            "machineType": .string(links.zone(instance.zone, project) + "/machineTypes/\(instance.machineType)"),
            "selfLink": .string(links.url(resource)), "labelFingerprint": .string(Labels.fingerprint([:])),
            "disks": .array(
                attached.map { disk, attachment in
                    [
                        "kind": "compute#attachedDisk", "type": "PERSISTENT", "mode": .string(attachment.mode),
                        "source": .string(links.url(disk.resource)), "deviceName": .string(attachment.deviceName),
                        "index": .integer(Int64(attachment.index)), "boot": false, "autoDelete": false,
                        "interface": .string(attachment.interface), "diskSizeGb": .string(String(disk.sizeGb)),
                    ]
                }),
        ]
    }

    /// FNV-1a of the name: instances come from the configuration, and keep their ids over restarts.
    static func id(of instance: ComputeResource) -> UInt64 {
        instance.path.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 } >> 1
    }
}
