import BlockDevices
import CloudHTTP
import DriverProtocol
import JSONTree
import StorageDriverKit

extension AzureDiskDriver: VolumeReading {
    func get(_ call: VolumeCall) async throws -> ProvisionedVolume {
        let session = try await Session(call.request, cloud)
        let disk = try await session.existing(
            try session.disk(call), "volume \(call.volume.name) cannot be read")
        return disk.volume(name: call.volume.name)
    }
}

extension Disk {
    /// As verbs answer that know the disk only.
    func volume(name: String?) -> ProvisionedVolume {
        var volume = ProvisionedVolume(id: id)
        volume.name = name
        volume.capacityBytes = capacityBytes
        if let zone { volume.topology = [[ZoneChoice.zoneKey: "\(location)-\(zone)"]] }
        return volume
    }
}

extension AzureDiskDriver: VolumeListing {
    /// Of the driver's resource group, or of the class's where the call has one.
    func list(_ call: ListCall) async throws -> ListPage<ProvisionedVolume> {
        let session = try await Session(call.request, cloud)
        return try await ResourceList(.disk, session, call).page { json in
            let disk = Disk(json)
            guard let name = disk.mark.name, disk.mark.request != nil, disk.mark.owner == call.request.owner,
                disk.state != "Deleting"
            else { return nil }
            return disk.volume(name: name)
        }
    }
}

extension AzureDiskDriver: VolumeExpanding {
    func expandVolume(_ call: VolumeCall) async throws -> ExpandedVolume {
        let session = try await Session(call.request, cloud)
        let id = try session.disk(call)
        let task = "volume \(call.volume.name) could not be grown"
        let disk = try await session.changed(id, task) { disk throws(DriverError) in
            let wanted = call.capacityBytes >> 30
            guard disk.sizeGB < wanted else { return nil }
            if let most = disk.type?.sizes.upperBound, wanted > most {
                throw DriverError(
                    .outOfRange,
                    "\(task): a \(disk.typeName) disk has at most \(most) GiB; \(wanted) GiB are asked for",
                    field: "volume.capacityBytes")
            }
            return ["properties": ["diskSizeGB": .integer(wanted)]]
        }
        return ExpandedVolume(
            disk.volume(name: call.volume.name), nodeExpansionRequired: call.volume.volumeMode != "Block")
    }
}

extension AzureDiskDriver: VolumeModifying {
    func modify(_ call: VolumeCall) async throws -> ProvisionedVolume {
        let wanted = call.request.mutableParameters
        let session = try await Session(call.request, cloud)
        let id = try session.disk(call)
        let task = "volume \(call.volume.name) could not be changed"
        let disk = try await session.changed(id, task) { disk throws(DriverError) in
            var body: JSONValue = [:]
            let typeName = wanted["skuName"] ?? disk.typeName
            if typeName != disk.typeName { body["sku"] = ["name": .string(typeName)] }
            let iops = wanted["DiskIOPSReadWrite"].flatMap { Int64($0) }
            let megabytes = wanted["DiskMBpsReadWrite"].flatMap { Int64($0) }
            if iops != nil || megabytes != nil, DiskType(rawValue: typeName)?.isProvisioned != true {
                throw DriverError(
                    .invalidArgument,
                    "\(task): DiskIOPSReadWrite and DiskMBpsReadWrite are for UltraSSD_LRS and PremiumV2_LRS disks; this one "
                        + "is \(typeName)", field: "mutableParameters.DiskIOPSReadWrite")
            }
            var properties: JSONValue = [:]
            if let iops, iops != disk.iops { properties["diskIOPSReadWrite"] = .integer(iops) }
            if let megabytes, megabytes != disk.megabytesPerSecond {
                properties["diskMBpsReadWrite"] = .integer(megabytes)
            }
            if properties.objectValue?.isEmpty == false { body["properties"] = properties }
            return body.objectValue?.isEmpty == false ? body : nil
        }
        return disk.volume(name: call.volume.name)
    }
}

extension AzureDiskDriver: StatsReporting {
    /// Of the file system where the volume is mounted, else the size of its disk.
    func stats(_ call: VolumeCall) async throws -> VolumeStats {
        if let target = call.request.target, try BlockDevice.mounted(at: target) != nil {
            return try DiskMounting.stats(of: target)
        }
        let session = try await Session(call.request, cloud)
        let disk = try await session.existing(
            try session.disk(call), "volume \(call.volume.name) cannot be measured")
        return VolumeStats(totalBytes: disk.capacityBytes)
    }
}

extension Session {
    /// Gives a disk another size or performance, where it does not have it.
    ///
    /// - Parameter change: The body of the PATCH; `nil`: the disk is as it should be.
    func changed(
        _ id: ResourceID, _ task: String, _ change: (Disk) throws(DriverError) -> JSONValue?
    ) async throws -> Disk {
        var schedule = PollSchedule(first: .milliseconds(200), factor: 1.6, maximumDelay: .seconds(5))
        while true {
            let disk = try await existing(id, task)
            if !disk.isBusy {
                guard let body = try change(disk) else { return disk }
                do {
                    switch try await azure.change(.patch, id.description, .disks, body: body, task: task) {
                    // The next look is what tells.
                    case .done(let resource):
                        if let resource, try change(Disk(resource)) == nil { return Disk(resource) }
                    case .pending:
                        throw PendingOperation("disk \(id.name)", progress: OperationProgress(phase: "updating"))
                    }
                } catch let failure as ResourceManagerFailure {
                    guard failure.isConflict else {
                        throw failure.driverError(task, mutates: true)
                    }
                }
            }
            guard let pause = schedule.next(now: .now, deadline: deadline) else {
                throw PendingOperation("disk \(id.name)", progress: OperationProgress(phase: "updating"))
            }
            try await Task.sleep(for: pause)
        }
    }
}
