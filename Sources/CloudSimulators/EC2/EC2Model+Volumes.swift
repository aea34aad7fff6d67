// Making and deleting volumes.

/// CreateVolume and CopyVolumes, read.
struct VolumeCreation: Sendable {
    enum Origin: Sendable {
        case empty
        case snapshot(String)
        case copy(of: String)
    }

    /// A zone's name or id; `nil` for a copy.
    var zone: String?
    var origin: Origin
    var sizeGiB: Int?
    var type: String
    var iops: Int?
    var throughput: Int?
    var multiAttach: Bool
    var encrypted: Bool?
    var kmsKeyID: String?
    var initializationRate: Int?
    var tags: EC2Tags
    var clientToken: String?
    /// What stands for the request where its token comes again.
    var identity: [String: String]

    /// - Throws: ``EC2Error`` for parameters that do not go together.
    init(createVolume parameters: inout EC2Parameters) throws(EC2Error) {
        let zone = parameters.string("AvailabilityZone")
        let zoneID = parameters.string("AvailabilityZoneId")
        guard zone == nil || zoneID == nil else {
            throw .invalidCombination("The parameters AvailabilityZone and AvailabilityZoneId cannot be used together.")
        }
        guard let zone = zone ?? zoneID else { throw .missing("availabilityZone") }
        let snapshot = parameters.string("SnapshotId").flatMap { $0.isEmpty ? nil : $0 }
        try self.init(
            zone: zone, origin: snapshot.map { .snapshot($0) } ?? .empty, allParameters: &parameters)
        initializationRate = try parameters.integer("VolumeInitializationRate")
        if snapshot == nil {
            guard sizeGiB != nil else { throw .missing("size/snapshot") }
            guard initializationRate == nil else {
                throw EC2Error(
                    "InvalidParameterDependency",
                    "The parameter [VolumeInitializationRate] requires the parameter SnapshotId to be set.")
            }
        }
        if let initializationRate, !(100...300).contains(initializationRate) {
            throw .invalidValue(
                "\(initializationRate)", of: "volumeInitializationRate", expected: "Valid range: 100-300.")
        }
        guard parameters.string("OutpostArn") == nil else {
            throw EC2Error("UnsupportedOperation", "The simulated account has no Outposts.")
        }
    }

    init(copyVolumes parameters: inout EC2Parameters) throws(EC2Error) {
        let source = try parameters.required("SourceVolumeId")
        try self.init(zone: nil, origin: .copy(of: source), allParameters: &parameters)
    }

    private init(zone: String?, origin: Origin, allParameters parameters: inout EC2Parameters) throws(EC2Error) {
        self.zone = zone
        self.origin = origin
        sizeGiB = try parameters.integer("Size")
        type = parameters.string("VolumeType") ?? "gp2"
        iops = try parameters.integer("Iops")
        throughput = try parameters.integer("Throughput")
        multiAttach = try parameters.boolean("MultiAttachEnabled") ?? false
        encrypted = try parameters.boolean("Encrypted")
        kmsKeyID = parameters.string("KmsKeyId")
        tags = try parameters.tagSpecifications(for: .volume)
        clientToken = parameters.string("ClientToken")
        guard (clientToken ?? "").utf8.count <= 64 else {
            throw .invalidValue(
                clientToken ?? "", of: "clientToken", expected: "A client token has at most 64 characters.")
        }
        guard kmsKeyID == nil || encrypted == true else {
            throw EC2Error(
                "InvalidParameterDependency", "The parameter [KmsKeyId] requires the parameter Encrypted to be set.")
        }
        identity = parameters.identity
    }
}

extension EC2Parameters {
    /// All parameters that say what is asked for.
    var identity: [String: String] {
        all.filter { $0.key != "ClientToken" && $0.key != "DryRun" && $0.key != "Version" }
    }
}

