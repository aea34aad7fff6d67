import CloudHTTP
import DriverProtocol
import StorageDriverKit

/// Makes the volume of a call, or finds the one that an earlier call made.
///
/// A client token, made of the volume's name, lets EC2 itself take a repeated request for the one that it is. Where EC2
/// says that the token was used with other arguments, the volume is looked for by its tags and compared.
struct VolumeProvisioning: Sendable {
    /// Tokens of volumes that were deleted meanwhile are used up for hours; then the next one is taken.
    private static let tokenLimit = 8
    /// EC2 takes about a second. After the look at once, which is for simulators and for volumes that were there already,
    /// three more reach beyond three seconds: a plain volume costs no more than five requests.
    private static let waiting = PollSchedule(
        first: .milliseconds(250), factor: 3, maximumDelay: .seconds(3))

    let call: VolumeCall
    let ec2: EC2
    let configuration: DriverConfiguration
    let specification: VolumeSpecification
    let choice: ZoneChoice
    let tags: [String: String]
    /// Of the volume that this one begins as a copy of.
    let sourceZone: String?

    private var lookup: VolumeLookup { VolumeLookup(ec2: ec2) }
    private var name: String { call.volume.name }
    private var task: String { "volume \(name) could not be made" }

    /// Reads the request, and looks at what the volume is to begin with.
    ///
    /// - Throws: ``DriverError``.
    init(_ call: VolumeCall, _ ec2: EC2) async throws {
        self.call = call
        self.ec2 = ec2
        configuration = ec2.account.configuration
        choice = try ZoneChoice(call.volume.topology, parameters: call.parameters)
        var sourceSizeGiB: Int64 = 0
        var sourceZone: String?
        let task = "volume \(call.volume.name) could not be made"
        switch call.volume.contentSource {
        case nil: break
        case .snapshot(let source):
            let id = VolumeLookup.snapshotID(source.id)
            guard let id, let snapshot = try await failing(task, { try await ec2.snapshot(id) }) else {
                throw DriverError(
                    .notFound, "there is no snapshot \(source.id)", field: "volume.contentSource", outcome: .final)
            }
            sourceSizeGiB = snapshot.sizeGiB
        case .volume(let source):
            let id = VolumeLookup.id(source.id)
            guard let id, let volume = try await failing(task, { try await ec2.volume(id) }) else {
                throw DriverError(
                    .notFound, "there is no volume \(source.id)", field: "volume.contentSource", outcome: .final)
            }
            sourceSizeGiB = volume.sizeGiB
            sourceZone = volume.zone
            guard choice.allows(name: volume.zone, id: volume.zoneID) else {
                throw DriverError(
                    .resourceExhausted,
                    "a copy of \(id) lies in its zone, \(volume.zone), where the claim's topology does not allow it",
                    field: "volume.topology", outcome: .final, reschedule: true)
            }
        }
        self.sourceZone = sourceZone
        specification = try VolumeSpecification(call, configuration, sourceSizeGiB: sourceSizeGiB)
        tags = try Tags.ofVolume(call, specification, configuration)
    }

    /// Has EC2 check the request without carrying it out.
    ///
    /// - Throws: ``DriverError`` with what EC2 would say.
    func check() async throws {
        if let existing = try await failing(task, { try await lookup.volume(named: name) }) {
            try compare(existing)
            return
        }
        guard let zone = try await zones().first else { return }
        do throws(EC2Failure) {
            _ = try await ec2.call(action, parameters(zone, token: 1) + [("DryRun", "true")])
        } catch {
            // DryRunOperation is its success; the source's state is a matter of the moment.
            guard error.code != "DryRunOperation", error.code != "IncorrectState" else { return }
            throw refusal(error, outcome: .final)
        }
    }

    func run() async throws -> EC2Volume {
        var volume = try await create()
        if volume.state == "creating" { volume = try await wait(for: volume) }
        try compare(volume)
        return volume
    }

    // MARK: Creating

