import CloudHTTP
import DriverProtocol
import JSONTree
import StorageDriverKit

extension AzureDiskDriver: SnapshotTaking {
    func createSnapshot(_ call: SnapshotCall) async throws -> Snapshot {
        guard let volume = call.volume else {
            throw DriverError(.invalidArgument, "createsnapshot needs volume", field: "volume")
        }
        let session = try await Session(call.request, cloud)
        let source = try session.disk(of: volume, call.request)
        return try await SnapshotCreation(call, source: source, session).run()
    }

    func deleteSnapshot(_ call: SnapshotCall) async throws {
        let name = try DiskPlan.checked(call.snapshot.name, field: "snapshot.name")
        let session = try await Session(call.request, cloud)
        let task = "snapshot \(name) could not be deleted"
        let derived = try session.snapshot(name, call.snapshot)
        // Where the class puts snapshots may have changed since; the ID is the snapshot's if its name is.
        let given = call.snapshot.id.flatMap { ResourceID(.snapshot, $0) }
        let id = given.flatMap { ResourceID.isSame($0.name, derived.name) ? $0 : nil } ?? derived
        guard let json = try await session.azure.get(id.description, .disks, task) else { return }
        let mark = VolumeMark(json, .snapshot)
        guard mark.name == name, mark.belongs(to: call.request.owner) else {
            throw DriverError(
                .failedPrecondition, "\(task): the snapshot \(id.name) in resource group \(id.group) is somebody else's"
            )
        }
        do {
            guard case .done = try await session.azure.change(.delete, id.description, .disks, task: task) else {
                throw PendingOperation("snapshot \(id.name)", progress: OperationProgress(phase: "deleting"))
            }
        } catch let failure as ResourceManagerFailure {
            if !failure.isAbsence { throw failure.driverError(task, mutates: true) }
        }
    }

    func listSnapshots(_ call: ListCall) async throws -> ListPage<Snapshot> {
        let session = try await Session(call.request, cloud)
        let source = try call.request.volume.map { try session.disk(of: $0, call.request) }
        return try await ResourceList(.snapshot, session, call).page { json in
            let mark = VolumeMark(json, .snapshot)
            guard let name = mark.name, mark.owner == call.request.owner, Disk(json).state != "Deleting" else {
                return nil
            }
            if let source, !ResourceID.isSame(Disk(json).sourceID ?? "", source.description) { return nil }
            return Snapshot(json, name: name)
        }
    }
}

extension Session {
    /// The snapshot of a name, where its class puts it.
    func snapshot(_ name: String, _ request: SnapshotRequest) throws(DriverError) -> ResourceID {
        let group = request.parameters.first { $0.key.lowercased() == "resourcegroup" }?.value
        if let group, !ResourceID.isName(group) {
            throw ClassParameters.invalid("resourceGroup", "is not a name that Azure would give")
        }
        return try place.resource(.snapshot, name, group: group)
    }
}

extension Snapshot {
    /// As Azure shows it.
    init(_ json: JSONValue, name: String) {
        let disk = Disk(json)
        let time = json.at("properties", "timeCreated")?.stringValue ?? ""
        let percent = json.at("properties", "completionPercent")?.doubleValue ?? 100
        self.init(
            id: disk.id, name: name, sourceVolumeID: disk.sourceID ?? "",
            // Azure writes fractions of seven digits, and an offset.
            createdAt: RFC3339Time(time).map { RFC3339Time(seconds: $0.seconds).description } ?? time,
            sizeBytes: disk.sizeGB << 30, readyToUse: disk.state == "Succeeded" && percent >= 100)
    }
}

/// Takes one snapshot, or finds the one that an earlier call took.
private struct SnapshotCreation: Sendable {
    private let name: String
    private let owner: String?
    private let id: ResourceID
    private let source: ResourceID
    private let parameters: [String: String]
    private let tags: [String: String]
    private let azure: ResourceManager

    init(_ call: SnapshotCall, source: ResourceID, _ session: Session) throws(DriverError) {
        name = try DiskPlan.checked(call.snapshot.name, field: "snapshot.name")
        owner = call.request.owner
        self.source = source
        parameters = try ClassParameters.checked(
            call.snapshot.parameters, ParameterSchemas.snapshot, field: "snapshot.parameters")
        id = try session.snapshot(name, call.snapshot)
        let user = try TagList.read(
            parameters["tags"], delimiter: parameters["tagValueDelimiter"],
            TagNames(volume: call.volume?.name ?? "", claim: call.request.claim))
        tags = VolumeMark.tags(ofSnapshot: name, owner: owner, user: user)
        azure = session.azure
    }

    private var task: String { "snapshot \(name) could not be taken" }

    func run() async throws -> Snapshot {
        var schedule = PollSchedule(first: .milliseconds(200), factor: 1.6, maximumDelay: .seconds(5))
        while true {
            let present = try await azure.get(id.description, .disks, task)
            if let present {
                try check(present)
                if Disk(present).state == "Succeeded" { return Snapshot(present, name: name) }
            }
            if present.map({ !Disk($0).isBusy }) ?? true, let made = try await make() {
                try check(made)
                if Disk(made).state == "Succeeded" { return Snapshot(made, name: name) }
            }
            guard let pause = schedule.next(now: .now, deadline: azure.deadline) else { throw pending }
            try await Task.sleep(for: pause)
        }
    }

    private var pending: PendingOperation {
        PendingOperation("snapshot \(id.name)", progress: OperationProgress(phase: "copying"))
    }

    private func make() async throws -> JSONValue? {
        guard let disk = try await azure.get(source.description, .disks, task) else {
            throw DriverError(
                .notFound, "\(task): there is no disk \(source.name) in resource group \(source.group)",
                field: "volume.id")
        }
        var properties: JSONValue = [
            "incremental": .bool(parameters["incremental"] != "false"),
            "creationData": ["createOption": "Copy", "sourceResourceId": .string(Disk(disk).id)],
        ]
        properties["dataAccessAuthMode"] = parameters["dataAccessAuthMode"].map { .string($0) }
        let body: JSONValue = [
            "location": .string(Disk(disk).location), "tags": JSONValue(tags), "sku": ["name": "Standard_LRS"],
            "properties": properties,
        ]
        do {
            switch try await azure.change(.put, id.description, .disks, body: body, task: task) {
            case .done(let resource): return resource
            case .pending: throw pending
            }
        } catch let failure as ResourceManagerFailure {
            if failure.isConflict { return nil }
            var error = failure.driverError(task, mutates: true, operationNotAllowed: .limit)
            // The operation may have left a snapshot, which the next call, or a deletion, finds.
            if failure.isOfOperation { error.outcome = .unknown }
            throw error
        }
    }

    private func check(_ json: JSONValue) throws(DriverError) {
        let mark = VolumeMark(json, .snapshot)
        guard mark.name == name, mark.belongs(to: owner) else {
            throw DriverError(
                .alreadyExists,
                "\(task): there is a snapshot \(id.name) in resource group \(id.group), which is somebody "
                    + "else's", field: "snapshot.name")
        }
        guard ResourceID.isSame(Disk(json).sourceID ?? "", source.description) else {
            throw DriverError(
                .alreadyExists, "\(task): there is one of that name, of another volume", field: "snapshot.name")
        }
    }
}
