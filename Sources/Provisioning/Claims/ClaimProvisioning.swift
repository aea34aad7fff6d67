import DriverHost
import DriverProtocol
import KubernetesAPI

/// Has a claim's volume made: intent, driver, PersistentVolume, in this order, so that a crash between any two leaves
/// what the next start needs to find the volume again.
struct ClaimProvisioning: Sendable {
    let objects: ObjectAccess
    let drivers: DriverCalls
    let attempts: Attempts
    let recorder: EventRecorder

    /// For a claim of which nothing was recorded yet.
    ///
    /// - Returns: Whether the claim is to be looked at again at once.
    func begin(
        _ claim: PersistentVolumeClaim, _ storageClass: StorageClass, node: ClaimRequirements.Node?, by item: WorkItem
    ) async throws -> Bool {
        guard let (record, driver) = plan(claim, storageClass, node: node) else { return false }
        return try await attempt(record, driver, claim, node: node, hadIntent: false, isRecorded: false, by: item)
    }

    /// For a claim with an intent, deleted or not: repeats the call until its outcome is known.
    func resume(_ situation: ClaimSituation, by item: WorkItem) async throws -> Bool {
        let claim = situation.claim
        guard let record = situation.record.flatMap(RecordedIntent.init), record.claimUID == claim.uid else {
            return try await rebuild(claim, situation.storageClass, by: item)
        }
        guard let driver = drivers.directory.driver(named: record.driver.name) else {
            recorder.record(.pinnedDriverGone(record, asked: drivers.directory.driverNames), about: claim.reference)
            return false
        }
        if let difference = situation.storageClass.flatMap(record.difference) {
            recorder.record(.classDiffers(record, difference), about: claim.reference)
        }
        if driver.config != record.driver.config {
            recorder.record(.configDiffers(record), about: claim.reference)
        }
        let isHeld = claim.isBeingDeleted || claim.metadata.hasFinalizer(BerthFinalizer.provisioning)
        return try await attempt(
            record, driver, claim, node: nil, hadIntent: true, isRecorded: isHeld, by: item)
    }

    /// For a claim of an older Berth, which kept the intent where tenants can write it, and for a claim whose record is
    /// damaged: the driver's arguments are taken from the class, which tenants cannot write.
    private func rebuild(
        _ claim: PersistentVolumeClaim, _ storageClass: StorageClass?, by item: WorkItem
    ) async throws -> Bool {
        guard let storageClass else {
            recorder.record(.intentLost(claim), about: claim.reference)
            return false
        }
        guard let (record, driver) = plan(claim, storageClass, node: nil) else { return false }
        return try await attempt(record, driver, claim, node: nil, hadIntent: true, isRecorded: false, by: item)
    }

    /// - Returns: `nil` when no driver can be asked, which has then been reported.
    private func plan(
        _ claim: PersistentVolumeClaim, _ storageClass: StorageClass, node: ClaimRequirements.Node?
    ) -> (RecordedIntent, DriverDirectory.Driver)? {
        let intent: ProvisioningIntent
        do throws(ProvisioningRefusal) {
            intent = try ProvisioningIntent(claim, storageClass, node: node)
        } catch {
            // It stays so until class, claim or node change, each of which brings the claim back.
            recorder.record(.provisioningRefused(error, className: storageClass.name), about: claim.reference)
            return nil
        }
        guard let driver = drivers.directory.driver(serving: intent.provisioner) else {
            if !claim.isBeingDeleted {
                recorder.record(.externalProvisioning(intent.provisioner), about: claim.reference)
            }
            let failure = ProvisioningFailure(.noChange, drivers.nobodyServes(intent.provisioner))
            recorder.record(
                .provisioningFailed(failure, className: intent.className, next: nil), about: claim.reference)
            return nil
        }
        let reference = DriverReference(name: driver.name, config: driver.config)
        return (
            RecordedIntent(intent, driver: reference, claim: claim.key, claimUID: claim.uid, recordedAt: .now), driver
        )
    }