    private func create() async throws -> EC2Volume {
        var token = 1
        var zones = try await zones()[...]
        guard var zone = zones.popFirst() else {
            throw DriverError(.failedPrecondition, "\(task): there is no zone for it", outcome: .final)
        }
        while true {
            do throws(EC2Failure) {
                let root = try await ec2.call(action, parameters(zone, token: token))
                let element = root["volumeSet"]?.all("item").first ?? root
                guard let volume = EC2Volume(element) else {
                    throw EC2Failure(
                        action: action, reason: .refused(code: "InternalError", message: "the answer holds no volume"),
                        mayHaveArrived: true)
                }
                return volume
            } catch {
                switch error.code {
                case "IdempotentParameterMismatch":
                    if let existing = try await existing(after: error, patiently: true) { return existing }
                    token += 1
                    guard token <= Self.tokenLimit else { throw refusal(error, outcome: .unknown) }
                case "VolumeLimitExceeded", "MaxIOPSLimitExceeded":
                    // At the quota EC2 turns down a repeated request too.
                    if let existing = try await existing(after: error, patiently: error.mayHaveArrived) {
                        return existing
                    }
                    throw refusal(error, outcome: .final)
                case "InsufficientVolumeCapacity", "InsufficientCapacity":
                    guard !error.mayHaveArrived, let next = zones.popFirst() else {
                        throw refusal(error, outcome: .final)
                    }
                    call.log("zone \(zone.text) has no capacity for volume \(name); trying \(next.text)")
                    zone = next
                case "IncorrectState":
                    // The snapshot is not complete, or the volume to copy not made yet.
                    try await waitForSource(error)
                default: throw refusal(error, outcome: .final)
                }
            }
        }
    }

    private func existing(after failure: EC2Failure, patiently: Bool) async throws -> EC2Volume? {
        try await failing(task, earlier: failure.mayHaveArrived ? .unknown : .final) {
            try await lookup.volume(named: name, patiently: patiently)
        }
    }

    private func waitForSource(_ failure: EC2Failure) async throws {
        let isReady = try await failing(task) {
            try await PollSchedule(first: .milliseconds(500)).poll(deadline: ec2.deadline) { () -> Bool? in
                switch call.volume.contentSource {
                case .snapshot(let source):
                    guard let state = try await ec2.snapshot(source.id)?.state else { return true }
                    return state == "pending" ? nil : state == "completed"
                case .volume(let source):
                    guard let id = VolumeLookup.id(source.id) else { return false }
                    return try await ec2.volume(id)?.state == "creating" ? nil : true
                case nil: return false
                }
            }
        }
        guard let isReady else {
            throw DriverError(
                .unavailable, "\(task): what it begins with is not ready yet", outcome: .final,
                retryAfter: .seconds(10))
        }
        guard isReady else { throw refusal(failure, outcome: .final) }
    }

    private func zones() async throws -> [ZoneChoice.Zone] {
        if let sourceZone { return [.name(sourceZone)] }
        let regional =
            choice.allowed == nil && choice.preferred.isEmpty
            ? try await failing(task) { try await ec2.account.zones(ec2) } : []
        return choice.order(regional: regional, claim: call.request.claim?.name ?? name)
    }

    private var action: String { sourceZone == nil ? "CreateVolume" : "CopyVolumes" }

    private func parameters(_ zone: ZoneChoice.Zone, token: Int) -> EC2.Parameters {
        var parameters: EC2.Parameters = []
        switch specification.source {
        case .volume(let source): parameters.append(("SourceVolumeId", VolumeLookup.id(source.id) ?? source.id))
        case .snapshot(let source): parameters += [zone.parameter, ("SnapshotId", source.id)]
        case nil: parameters.append(zone.parameter)
        }
        parameters += [("Size", String(specification.sizeGiB)), ("VolumeType", specification.type)]
        if let iops = specification.iops { parameters.append(("Iops", String(iops))) }
        if let throughput = specification.throughput { parameters.append(("Throughput", String(throughput))) }
        if specification.isEncrypted { parameters.append(("Encrypted", "true")) }
        if let key = specification.kmsKeyID { parameters.append(("KmsKeyId", key)) }
        if let rate = specification.initializationRate {
            parameters.append(("VolumeInitializationRate", String(rate)))
        }
        if let outpost = specification.outpostARN { parameters.append(("OutpostArn", outpost)) }
        let text = token == 1 ? name : "\(name)-\(token)"
        parameters.append(("ClientToken", Hex.encoded(Digest.sha256(text))))
        return parameters + EC2.tagSpecification("volume", tags)
    }

