import DriverHost
import DriverProtocol
import JSONTree
import KubernetesAPI

/// What would become of a claim if it were created: the same decisions as ``ClaimReconciler`` takes, and of the driver
/// only its `validate`. Nothing is written, made or kept.
///
/// What only another claim or another class can mend is thrown, so that whoever asks sees it in the exit status. What
/// may change by itself or by somebody else's hand is said.
struct ClaimForecast: Sendable {
    let host: DriverHost
    let cache: ObjectCache
    let configuration: ProvisioningConfiguration

    /// - Parameter claim: As it would be stored, with a uid.
    /// - Returns: What follows after the claim's name, as `would be provisioned by driver hostpath: 8Gi at /srv/v`.
    /// - Throws: ``StatusError``: `Invalid`, with the field that is to blame; what the API throws.
    func forecast(_ claim: PersistentVolumeClaim, _ objects: any ResourceClient) async throws -> String {
        let situation = try await situation(of: claim, objects)
        let step = ClaimLifecycle(situation: situation, now: .now).next(
            reserve: { cache.bestVolume(for: $0, of: claim.key) }, misfits: cache.misfits)
        switch step {
        case .provision(let storageClass, let node):
            return "would \(try await provisioning(of: claim, storageClass, node, objects))"
        case .wait(.waitForFirstConsumer):
            return try await consumer("until a Pod uses it", claim, situation.storageClass, objects)
        case .wait(let notice) where notice.reason == "WaitForPodScheduled":
            return try await consumer("until a node is chosen for its Pod", claim, situation.storageClass, objects)
        case .wait(let notice): return "would stay Pending: \(notice.message)"
        case .write(.volume(let volume)), .write(.volumeStatus(let volume)):
            return "would be bound to volume \(volume.name): \(volume.sizeAndPlace)"
        // The class that is the default one by now.
        case .write(.claim(let assigned)) where assigned.storageClassName != claim.storageClassName:
            return try await forecast(assigned, objects)
        case .write, .lose, .release, .resume, .settled:
            return "would be taken as a claim that was bound before, because of its annotations or finalizers"
        }
    }

    /// Of the cache only what has too many objects to be read anew.
    private func situation(
        of claim: PersistentVolumeClaim, _ objects: any ResourceClient
    ) async throws -> ClaimSituation {
        var situation = cache.situation(of: claim, hostNode: configuration.nodeName)
        if let name = claim.effectiveClassName, !name.isEmpty {
            situation.storageClass = try await objects.find(.storageClass, ObjectKey(name: name)).map { .init($0) }
        }
        if !claim.volumeName.isEmpty {
            situation.namedVolume = try await objects.find(.persistentVolume, ObjectKey(name: claim.volumeName))
                .map { .init($0) }
        }
        return situation
    }

    /// For a class that waits for whoever uses the claim.
    private func consumer(
        _ until: String, _ claim: PersistentVolumeClaim, _ storageClass: StorageClass?, _ objects: any ResourceClient
    ) async throws -> String {
        let waits = "would wait \(until) (class \"\(storageClass?.name ?? "")\" is WaitForFirstConsumer)"
        guard let storageClass else { return waits }
        guard storageClass.provisioner != StorageClass.noProvisioner else {
            return "\(waits), and then be bound to a PersistentVolume of the class, if there is one that fits"
        }
        return "\(waits), and then \(try await provisioning(of: claim, storageClass, nil, objects))"
    }

    // MARK: a new volume

    /// - Returns: What follows after "would".
    private func provisioning(
        of claim: PersistentVolumeClaim, _ storageClass: StorageClass, _ node: ClaimRequirements.Node?,
        _ objects: any ResourceClient
    ) async throws -> String {
        let standing = DriverStanding(of: storageClass.provisioner, in: host)
        if let fault = ClassReview(storageClass, standing).faults.first {
            throw ForecastRefusal(
                "\(fault.text). \(ProvisioningIntent.classRemedy(storageClass.name))", field: "spec.storageClassName"
            ).status(claim)
        }
        let intent: ProvisioningIntent
        do throws(ProvisioningRefusal) {
            intent = try ProvisioningIntent(claim, storageClass, node: node)
        } catch {
            throw ForecastRefusal(error.message, field: error.field).status(claim)
        }
        switch standing {
        case .missing(let others):
            return "stay Pending: \(DriverStanding.nobodyServes(intent.provisioner, others: others))"
        case .starting(let driver):
            return "be provisioned by driver \(driver), if that agrees: it is just starting, and could not be asked"
        case .broken(let driver, let reason):
            return "stay Pending as long as driver \(driver) cannot be called: \(reason)"
        case .known(let driver, let info):
            return try await answer(of: driver, info, claim, intent, objects)
        }
    }