extension EC2Model {
    /// - Returns: The new volume, or the one that an earlier request with the same token made.
    mutating func create(
        _ wanted: VolumeCreation, at now: SimulatorClock.Milliseconds, effects: FaultEffects
    ) throws(EC2Error) -> (volume: EC2Volume, isNew: Bool) {
        guard let limits = configuration.volumeTypes[wanted.type] else {
            throw EC2Error("UnknownVolumeType", "Unsupported volume type '\(wanted.type)' for volume creation.")
        }
        let origin = try origin(of: wanted, at: now)
        let zone = try zone(wanted.zone ?? origin.zone ?? "")
        let specification = try limits.specification(
            type: wanted.type, sizeGiB: wanted.sizeGiB ?? origin.sizeGiB, iops: wanted.iops,
            throughput: wanted.throughput, multiAttach: wanted.multiAttach)
        guard specification.sizeGiB >= origin.sizeGiB else {
            throw .invalidValue(
                "Volume of \(specification.sizeGiB)GiB is smaller than \(origin.name), expect size >= \(origin.sizeGiB)GiB"
            )
        }
        // As in the cloud: at the quota, a request whose token is known is turned down too.
        try checkQuota(specification, limits, instead: nil, at: now)
        if let token = wanted.clientToken, let use = tokens[token], !isOver(use, at: now) {
            guard use.parameters == wanted.identity else { throw .tokenMismatch }
            guard let volume = volumes[use.volumeID], volume.deleting == nil else { throw .tokenOfDeleted }
            return (volume, false)
        }
        let isEncrypted = wanted.encrypted == true || origin.kmsKeyID != nil
        let volume = EC2Volume(
            id: newID("vol-"), specification: specification, zone: zone.name, zoneID: zone.id,
            snapshotID: origin.snapshotID, sourceVolumeID: origin.volumeID,
            kmsKeyID: isEncrypted ? wanted.kmsKeyID ?? origin.kmsKeyID ?? configuration.defaultKMSKey : nil,
            initializationRate: wanted.initializationRate, createTime: now,
            visibleFrom: now + (effects.invisibleFor?.milliseconds ?? 0),
            creating: EC2Transition(from: now, for: configuration.states.creating, isStuck: effects.isStuck),
            tags: wanted.tags)
        put(volume)
        note(.create(id: volume.id, bytes: specification.bytes, source: origin.snapshotID ?? origin.volumeID))
        if let token = wanted.clientToken {
            put(TokenUse(token: token, parameters: wanted.identity, volumeID: volume.id, time: now))
        }
        return (volume, true)
    }

    mutating func deleteVolume(
        _ id: String, at now: SimulatorClock.Milliseconds, effects: FaultEffects
    ) throws(EC2Error) {
        var volume = try volume(id, at: now)
        switch volume.state(at: now) {
        case .inUse:
            let instance = volume.attachments(at: now).first?.instanceID ?? ""
            throw EC2Error("VolumeInUse", "Volume \(id) is currently attached to \(instance)")
        case .creating: throw .incorrectState("The volume '\(id)' is 'creating'")
        case .deleting, .deleted: return
        case .available: break
        }
        volume.deleting = EC2Transition(from: now, for: configuration.states.deleting, isStuck: effects.isStuck)
        put(volume)
        note(.remove(id: id))
    }

    /// By name, or by id.
    func zone(_ given: String) throws(EC2Error) -> EC2Configuration.Zone {
        guard let zone = configuration.zones.first(where: { $0.name == given || $0.id == given }) else {
            throw EC2Error("InvalidZone.NotFound", "The zone '\(given)' does not exist.")
        }
        return zone
    }

    private struct Origin {
        var name = ""
        var sizeGiB = 1
        var zone: String?
        var snapshotID: String?
        var volumeID: String?
        var kmsKeyID: String?
    }

    private func origin(
        of wanted: VolumeCreation, at now: SimulatorClock.Milliseconds
    ) throws(EC2Error) -> Origin {
        switch wanted.origin {
        case .empty: return Origin()
        case .snapshot(let id):
            let snapshot = try snapshot(id, at: now)
            guard snapshot.isCompleted(at: now) else {
                throw .incorrectState("Snapshot '\(id)' is not 'completed'.")
            }
            return Origin(
                name: "snapshot '\(id)'", sizeGiB: snapshot.sizeGiB, snapshotID: id, kmsKeyID: snapshot.kmsKeyID)
        case .copy(let id):
            let volume = try volume(id, at: now)
            let state = volume.state(at: now)
            guard state == .available || state == .inUse else {
                throw .incorrectState("The volume '\(id)' is '\(state.rawValue)'")
            }
            return Origin(
                name: "volume '\(id)'", sizeGiB: volume.specification(at: now).sizeGiB, zone: volume.zone,
                volumeID: id, kmsKeyID: volume.kmsKeyID)
        }
    }

    /// - Parameter instead: The volume that will no longer be what it is.
    func checkQuota(
        _ specification: VolumeSpecification, _ limits: VolumeTypeLimits, instead: String?,
        at now: SimulatorClock.Milliseconds
    ) throws(EC2Error) {
        guard limits.quotaTiB != nil || limits.quotaIOPS != nil else { return }
        var sizeGiB = specification.sizeGiB
        var iops = specification.iops ?? 0
        for volume in volumes.values
        where volume.specification.type == specification.type && volume.id != instead && volume.deleting == nil {
            sizeGiB += volume.specification.sizeGiB
            iops += volume.specification.iops ?? 0
        }
        if let quota = limits.quotaTiB, sizeGiB > quota * 1024 {
            throw .volumeLimit(specification.type, " of \(quota) TiB")
        }
        if let quota = limits.quotaIOPS, iops > quota {
            throw EC2Error(
                "MaxIOPSLimitExceeded",
                "You have exceeded your maximum \(specification.type) IOPS limit of \(quota) in this region.")
        }
    }
}

extension Duration {
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
