import JSONTree

// Attaching and detaching: the list of a machine's data disks, written whole.
extension ResourceModel {
    private static let lunRange: ClosedRange<Int64> = 0...63

    /// PUT and PATCH of a machine: `storageProfile.dataDisks`, where it is given, becomes the list of its data disks.
    ///
    /// An entry that is missing from the list is detached, as is one with `toBeDetached`.
    mutating func update(
        _ name: ResourceName, _ body: JSONValue, ifMatch: String?, _ circumstances: Circumstances
    ) throws(ResourceManagerError) -> Outcome {
        _ = try group(name.subscription, name.group)
        guard var machine = machines[name.key] else {
            throw ResourceManagerError(
                404, "ResourceNotFound",
                "The Resource '\(name.type.path)/\(name.name)' under resource group '\(name.group)' was not found. The "
                    + "machines of this simulator stand in its configuration.")
        }
        if let location = body["location"]?.stringValue,
            ResourceManagerSettings.normalized(location: location) != machine.location
        {
            throw .propertyChange("location")
        }
        if let ifMatch, ifMatch != "*", ifMatch != machine.etag {
            throw ResourceManagerError(
                412, "PreconditionFailed",
                "The condition 'If-Match' is not fulfilled: the etag of \(name.name) is \(machine.etag), not \(ifMatch)."
            )
        }
        if let transition = machine.transition {
            throw .conflict("the VM '\(name.name)' is in the state \(transition.kind.rawValue).")
        }
        if let tags = body["tags"] { machine.tags = tags }
        var contents: [ContentChange] = []
        var duration: Milliseconds = 0
        if let entries = body.at("properties", "storageProfile", "dataDisks")?.arrayValue {
            let plan = try plan(entries, for: machine)
            machine.dataDisks = plan.dataDisks
            if !plan.attached.isEmpty { duration = settings.durations.attaching }
            if !plan.detached.isEmpty { duration = max(duration, settings.durations.detaching) }
            for disk in plan.attached {
                guard var resource = disks[disk.diskID.lowercased()] else { continue }
                resource.attachments.append(name.id)
                save(resource)
                if machine.isLocal { contents.append(.attach(id: resource.contentID, lun: disk.lun)) }
            }
            for disk in plan.detached where machine.isLocal {
                guard let resource = disks[disk.diskID.lowercased()] else { continue }
                contents.append(.detach(id: resource.contentID))
            }
        }
        machine.generation += 1
        let operation = begin(name, location: machine.location, lasting: duration, circumstances)
        machine.transition = Transition(kind: .updating, ends: operation.ends, operation: operation.id)
        save(machine)
        settle(circumstances.now)
        let after = machines[name.key] ?? machine
        return Outcome(
            operation: after.transition == nil ? nil : operation,
            resource: after.rendered(circumstances.now, disks: disks), status: 200, contents: contents)
    }

    private struct DataDiskPlan {
        var dataDisks: [StoredMachine.DataDisk]
        var attached: [StoredMachine.DataDisk]
        var detached: [StoredMachine.DataDisk]
    }

