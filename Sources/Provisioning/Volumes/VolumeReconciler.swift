import DriverHost
import DriverProtocol
import KubernetesAPI

/// Carries out what ``VolumeLifecycle`` decides for one volume, step by step, until the volume is settled or waits.
struct VolumeReconciler: Sendable {
    private static let maximumSteps = 24

    let objects: ObjectAccess
    let drivers: DriverCalls
    let attempts: Attempts
    let recorder: EventRecorder

    /// - Throws: What the API throws. It can be made again at any time.
    func reconcile(_ name: String) async throws {
        let item = WorkItem.volume(name)
        /// The state of the volume for which the API said that its claim is gone.
        var confirmedFor: ObjectReference?
        for _ in 0..<Self.maximumSteps {
            try Task.checkCancellation()
            guard let volume = objects.cache.volume(name) else { return }
            var owner = objects.cache.owner(of: volume)
            if let confirmedFor, confirmedFor == volume.claimRef { owner = .gone }
            let lifecycle = VolumeLifecycle(volume: volume, owner: owner, now: .now)
            switch lifecycle.next() {
            case .settled:
                attempts.forget(.uid(volume.uid))
                return
            case .write(let write): try await objects.write(write, by: item)
            case .confirmOwnerIsGone:
                if try await ownerIsGone(volume, by: item) { confirmedFor = volume.claimRef }
            case .fail(let write, let notice):
                if let write { try await objects.write(write, by: item) }
                recorder.record(notice, about: volume.reference)
                return
            case .reclaim(let provisioner):
                guard try await reclaim(lifecycle, provisioner, by: item) else { return }
            }
        }
        objects.queue.add(item, after: .seconds(1))
    }

    private func ownerIsGone(_ volume: PersistentVolume, by item: WorkItem) async throws -> Bool {
        guard let reference = volume.claimRef else { return false }
        let claim = try await objects.refresh(
            .persistentVolumeClaim, reference.key, knownUID: reference.uid, by: item)
        return claim?.uid != reference.uid
    }

    /// - Returns: Whether to look again.
    private func reclaim(_ lifecycle: VolumeLifecycle, _ provisioner: String, by item: WorkItem) async throws -> Bool {
        let volume = lifecycle.volume
        guard let driver = drivers.directory.driver(serving: provisioner) else {
            try await fail(lifecycle, .volumeDeletionFailed(drivers.nobodyServes(provisioner), callID: nil), by: item)
            return false
        }
        let basis = Attempts.Basis(driver: driver.generation)
        if let wait = attempts.wait(for: .uid(volume.uid), basis) {
            objects.queue.add(item, after: wait)
            return false
        }
        return try await drivers.withPlace(at: provisioner, for: item) {
            guard try await isStillToBeReclaimed(volume, by: item) else { return true }
            let answer = await drivers.call(driver.name, try await drivers.call(.delete, about: volume))
            try Task.checkCancellation()
            switch VolumeDeletion(answer, driver: driver.name) {
            case .deleted:
                try await remove(volume, by: item)
                attempts.forget(.uid(volume.uid))
                return false
            case .pending(let progress):
                recorder.record(.progress(driver.name, progress?.summary ?? "under way"), about: volume.reference)
                objects.queue.add(item, after: attempts.note(.pending, .uid(volume.uid), basis))
                return false
            case .failed(let failure):
                let outcome: Attempts.Outcome = failure.isSlow ? .failedForGood : .failed
                let delay = attempts.note(outcome, .uid(volume.uid), basis, least: failure.retryAfter)
                objects.queue.add(item, after: delay)
                try await fail(
                    lifecycle, .volumeDeletionFailed(failure.message, callID: failure.callID), by: item)
                return false
            }
        } ?? false
    }

    /// The last look before what cannot be undone: the API itself has this very state of the volume, and no claim.
    private func isStillToBeReclaimed(_ volume: PersistentVolume, by item: WorkItem) async throws -> Bool {
        let live = try await objects.refresh(.persistentVolume, volume.key, knownUID: volume.uid, by: item)
        guard let live, String(live.resourceVersion) == volume.metadata.resourceVersion else { return false }
        guard let reference = volume.claimRef, reference.uid != nil else { return true }
        let claim = try await objects.refresh(.persistentVolumeClaim, reference.key, by: item)
        guard let claim, claim.uid == reference.uid else { return true }
        // The claim lives and has another volume: this one was made for nothing.
        let volumeName = PersistentVolumeClaim(claim).volumeName
        return !volumeName.isEmpty && volumeName != volume.name
    }

    /// The driver has deleted it: the object is marked as deleted, and nothing holds it any more.
    private func remove(_ volume: PersistentVolume, by item: WorkItem) async throws {
        if !volume.isBeingDeleted { try await objects.delete(volume, by: item) }
        while let current = objects.cache.volume(volume.name), current.uid == volume.uid,
            let write = VolumeLifecycle(volume: current, owner: .gone, now: .now).withoutFinalizers()
        {
            if try await objects.write(write, by: item) != nil { return }
        }
    }

    private func fail(_ lifecycle: VolumeLifecycle, _ notice: Notice, by item: WorkItem) async throws {
        guard case .fail(let write, let notice) = lifecycle.fail(notice) else { return }
        if let write { try await objects.write(write, by: item) }
        recorder.record(notice, about: lifecycle.volume.reference)
    }
}