    private func answer(
        of driver: String, _ info: DriverInfo, _ claim: PersistentVolumeClaim, _ intent: ProvisioningIntent,
        _ objects: any ResourceClient
    ) async throws -> String {
        guard info.supports(.provision) else {
            return "stay Pending until somebody creates a PersistentVolume for it: driver \(driver) makes no volumes"
        }
        let volume: VolumeRequest
        let parameters: [String: String]
        let capacityBytes: Int64
        do {
            volume = try intent.volumeRequest(claimUID: claim.uid)
            parameters = try intent.driverParameters()
            try info.checkModes(of: volume)
            capacityBytes = try info.capacityBytes(for: volume)
        } catch let error as DriverError {
            throw ForecastRefusal(error, of: driver, intent).status(claim)
        } catch let error as ClassParameterError {
            throw ForecastRefusal("\(error)", field: "spec.storageClassName").status(claim)
        }
        let made = "be provisioned by driver \(driver)"
        let size = Self.size(capacityBytes, of: claim)
        var secrets: [String: String] = [:]
        if let reference = intent.secret {
            switch try await SecretLookup(reference, objects) {
            case .found(let strings): secrets = strings
            case .missing: return "stay Pending: \(SecretLookup.missingForProvisioning(reference))"
            case .unreadable(let why): return "stay Pending: \(why)"
            }
        }
        guard info.supports(.validate) else {
            return "\(made), if that agrees: \(size). Whether it does cannot be told: it does not offer validate"
        }
        let call = DriverCall(
            .validate, volume: volume, parameters: parameters, secrets: secrets, claim: intent.claimReference(claim))
        switch try await answer(of: driver, to: call) {
        case .success(let reply):
            let bytes = reply.volume?.capacityBytes.flatMap { $0 == 0 ? nil : $0 } ?? capacityBytes
            let place = reply.volume.map(Self.place) ?? ""
            // The claim gets another uid when it is really created, and with it its volume another name.
            return "\(made): \(Self.size(bytes, of: claim))\(place.replacing(volume.name, with: "pvc-<uid>"))"
        case .pending, .notSupported:
            return "\(made), if that agrees: \(size). Whether it does cannot be told: it did not answer validate"
        case .failed(let error, _) where ForecastRefusal.isCertain(error):
            throw ForecastRefusal(error, of: driver, intent).status(claim)
        case .failed(let error, let callID):
            let failure = ProvisioningFailure(error, intent: intent, driver: driver, callID: callID)
            return "stay Pending for now: \(failure.message)"
        case .unreachable(let why, _): return "stay Pending for now: \(why)"
        case .lost(let why, _): return "\(made), if that agrees: \(size). Whether it does cannot be told: \(why)"
        }
    }

    /// A driver that takes longer than ``ProvisioningConfiguration/validationTime`` is given up, and not counted as one
    /// that fails: somebody only wanted to know.
    private func answer(of driver: String, to call: DriverCall) async throws -> DriverAnswer {
        try await withThrowingTaskGroup(of: DriverAnswer?.self) { group in
            group.addTask {
                do throws(DriverCallError) {
                    let reply = try await host.call(driver: driver, call)
                    return reply.status == .pending ? .pending(reply.progress) : .success(reply)
                } catch {
                    return DriverAnswer(error)
                }
            }
            group.addTask {
                try await Task.sleep(for: configuration.validationTime)
                return nil
            }
            defer { group.cancelAll() }
            if let first = try await group.next(), let answer = first { return answer }
            return .lost(
                "driver \(driver) has not answered within \(configuration.validationTime.roundedForPeople)", callID: nil
            )
        }
    }

    /// As the claim writes it, where it gets just what it asks for.
    private static func size(_ bytes: Int64, of claim: PersistentVolumeClaim) -> Quantity {
        if let request = claim.request, request.bytes == bytes { return request }
        return Quantity(bytes: bytes)
    }

    private static func place(_ volume: ProvisionedVolume) -> String {
        var text = ""
        if let source = volume.volumeSource?.objectValue?.first {
            text += " \(PersistentVolume.Source(type: source.key, value: source.value).place)"
        }
        let segments = volume.topology.map { segments in
            segments.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
        }
        if !segments.isEmpty { text += ", reachable where \(segments.joined(separator: " or "))" }
        return text
    }
}

extension ResourceClient {
    /// `nil` for what does not exist.
    fileprivate func find(_ kind: ResourceKind, _ key: ObjectKey) async throws -> StoredObject? {
        do {
            return try await get(kind, key)
        } catch let error as StatusError where error.reason == .notFound {
            return nil
        }
    }
}