    private func attempt(
        _ record: RecordedIntent, _ driver: DriverDirectory.Driver, _ claim: PersistentVolumeClaim,
        node: ClaimRequirements.Node?, hadIntent: Bool, isRecorded: Bool, by item: WorkItem
    ) async throws -> Bool {
        let basis = Attempts.Basis(
            classUID: record.arguments.classUID, requestBytes: record.arguments.requestBytes,
            nodeName: node?.name ?? claim.metadata[annotation: WellKnownAnnotation.selectedNode] ?? "",
            isBeingDeleted: claim.isBeingDeleted, driver: driver.generation)
        if let wait = attempts.wait(for: .uid(claim.uid), basis) {
            objects.queue.add(item, after: wait)
            return false
        }
        var attempt = ProvisioningAttempt(
            claim: claim, item: item, record: record, isRecorded: isRecorded, hadIntent: hadIntent, driver: driver,
            basis: basis)
        if let problem = driver.problem {
            // It would not be reached: an intent that is there stays, a new one is not recorded.
            return try await conclude(attempt, ProvisioningFailure(.noChange, problem), recorded: false)
        }
        return try await drivers.withPlace(at: record.arguments.provisioner, for: item) {
            guard let secrets = try await secrets(attempt) else { return false }
            if !attempt.isRecorded {
                guard let recorded = try await keep(attempt, node: node) else { return true }
                attempt.claim = recorded
                attempt.isRecorded = true
            }
            return try await callDriver(attempt, secrets)
        } ?? false
    }

    /// Records the intent and adds the claim's finalizer in one commit.
    ///
    /// - Returns: The claim as it is stored now; `nil` when it had changed, and has to be looked at again.
    private func keep(
        _ attempt: ProvisioningAttempt, node: ClaimRequirements.Node?
    ) async throws -> PersistentVolumeClaim? {
        var held = attempt.claim
        held.holdForProvisioning(by: attempt.intent.provisioner)
        if let node { held.metadata[annotation: WellKnownAnnotation.selectedNode] = node.name }
        return try await objects.write(.claim(held), .record(attempt.record.stored), by: attempt.item)
            .map { PersistentVolumeClaim($0) }
    }

    /// - Returns: `nil` when there is a secret and it cannot be had; that was told then.
    private func secrets(_ attempt: ProvisioningAttempt) async throws -> [String: String]? {
        guard let reference = attempt.intent.secret else { return [:] }
        let why: String
        switch try await drivers.secrets(reference) {
        case .found(let secrets): return secrets
        case .unreadable(let message): why = message
        case .missing: why = SecretLookup.missingForProvisioning(reference)
        }
        // Nobody was asked: an intent that is there stays, a new one is not recorded.
        _ = try await conclude(attempt, ProvisioningFailure(.noChange, why), recorded: false)
        return nil
    }

    private func callDriver(_ attempt: ProvisioningAttempt, _ secrets: [String: String]) async throws -> Bool {
        var claim = attempt.claim
        if attempt.hadIntent {
            // A volume must not be made again for a claim that was served, or went, while a cache was late.
            let live = try await objects.refresh(
                .persistentVolumeClaim, claim.key, knownUID: claim.uid, by: attempt.item)
            guard let live, live.uid == claim.uid,
                try await objects.client.intent(for: attempt.volumeName) != nil
            else { return true }
            claim = PersistentVolumeClaim(live)
        }
        // The volume may be told of already, only our cache not know it: then nobody is asked again.
        let name = ObjectKey(name: attempt.volumeName)
        if let object = try await objects.refresh(.persistentVolume, name, by: attempt.item) {
            return try await adopt(PersistentVolume(object), attempt, ifNot: .noChange)
        }
        if claim.isBeingDeleted {
            // Nobody wants it any more. Provisioning it once more, only to delete it, could go on for ever.
            guard try await discard(nil, attempt, secrets) else { return false }
            return try await forgetIntent(attempt, returnsNode: false)
        }
        if !attempt.hadIntent { recorder.record(.provisioning(attempt.claim.key), about: attempt.claim.reference) }
        let call: DriverCall
        do throws(ClassParameterError) {
            call = try attempt.record.provision(secrets: secrets)
        } catch {
            return try await conclude(attempt, ProvisioningFailure(.noChange, "\(error)", isSlow: true))
        }
        let answer = await drivers.call(attempt.driver.name, call)
        try Task.checkCancellation()
        switch ProvisionVerdict(answer, to: attempt.intent, driver: attempt.driver.name) {
        case .made(let volume, let capacityBytes):
            return try await publish(volume, capacityBytes, attempt, secrets)
        case .unfit(let volume, let why):
            guard try await discard(volume, attempt, secrets) else { return false }
            return try await conclude(attempt, ProvisioningFailure(.background, why))
        case .pending(let progress):
            return try await tellProgress(progress, attempt)
        case .failed(let failure):
            return try await conclude(attempt, failure)
        }
    }
}
