import DriverProtocol
import KubernetesAPI
import Logging

/// Settles intents whose claim is gone: somebody removed the finalizers in the database, or an older Berth released the
/// claim. The volume that the driver may have created is deleted by name, with the recorded arguments of the call.
struct IntentReconciler: Sendable {
    let objects: ObjectAccess
    let drivers: DriverCalls
    let attempts: Attempts
    let recorder: EventRecorder
    let logger: Logger

    /// - Parameter volume: The intent's.
    /// - Throws: What the API throws. The step can be repeated at any time.
    func reconcile(_ volume: String) async throws {
        let item = WorkItem.intent(volume)
        let key = Attempts.Key.item(item)
        guard let stored = try await objects.client.intent(for: volume) else { return attempts.forget(key) }
        // One that cannot be read names no driver: `berth orphans` shows it.
        guard let record = RecordedIntent(stored) else { return }
        // The cache may lag behind.
        let claim = try await objects.refresh(.persistentVolumeClaim, record.claim, by: item)
        // The claim's own reconciler settles it.
        if claim?.uid == record.claimUID { return }
        let object = try await objects.refresh(.persistentVolume, ObjectKey(name: volume), by: item)
        switch AbandonedIntent(record, object.map { PersistentVolume($0) }, drivers.directory.driver(named:)).fate {
        case .superfluous: try await objects.client.change(.remove(volume: volume))
        case .blocked(let why): tell(.abandonedIntent(record, why), record)
        case .delete(let driver): try await delete(record, driver, by: item)
        }
    }

    private func delete(_ record: RecordedIntent, _ driver: DriverDirectory.Driver, by item: WorkItem) async throws {
        let basis = Attempts.Basis(driver: driver.generation)
        let key = Attempts.Key.uid(record.claimUID)
        if let wait = attempts.wait(for: key, basis) { return objects.queue.add(item, after: wait) }
        _ = try await drivers.withPlace(at: record.arguments.provisioner, for: item) {
            guard let answer = try await answer(record, driver) else { return }
            try Task.checkCancellation()
            switch VolumeDeletion(answer, driver: driver.name) {
            case .deleted:
                try await objects.client.change(.remove(volume: record.volumeName))
                attempts.forget(key)
                tell(.abandonedVolumeDeleted(record), record)
            case .pending:
                objects.queue.add(item, after: attempts.note(.pending, key, basis))
            case .failed(let failure):
                let outcome: Attempts.Outcome = failure.isSlow ? .failedForGood : .failed
                objects.queue.add(item, after: attempts.note(outcome, key, basis, least: failure.retryAfter))
                tell(.cleanupFailed(failure.message, callID: failure.callID), record)
            }
        }
    }

    /// - Returns: `nil` when no call can be made from the record; that has then been reported.
    private func answer(_ record: RecordedIntent, _ driver: DriverDirectory.Driver) async throws -> DriverAnswer? {
        var secrets: [String: String] = [:]
        // A missing secret does not block the deletion: most backends do not need it, and the others say so.
        if let reference = record.arguments.secret, case .found(let found) = try await drivers.secrets(reference) {
            secrets = found
        }
        do throws(ClassParameterError) {
            return await drivers.call(driver.name, try record.delete(nil, secrets: secrets))
        } catch {
            tell(.abandonedIntent(record, "\(error)"), record)
            return nil
        }
    }

    /// Tells the claim's owner by an event, and the operator by the log: the namespace and its events may be gone.
    private func tell(_ notice: Notice, _ record: RecordedIntent) {
        recorder.record(notice, about: record.claimReference)
        logger.log(
            level: notice.severity == .normal ? .notice : .warning, "An intent has no claim",
            metadata: [
                "volume": "\(record.volumeName)", "driver": "\(record.driver.name)", "claim": "\(record.claim)",
                "reason": "\(notice.reason)", "message": "\(notice.message)",
            ])
    }
}

/// What becomes of an intent whose claim is gone. Pure.
struct AbandonedIntent {
    enum Fate: Sendable, Equatable {
        /// A PersistentVolume already stands for the volume.
        case superfluous
        /// Somebody has to act first; the text says how.
        case blocked(String)
        case delete(DriverDirectory.Driver)
    }

    let fate: Fate

    /// - Parameters:
    ///   - volume: The PersistentVolume of the intent's name.
    ///   - driver: Looks up a driver by name.
    init(_ record: RecordedIntent, _ volume: PersistentVolume?, _ driver: (String) -> DriverDirectory.Driver?) {
        if let volume {
            fate =
                volume.isHostMade
                ? .superfluous
                // Whoever wrote it may want to keep what the driver made.
                : .blocked(
                    "PersistentVolume \(volume.name) exists but was not created by Berth; the driver's volume is kept until "
                        + "that object is deleted")
        } else if let driver = driver(record.driver.name) {
            fate = driver.problem.map(Fate.blocked) ?? .delete(driver)
        } else {
            fate = .blocked(
                "driver \(record.driver.name) is no longer in drivers.json: register it again under this name")
        }
    }
}

extension Notice {
    fileprivate static func abandonedIntent(_ record: RecordedIntent, _ why: String) -> Notice {
        Notice(
            .warning, "ProvisioningCleanupFailed",
            "the claim is gone, and volume \(record.volumeName) may exist: \(why). See `berth orphans`")
    }

    fileprivate static func abandonedVolumeDeleted(_ record: RecordedIntent) -> Notice {
        Notice(
            .normal, "ProvisioningCleanedUp",
            "the claim is gone, and driver \(record.driver.name) has deleted volume \(record.volumeName), or never made it"
        )
    }
}
