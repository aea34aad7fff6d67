import KubernetesAPI
import Logging

/// Carries out what ``ClaimLifecycle`` decides for one claim, step by step, until the claim is settled or waits.
struct ClaimReconciler: Sendable {
    /// More writes than any claim needs; what goes on beyond it lets others have their turn.
    private static let maximumSteps = 24

    let objects: ObjectAccess
    let provisioning: ClaimProvisioning
    let recorder: EventRecorder
    /// See ``ProvisioningConfiguration/nodeName``.
    let hostNode: String?

    /// - Throws: What the API throws. It can be made again at any time.
    func reconcile(_ key: ObjectKey) async throws {
        let item = WorkItem.claim(key)
        for _ in 0..<Self.maximumSteps {
            try Task.checkCancellation()
            guard var situation = objects.cache.situation(of: key, hostNode: hostNode) else { return }
            situation.record = try await objects.client.intent(
                for: ProvisioningIntent.volumeName(claimUID: situation.claim.uid))
            guard try await takeStep(situation, item) else { return }
        }
        objects.queue.add(item, after: .seconds(1))
    }

    /// - Returns: Whether to look again.
    private func takeStep(_ situation: ClaimSituation, _ item: WorkItem) async throws -> Bool {
        let claim = situation.claim
        var reservedName: String?
        defer { if let reservedName { objects.cache.endReservation(of: reservedName, for: claim.key) } }
        let step = ClaimLifecycle(situation: situation, now: .now).next(
            reserve: { requirements in
                let volume = objects.cache.reserve(requirements, for: claim.key)
                reservedName = volume?.name
                return volume
            },
            misfits: objects.cache.misfits)

        switch step {
        case .settled:
            provisioning.attempts.forget(.uid(claim.uid))
            return false
        case .wait(let notice):
            recorder.record(notice, about: claim.reference)
            return false
        case .write(let write):
            try await objects.write(write, by: item)
            return true
        case .lose(let write, let notice):
            // Lost is for ever: not on the word of a cache.
            if let name = situation.namedVolume?.name ?? nonEmpty(claim.volumeName) {
                let known = situation.namedVolume?.metadata.resourceVersion
                let live = try await objects.refresh(.persistentVolume, ObjectKey(name: name), by: item)
                if live.map({ String($0.resourceVersion) }) != known { return true }
            }
            if try await objects.write(write, by: item) != nil { recorder.record(notice, about: claim.reference) }
            return true
        case .release(let write):
            guard try await !isUsedAfterAll(claim) else { return false }
            try await objects.write(write, by: item)
            provisioning.attempts.forget(.uid(claim.uid))
            return true
        case .provision(let storageClass, let node):
            return try await provisioning.begin(claim, storageClass, node: node, by: item)
        case .resume:
            return try await provisioning.resume(situation, by: item)
        }
    }

    /// Whether a Pod that the cache does not know yet names the claim. Its watch will bring it, and the claim back.
    private func isUsedAfterAll(_ claim: PersistentVolumeClaim) async throws -> Bool {
        let pods = try await objects.client.list(.pod, ListOptions(namespace: claim.namespace)).items
        return objects.cache.unknownPods(among: pods).contains { object in
            let pod = Pod(object)
            return !pod.isTerminated && pod.claimNames.contains(claim.name)
        }
    }

    private func nonEmpty(_ text: String) -> String? { text.isEmpty ? nil : text }
}