    private func plan(
        _ entries: [JSONValue], for machine: StoredMachine
    ) throws(ResourceManagerError) -> DataDiskPlan {
        var plan = DataDiskPlan(dataDisks: [], attached: [], detached: [])
        var luns: Set<Int64> = []
        var listed: Set<String> = []
        for (position, entry) in entries.enumerated() {
            let path = "properties.storageProfile.dataDisks[\(position)]"
            guard let lun = entry["lun"]?.integerValue, Self.lunRange.contains(lun) else {
                throw .invalid("\(path).lun", "The value of parameter 'dataDisk.lun' must be an integer from 0 to 63.")
            }
            guard luns.insert(lun).inserted else {
                throw .invalid("\(path).lun", "A disk at LUN \(lun) already exists.")
            }
            guard let id = entry.at("managedDisk", "id")?.stringValue, let diskName = ResourceName(id: id),
                diskName.type == .disk
            else {
                throw .invalid(
                    "\(path).managedDisk.id",
                    "The value of parameter 'dataDisk.managedDisk.id' must be the ID of a managed disk: this simulator "
                        + "attaches disks that are there (createOption Attach).")
            }
            guard listed.insert(diskName.key).inserted else {
                throw .invalid("\(path).managedDisk.id", "The disk '\(diskName.name)' is listed twice.")
            }
            let isLeaving = entry["toBeDetached"]?.boolValue ?? false
            if let present = machine.dataDisks.first(where: { $0.diskID.lowercased() == diskName.key }) {
                guard present.lun == lun else { throw .propertyChange("dataDisk.lun") }
                var disk = present
                disk.caching = try caching(entry, path, diskName) ?? present.caching
                if isLeaving, !present.isLeaving { plan.detached.append(disk) }
                disk.isLeaving = isLeaving || present.isLeaving
                plan.dataDisks.append(disk)
            } else if !isLeaving {
                let disk = StoredMachine.DataDisk(
                    lun: lun, diskID: try attachable(diskName, to: machine).name.id, name: diskName.name,
                    caching: try caching(entry, path, diskName) ?? "None",
                    writeAccelerator: entry["writeAcceleratorEnabled"]?.boolValue ?? false)
                guard ["Attach", nil].contains(entry["createOption"]?.stringValue) else {
                    throw .invalid(
                        "\(path).createOption", "A managed disk that is there is attached with createOption Attach.")
                }
                plan.attached.append(disk)
                plan.dataDisks.append(disk)
            }
        }
        for present in machine.dataDisks where !listed.contains(present.diskID.lowercased()) {
            var disk = present
            if !present.isLeaving { plan.detached.append(present) }
            disk.isLeaving = true
            guard luns.insert(disk.lun).inserted else {
                throw .invalid("dataDisk.lun", "A disk at LUN \(disk.lun) already exists.")
            }
            plan.dataDisks.append(disk)
        }
        let limit = settings.attachLimit(size: machine.size)
        guard Int64(plan.dataDisks.count { !$0.isLeaving }) <= limit || plan.attached.isEmpty else {
            throw ResourceManagerError(
                409, "OperationNotAllowed",
                "The maximum number of data disks allowed to be attached to a VM of this size is \(limit).",
                target: "dataDisks")
        }
        plan.dataDisks.sort { $0.lun < $1.lun }
        return plan
    }

    private func caching(
        _ entry: JSONValue, _ path: String, _ name: ResourceName
    ) throws(ResourceManagerError) -> String? {
        guard let value = entry["caching"], !value.isNull else { return nil }
        guard let caching = value.stringValue, ["None", "ReadOnly", "ReadWrite"].contains(caching) else {
            throw .invalid("\(path).caching", "The value of parameter 'caching' must be None, ReadOnly or ReadWrite.")
        }
        if caching != "None", let disk = disks[name.key], settings.diskType(disk.typeName)?.allowsCaching == false {
            throw .invalid("\(path).caching", "Caching is not supported for \(disk.typeName) disks; it must be None.")
        }
        return caching
    }

    /// The disk, if it can be attached to the machine.
    private func attachable(
        _ name: ResourceName, to machine: StoredMachine
    ) throws(ResourceManagerError) -> StoredResource {
        guard let disk = disks[name.key] else { throw .notFound(name) }
        if let transition = disk.transition, transition.kind != .updating {
            throw .conflict("the disk '\(name.name)' is in the state \(transition.kind.rawValue).")
        }
        for owner in disk.attachments {
            let entry = machines[owner.lowercased()]?.dataDisks.first { $0.diskID.lowercased() == name.key }
            if entry?.isLeaving == true {
                throw ResourceManagerError(
                    409, "AttachDiskWhileBeingDetached",
                    "Cannot attach data disk '\(name.name)' to VM '\(machine.name.name)' because the disk is currently being "
                        + "detached or the last detach operation failed. Please wait until the disk is completely detached "
                        + "and then try again or delete/detach the disk explicitly again.")
            }
        }
        if disk.attachments.count >= disk.maximumShares, let owner = disk.attachments.first {
            throw ResourceManagerError(
                409, "ConflictingUserInput",
                "Disk '\(name.id)' cannot be attached as the disk is already owned by VM '\(owner)'.",
                target: name.id)
        }
        guard disk.location == machine.location else {
            throw ResourceManagerError(
                409, "OperationNotAllowed",
                "Disk '\(name.name)' is in \(disk.location), VM '\(machine.name.name)' in \(machine.location).")
        }
        if let zone = disk.zones.first, zone != machine.zone {
            throw ResourceManagerError(
                400, "BadRequest",
                "Disk \(name.id) cannot be attached to the VM because it is not in the same zone as the VM. VM zone: "
                    + "'\(machine.zone ?? "")'. Disk zone: '\(zone)'.")
        }
        if disk.typeName == "UltraSSD_LRS", !machine.takesUltraDisks {
            throw .invalid(
                "dataDisk.managedDisk.storageAccountType",
                "StorageAccountType UltraSSD_LRS can be used only when additionalCapabilities.ultraSSDEnabled is set.")
        }
        return disk
    }
}