    // MARK: Waiting

    /// Until it can be attached. Looks by name: a volume that an earlier call made so long ago that EC2 has forgotten
    /// its token is found out by that, and wins.
    private func wait(for made: EC2Volume) async throws -> EC2Volume {
        let waited = try await failing(task, earlier: .unknown) { () -> EC2Volume? in
            if let volume = try await look(for: made) { return volume }
            return try await Self.waiting.poll(deadline: ec2.deadline) { try await look(for: made) }
        }
        guard let waited else {
            throw DriverError(
                .deadlineExceeded, "\(task) in time: EC2 is still creating \(made.id)", outcome: .unknown)
        }
        return waited
    }

    /// - Returns: `nil`: not yet.
    private func look(for made: EC2Volume) async throws -> EC2Volume? {
        let found = try await lookup.volumes(named: name)
        if let oldest = found.first, oldest.id != made.id, let own = found.first(where: { $0.id == made.id }) {
            guard own.state != "creating" else { return nil }  // cannot be deleted yet
            call.log("volume \(name) was there already as \(oldest.id): deleting \(made.id), which was made just now")
            _ = try await ec2.call("DeleteVolume", [("VolumeId", made.id)])
            return oldest
        }
        guard let volume = found.first(where: { $0.id == made.id }) else { return nil }
        switch volume.state {
        case "creating": return nil
        case "error":
            _ = try await ec2.call("DeleteVolume", [("VolumeId", made.id)])
            throw DriverError(
                .failedPrecondition,
                "\(task): EC2 could not create \(made.id); if it is encrypted, check that its key can be used",
                outcome: .unknown)
        default: return volume
        }
    }

    // MARK: Comparing

    /// - Throws: ``DriverError`` `ALREADY_EXISTS` for a volume of this name that is not what the call asks for.
    private func compare(_ volume: EC2Volume) throws(DriverError) {
        func exists(_ reason: String) -> DriverError {
            DriverError(.alreadyExists, "there is a volume \(name) already, \(volume.id), \(reason)", outcome: .final)
        }
        guard volume.tags[Tags.owner] == call.request.owner else { throw exists("and it is another host's") }
        guard volume.tags[Tags.arguments] == specification.fingerprint else {
            throw exists(
                "made with other arguments: it has \(volume.sizeGiB) GiB and is of the type \(volume.type)")
        }
        guard choice.allows(name: volume.zone, id: volume.zoneID) else {
            throw exists("in \(volume.zone), where the claim's topology does not allow it")
        }
        if let limit = call.volume.limitBytes, volume.capacityBytes > limit {
            throw exists("and it has grown to \(volume.sizeGiB) GiB, above the limit of \(limit) bytes")
        }
    }

    private func refusal(_ failure: EC2Failure, outcome: DriverError.Outcome) -> DriverError {
        var error = failure.driverError(task, earlier: outcome)
        switch failure.code {
        case "InvalidZone.NotFound": error.field = "volume.topology"
        case "UnknownVolumeType": error.field = "parameters.type"
        case "InvalidSnapshot.NotFound", "InvalidVolume.NotFound": error.field = "volume.contentSource"
        default: break
        }
        return error
    }
}

/// Runs `body`, and puts an EC2 failure into the host's terms.
///
/// - Parameters:
///   - task: What was not done, as the beginning of a sentence.
///   - earlier: What is known of the call's requests before.
func failing<Value>(
    _ task: String, earlier: DriverError.Outcome = .final, _ body: () async throws -> Value
) async throws -> Value {
    do {
        return try await body()
    } catch let failure as EC2Failure {
        throw failure.driverError(task, earlier: earlier)
    }
}
