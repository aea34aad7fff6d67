import BlockDevices
import CloudHTTP
import DriverProtocol
import JSONTree
import StorageDriverKit

extension AzureDiskDriver: VolumeAttaching {
    func attach(_ call: VolumeCall, to node: NodeReference) async throws -> String? {
        let session = try await Session(call.request, cloud)
        let (disk, machine) = (try session.disk(call), try session.machine(node))
        let task = "volume \(call.volume.name) could not be attached to \(machine.name)"
        let parameters = call.request.parameters
        let type = parameters["skuName"].flatMap { DiskType(rawValue: $0) }
        let caching =
            call.volume.context["cachingMode"] ?? parameters["cachingMode"]
            ?? (type?.isCached == false ? "None" : "ReadOnly")
        let usesAccelerator =
            (call.volume.context["writeAcceleratorEnabled"] ?? parameters["writeAcceleratorEnabled"])
            == "true"
        let lun = try await MachineChange(machine: machine, task: task, azure: session.azure).run {
            disks throws(DriverError) in
            switch disks.attachment(of: disk) {
            case .attached(let lun) where !disks.isBusy: return .done(lun)
            case .attached, .leaving: return .wait
            case .absent:
                guard let lun = disks.freeLUN else {
                    throw DriverError(.resourceExhausted, "\(task): the machine has no free LUN")
                }
                return .change(
                    disks.attaching(disk, lun: lun, caching: caching, writeAccelerator: usesAccelerator))
            }
        }
        return "\(session.configuration.deviceDirectory)/\(Self.link(lun))"
    }

    func detach(_ call: VolumeCall, from node: NodeReference) async throws {
        let session = try await Session(call.request, cloud)
        let (disk, machine) = (try session.disk(call), try session.machine(node))
        let task = "volume \(call.volume.name) could not be detached from \(machine.name)"
        do {
            _ = try await MachineChange(machine: machine, task: task, azure: session.azure).run { disks in
                switch disks.attachment(of: disk) {
                case .absent: .done(0)
                case .leaving: .wait
                case .attached: .change(disks.detaching(disk))
                }
            }
        } catch let error as DriverError where error.code == .notFound && error.field == MachineChange.machineField {
            return  // with the machine its attachments are gone
        }
    }

    func isAttached(_ call: VolumeCall, to node: NodeReference) async throws -> Bool {
        let session = try await Session(call.request, cloud)
        let (disk, machine) = (try session.disk(call), try session.machine(node))
        let task = "whether volume \(call.volume.name) is attached to \(machine.name) cannot be seen"
        guard let json = try await session.azure.get(machine.description, .machines, task) else {
            throw DriverError(.notFound, "\(task): there is no such machine in resource group \(machine.group)")
        }
        if case .attached = DataDisks(json, isInstance: machine.scaleSet != nil).attachment(of: disk) { return true }
        return false
    }

    func waitForAttach(_ call: VolumeCall) async throws -> String {
        guard let device = call.request.device else {
            throw DriverError(
                .invalidArgument,
                "which LUN the disk has only attach knows; waitforattach needs the device that it answered",
                field: "device")
        }
        let session = try await Session(call.request, cloud)
        let task = "the device of volume \(call.volume.name) cannot be waited for"
        let disk = try await session.existing(try session.disk(call), task)
        guard disk.machine != nil else {
            throw DriverError(.failedPrecondition, "\(task): the disk \(disk.name) is attached to no machine")
        }
        let directory = session.configuration.deviceDirectory
        guard device.hasPrefix("\(directory)/") else { return try BlockDevice(path: device).path }
        return try await BlockDevice.appearing(
            as: [String(device.dropFirst(directory.count + 1))], in: directory, deadline: session.deadline
        ).path
    }

    /// What Azure's udev rules call the disk.
    private static func link(_ lun: Int64) -> String { "azure/scsi1/lun\(lun)" }
}

extension Session {
    /// The machine of a node: what its `spec.providerID` says, `azure:///subscriptions/…`, else the one of its name in the
    /// driver's resource group.
    func machine(_ node: NodeReference) throws(DriverError) -> ResourceID {
        if let text = node.providerID {
            guard text.hasPrefix("azure://"), let id = ResourceID(.machine, String(text.dropFirst("azure://".count)))
            else {
                throw DriverError(
                    .invalidArgument, "node \(node.name) is no machine of Azure's: its providerID is '\(text)'",
                    field: "node.providerID")
            }
            return id
        }
        guard ResourceID.isName(node.name) else {
            throw DriverError(
                .notFound, "node '\(node.name)' cannot be a machine of Azure's", field: "node.name")
        }
        return try place.resource(.machine, node.name)
    }
}

/// One change of a machine's list of data disks, tried until it holds: others change the same list.
private struct MachineChange: Sendable {
    enum Step: Sendable {
        case done(Int64)
        /// Something is under way that must end first.
        case wait
        case change(JSONValue)
    }

    /// Of the error where there is no machine, and of no other.
    static let machineField = "node"

    let machine: ResourceID
    let task: String
    let azure: ResourceManager

    /// - Parameter next: What to do, from how the machine is now.
    func run(_ next: (DataDisks) throws(DriverError) -> Step) async throws -> Int64 {
        var schedule = PollSchedule(first: .milliseconds(100), factor: 1.6, maximumDelay: .seconds(5))
        while true {
            guard let json = try await azure.get(machine.description, .machines, task) else {
                throw DriverError(
                    .notFound, "\(task): there is no such machine in resource group \(machine.group)",
                    field: Self.machineField)
            }
            let disks = DataDisks(json, isInstance: machine.scaleSet != nil)
            switch try next(disks) {
            case .done(let lun): return lun
            case .wait: break
            case .change(let body):
                do {
                    let headers = disks.etag.map { [("If-Match", $0)] } ?? []
                    // A PUT of a machine would take away what it does not say, as its tags; an instance of a scale set
                    // has no PATCH.
                    // Whether it holds the next look tells, after a pause: it may not be seen at once.
                    _ = try await azure.change(
                        machine.scaleSet == nil ? .patch : .put, machine.description, .machines, body: body,
                        headers: headers, task: task)
                } catch let failure as ResourceManagerFailure {
                    guard failure.isConflict else {
                        throw failure.driverError(task, mutates: true, operationNotAllowed: .limit)
                    }
                }
            }
            guard let pause = schedule.next(now: .now, deadline: azure.deadline) else {
                throw PendingOperation("machine \(machine.name)", progress: OperationProgress(phase: "updating"))
            }
            try await Task.sleep(for: pause)
        }
    }
}
