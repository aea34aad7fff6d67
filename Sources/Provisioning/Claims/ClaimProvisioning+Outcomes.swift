import DriverHost
import DriverProtocol
import KubernetesAPI

// What comes after a driver's answer.
extension ClaimProvisioning {
    // MARK: success

    func publish(
        _ made: ProvisionedVolume, _ capacityBytes: Int64, _ attempt: ProvisioningAttempt, _ secrets: [String: String]
    ) async throws -> Bool {
        let claim = attempt.claim
        let current = objects.cache.claim(claim.key).flatMap { $0.uid == claim.uid ? $0 : nil }
        guard let current, !current.isBeingDeleted else {
            // Nobody wants it any more, and nobody has seen it yet.
            guard try await discard(made, attempt, secrets) else { return false }
            return try await forgetIntent(attempt, returnsNode: false)
        }
        let volume = PersistentVolume(made, capacityBytes: capacityBytes, for: current, attempt.intent)
        do {
            try await objects.create(volume, by: attempt.item)
        } catch let error as StatusError where error.reason == .alreadyExists {
            guard let object = try await objects.refresh(.persistentVolume, volume.key, by: attempt.item) else {
                return true
            }
            return try await adopt(PersistentVolume(object), attempt, ifNot: .background)
        } catch let error as StatusError where error.reason == .invalid {
            // What the driver answered makes no PersistentVolume. The volume is there, and stays known by the intent.
            let why = "driver \(attempt.driver.name) made a volume that the API refuses: \(error.message)"
            return try await conclude(attempt, ProvisioningFailure(.background, why, isSlow: true))
        }
        attempts.forget(.uid(claim.uid))
        recorder.record(.provisioned(volume.name), about: claim.reference)
        return true
    }

    /// The volume's object was there already: made by an earlier attempt, or somebody else's.
    ///
    /// - Parameter state: What is known of the driver's volume if it is somebody else's.
    func adopt(
        _ volume: PersistentVolume, _ attempt: ProvisioningAttempt, ifNot state: ProvisioningFailure.State
    ) async throws -> Bool {
        if volume.isHostMade, volume.claimRef?.uid == attempt.claim.uid {
            // From now on the object stands for the volume.
            try await objects.client.change(.remove(volume: attempt.volumeName))
            return true
        }
        let why =
            "a PersistentVolume \(volume.name) already exists that "
            + (volume.isHostMade ? "does not belong to this claim" : "Berth did not create")
            + (volume.claimRef.map { " (its claimRef is \($0.key))" } ?? "")
            + ". Delete it: this claim's volume needs that name"
        return try await conclude(attempt, ProvisioningFailure(state, why, isSlow: true))
    }

    /// Deletes what nobody will get.
    ///
    /// - Parameter made: The volume; `nil` if it is unknown whether there is one: the driver finds it by name.
    /// - Returns: Whether it is gone. If not, the intent stays, and everything is done again.
    func discard(
        _ made: ProvisionedVolume?, _ attempt: ProvisioningAttempt, _ secrets: [String: String]
    ) async throws -> Bool {
        let claim = attempt.claim
        let call: DriverCall
        do throws(ClassParameterError) {
            call = try attempt.record.delete(made, secrets: secrets)
        } catch {
            return try await conclude(attempt, ProvisioningFailure(.noChange, "\(error)", isSlow: true))
        }
        let answer = await drivers.call(attempt.driver.name, call)
        try Task.checkCancellation()
        let failure: VolumeDeletion.Failure
        switch VolumeDeletion(answer, driver: attempt.driver.name) {
        case .deleted: return true
        case .pending: failure = VolumeDeletion.Failure(message: "the driver is still at it", callID: nil)
        case .failed(let why): failure = why
        }
        recorder.record(.cleanupFailed(failure.message, callID: failure.callID), about: claim.reference)
        let outcome: Attempts.Outcome = failure.isSlow ? .failedForGood : .failed
        let delay = attempts.note(outcome, .uid(claim.uid), attempt.basis, least: failure.retryAfter)
        objects.queue.add(attempt.item, after: delay)
        return false
    }

    // MARK: no volume yet

    func tellProgress(_ progress: OperationProgress?, _ attempt: ProvisioningAttempt) async throws -> Bool {
        let text = progress?.summary ?? "under way"
        let claim = attempt.claim
        recorder.record(.progress(attempt.driver.name, text), about: claim.reference)
        try await objects.changeClaim(claim.key, uid: claim.uid, by: attempt.item) { claim in
            claim.metadata[annotation: BerthAnnotation.provisioningProgress] = text
        }
        objects.queue.add(attempt.item, after: attempts.note(.pending, .uid(claim.uid), attempt.basis))
        return false
    }

    /// - Parameter recorded: Whether the intent has been recorded.
    func conclude(
        _ attempt: ProvisioningAttempt, _ failure: ProvisioningFailure, recorded: Bool = true
    ) async throws -> Bool {
        let claim = attempt.claim
        let isBeingDeleted = objects.cache.claim(claim.key)?.isBeingDeleted ?? true
        let consequence = FailureConsequence(
            failure, hadIntent: attempt.hadIntent, claimIsBeingDeleted: isBeingDeleted)
        var delay: Duration?
        switch consequence.pace {
        case .backoff: delay = attempts.note(.failed, .uid(claim.uid), attempt.basis, least: failure.retryAfter)
        case .slow: delay = attempts.note(.failedForGood, .uid(claim.uid), attempt.basis, least: failure.retryAfter)
        case nil: break
        }
        if !consequence.keepsIntent, recorded {
            _ = try await forgetIntent(attempt, returnsNode: consequence.returnsNode)
        }
        recorder.record(
            .provisioningFailed(
                failure, className: attempt.intent.className,
                next: delay.map { "Next attempt in \($0.roundedForPeople)" }),
            about: claim.reference)
        guard let delay else { return true }
        objects.queue.add(attempt.item, after: delay)
        return false
    }

    func forgetIntent(_ attempt: ProvisioningAttempt, returnsNode: Bool) async throws -> Bool {
        try await objects.endIntent(attempt.record, by: attempt.item) { claim in
            if returnsNode { claim.metadata[annotation: WellKnownAnnotation.selectedNode] = nil }
        }
        return true
    }
}

extension Duration {
    /// `1 s`, `5 min`: not more exact than anybody wants to know.
    var roundedForPeople: String {
        let seconds = Int((self / .seconds(1)).rounded(.up))
        return seconds < 120 ? "\(seconds) s" : "\((seconds + 30) / 60) min"
    }
}
