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
        let intent: ProvisioningIntent
        do throws(ProvisioningRefusal) {
            intent = try ProvisioningIntent(claim, storageClass, node: node)
        } catch {
            // It stays so until class, claim or node change, each of which brings the claim back.
            recorder.record(.provisioningRefused(error, className: storageClass.name), about: claim.reference)
            return false
        }
        return try await attempt(intent, claim, node: node, hadIntent: false, by: item)
    }

    /// For a claim with an intent, deleted or not: the same call again, until it is known what there is.
    func resume(
        _ claim: PersistentVolumeClaim, storageClass: StorageClass?, by item: WorkItem
    ) async throws -> Bool {
        if let intent = claim.provisioningIntent {
            return try await attempt(intent, claim, node: nil, hadIntent: true, by: item)
        }
        // Somebody damaged the annotation. What it said can only be guessed from the class.
        let damage = "annotation \(BerthAnnotation.provisioningIntent) cannot be read"
        guard let storageClass else {
            let why = ProvisioningRefusal(
                "\(damage), and class \"\(claim.effectiveClassName ?? "")\" is gone: a volume "
                    + "\(ProvisioningIntent.volumeName(claimUID: claim.uid)) may exist. Restore either, or make sure "
                    + "that there is none and remove finalizer \(BerthFinalizer.provisioning)")
            recorder.record(
                .provisioningRefused(why, className: claim.effectiveClassName ?? ""), about: claim.reference)
            return false
        }
        let intent: ProvisioningIntent
        do throws(ProvisioningRefusal) {
            intent = try ProvisioningIntent(claim, storageClass, node: nil)
        } catch {
            recorder.record(.provisioningRefused(error, className: storageClass.name), about: claim.reference)
            return false
        }
        return try await attempt(intent, claim, node: nil, hadIntent: true, by: item)
    }

    private func attempt(
        _ intent: ProvisioningIntent, _ claim: PersistentVolumeClaim, node: ClaimRequirements.Node?, hadIntent: Bool,
        by item: WorkItem
    ) async throws -> Bool {
        guard let driver = drivers.directory.driver(serving: intent.provisioner) else {
            if !claim.isBeingDeleted {
                recorder.record(.externalProvisioning(intent.provisioner), about: claim.reference)
            }
            let failure = ProvisioningFailure(.noChange, drivers.nobodyServes(intent.provisioner))
            recorder.record(
                .provisioningFailed(failure, className: intent.className, next: nil), about: claim.reference)
            return false
        }
        let basis = Attempts.Basis(
            classUID: intent.classUID, requestBytes: intent.requestBytes,
            nodeName: node?.name ?? claim.metadata[annotation: WellKnownAnnotation.selectedNode] ?? "",
            isBeingDeleted: claim.isBeingDeleted, driver: driver.generation)
        if let wait = attempts.wait(for: .uid(claim.uid), basis) {
            objects.queue.add(item, after: wait)
            return false
        }
        var attempt = ProvisioningAttempt(
            claim: claim, item: item, intent: intent, hadIntent: hadIntent, driver: driver, basis: basis)
        if let problem = driver.problem {
            // It would not be reached: an intent that is there stays, a new one is not recorded.
            return try await conclude(attempt, ProvisioningFailure(.noChange, problem), recorded: false)
        }
        return try await drivers.withPlace(at: intent.provisioner, for: item) {
            guard let secrets = try await secrets(attempt) else { return false }
            if !hadIntent {
                guard let recorded = try await record(intent, on: claim, node: node, by: item) else { return true }
                attempt.claim = recorded
            }
            return try await callDriver(attempt, secrets)
        } ?? false
    }

    /// - Returns: The claim as it is stored now; `nil` when it had changed, and has to be looked at again.
    private func record(
        _ intent: ProvisioningIntent, on claim: PersistentVolumeClaim, node: ClaimRequirements.Node?, by item: WorkItem
    ) async throws -> PersistentVolumeClaim? {
        var recorded = claim
        recorded.record(intent)
        if let node { recorded.metadata[annotation: WellKnownAnnotation.selectedNode] = node.name }
        return try await objects.write(.claim(recorded), by: item).map { PersistentVolumeClaim($0) }
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
        if attempt.hadIntent {
            // A volume must not be made again for a claim that was served, or went, while a cache was late.
            let claim = attempt.claim
            let live = try await objects.refresh(
                .persistentVolumeClaim, claim.key, knownUID: claim.uid, by: attempt.item)
            guard let live, live.uid == claim.uid,
                PersistentVolumeClaim(live).metadata.hasFinalizer(BerthFinalizer.provisioning)
            else { return true }
        }
        // The volume may be told of already, only our cache not know it: then nobody is asked again.
        let name = ObjectKey(name: attempt.volumeName)
        if let object = try await objects.refresh(.persistentVolume, name, by: attempt.item) {
            return try await adopt(PersistentVolume(object), attempt)
        }
        if !attempt.hadIntent { recorder.record(.provisioning(attempt.claim.key), about: attempt.claim.reference) }
        let call: DriverCall
        do throws(ClassParameterError) {
            call = DriverCall(
                .provision, volume: try attempt.intent.volumeRequest(claimUID: attempt.claim.uid),
                parameters: try attempt.intent.driverParameters(), secrets: secrets,
                claim: attempt.intent.claimReference(attempt.claim))
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
