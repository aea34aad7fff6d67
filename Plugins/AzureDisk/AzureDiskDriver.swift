import CloudHTTP
import DriverProtocol
import JSONTree
import StorageDriverKit

/// Volumes that are managed disks of Azure: `disk.csi.azure.com`, and the classes of `kubernetes.io/azure-disk`.
@main
struct AzureDiskDriver: StorageDriver {
    static let name = "azure-disk"

    let cloud = SharedCloud()

    var info: DriverInfo { info(for: DriverReference(name: Self.name)) }

    /// The two dialects differ in their parameters. Azure's disks can be attached read-only to several machines, and
    /// written by several only where a class shares them.
    func info(for driver: DriverReference) -> DriverInfo {
        let dialect = Dialect(driver)
        var modes = ["ReadWriteOnce", "ReadWriteOncePod", "ReadOnlyMany"]
        if driver.config["sharedDisks"] == true { modes.append("ReadWriteMany") }
        return DriverInfo(
            name: Self.name, version: "1.0.0", capabilities: [.clone, .restore, .topology, .onlineExpansion],
            parameters: ParameterSchemas.parameters(dialect),
            mutableParameters: ParameterSchemas.mutable,
            allocationUnitBytes: 1 << 30, minimumBytes: 1 << 30, maximumBytes: 65_536 << 30, accessModes: modes,
            volumeModes: ["Filesystem", "Block"], capacityEnforced: true, resident: true, maximumConcurrency: 64,
            timeouts: [.attach: .seconds(300), .detach: .seconds(300), .provision: .seconds(180)])
    }

    /// Ready when the driver can sign in, and its resource group is there.
    func status(_ request: DriverRequest) async throws {
        let session = try await Session(request, cloud)
        let (subscription, group) = try session.place.group()
        let task = "resource group \(group) cannot be read"
        guard try await session.azure.get(ResourceID.groupPath(subscription, group), .groups, task) != nil else {
            throw DriverError(.failedPrecondition, "\(task): there is none in subscription \(subscription)")
        }
    }

    func validate(_ call: VolumeCall) async throws -> ProvisionedVolume? {
        let session = try await Session(call.request, cloud)
        let plan = try DiskPlan(call, session.configuration, session.place)
        return try await DiskProvisioning(plan: plan, azure: session.azure).check()
    }

    func provision(_ call: VolumeCall) async throws -> ProvisionedVolume {
        let session = try await Session(call.request, cloud)
        let plan = try DiskPlan(call, session.configuration, session.place)
        return try await DiskProvisioning(plan: plan, azure: session.azure).run()
    }

    func delete(_ call: VolumeCall) async throws {
        let name = try DiskPlan.checked(call.volume.name, field: "volume.name")
        let session = try await Session(call.request, cloud)
        try await DiskDeletion(
            name: name, owner: call.request.owner, candidates: try session.candidates(for: call, name: name),
            azure: session.azure
        ).run()
    }
}

/// One call, with what it needs of the cloud.
struct Session: Sendable {
    let configuration: DriverConfiguration
    let place: Place
    let azure: ResourceManager
    let deadline: ContinuousClock.Instant?

    init(_ request: DriverRequest, _ cloud: SharedCloud) async throws {
        configuration = try DriverConfiguration(request)
        deadline = request.callDeadline()
        azure = try ResourceManager(cloud, configuration, deadline: deadline)
        place = try await Place(configuration, cloud, deadline: deadline)
    }

    /// The disk that a call is about: as `provision` called it, else where its class would have put it.
    func disk(_ call: VolumeCall) throws(DriverError) -> ResourceID { try disk(of: call.volume, call.request) }

    func disk(of volume: VolumeRequest, _ request: DriverRequest) throws(DriverError) -> ResourceID {
        if let id = volume.id.flatMap({ ResourceID(.disk, $0) }) { return id }
        return try derived(request, name: try DiskPlan.checked(volume.name, field: "volume.name"))
    }

    /// Where the disk to delete may be, the likeliest first. The ID may be of a disk that was named by other rules, as of
    /// one that came over from another plugin; whether it is the volume's is for its tags to say.
    func candidates(for call: VolumeCall, name: String) throws(DriverError) -> [ResourceID] {
        let derived = try derived(call.request, name: name)
        guard let given = call.volume.id.flatMap({ ResourceID(.disk, $0) }), !given.isSame(as: derived) else {
            return [derived]
        }
        return [given, derived]
    }

    private func derived(_ request: DriverRequest, name: String) throws(DriverError) -> ResourceID {
        func value(_ parameter: String) -> String? {
            request.parameters.first { $0.key.lowercased() == parameter }?.value
        }
        for parameter in ["resourcegroup", "subscriptionid"] {
            guard let text = value(parameter), !ResourceID.isName(text) else { continue }
            throw ClassParameters.invalid(parameter, "is not a name that Azure would give")
        }
        return try place.resource(
            .disk, configuration.dialect.diskName(name), subscription: value("subscriptionid"),
            group: value("resourcegroup"))
    }

    /// - Throws: ``DriverError`` `NOT_FOUND`.
    func existing(_ id: ResourceID, _ task: String) async throws -> Disk {
        guard let json = try await azure.get(id.description, .disks, task) else {
            throw DriverError(.notFound, "\(task): there is no disk \(id.name) in resource group \(id.group)")
        }
        return Disk(json)
    }
}
