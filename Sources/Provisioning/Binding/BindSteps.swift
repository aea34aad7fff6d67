import KubernetesAPI

/// Binding, in the order that survives a crash after any of its steps: volume, its status, claim, its status. Each
/// step is made only when it is missing, so that the next look goes on where the last one stopped.
///
/// The order is kube-controller-manager's (`pv_controller.go`, `bind`).
enum BindSteps {
    /// The next write, or `nil` when the two are bound.
    static func next(
        _ claim: PersistentVolumeClaim, _ volume: PersistentVolume, now: Timestamp
    ) -> ObjectWrite? {
        if let write = claimVolume(claim, volume) { return write }
        if volume.phase != .bound {
            var bound = volume
            bound.phase = .bound
            bound.reason = nil
            bound.message = nil
            bound.lastPhaseTransitionTime = now
            return .volumeStatus(bound)
        }
        if let write = nameVolume(claim, volume) { return write }
        return completeStatus(claim, volume)
    }

    private static func claimVolume(_ claim: PersistentVolumeClaim, _ volume: PersistentVolume) -> ObjectWrite? {
        if let reference = volume.claimRef, reference.uid == claim.uid { return nil }
        var claimed = volume
        // A volume that somebody reserved for the claim goes back to being reserved when the two part.
        if volume.claimRef == nil { claimed.metadata[annotation: WellKnownAnnotation.boundByController] = "yes" }
        claimed.claimRef = claim.reference
        return .volume(claimed)
    }

    private static func nameVolume(_ claim: PersistentVolumeClaim, _ volume: PersistentVolume) -> ObjectWrite? {
        let isCompleted = claim.metadata[annotation: WellKnownAnnotation.bindCompleted] != nil
        // The volume carries from here on what the intent stood for.
        let hasIntent = claim.metadata.hasFinalizer(BerthFinalizer.provisioning)
        guard claim.volumeName != volume.name || !isCompleted || hasIntent else { return nil }
        var named = claim
        if claim.volumeName != volume.name {
            named.volumeName = volume.name
            named.metadata[annotation: WellKnownAnnotation.boundByController] = "yes"
        }
        named.metadata[annotation: WellKnownAnnotation.bindCompleted] = "yes"
        named.dropIntent()
        return .claim(named)
    }

    private static func completeStatus(_ claim: PersistentVolumeClaim, _ volume: PersistentVolume) -> ObjectWrite? {
        // What a bound claim has changes by growing only, and that is told by another step.
        guard claim.phase != .bound || (claim.capacity == nil && volume.capacity != nil) else { return nil }
        var bound = claim
        bound.phase = .bound
        bound.actualAccessModes = volume.accessModes
        bound.capacity = volume.capacity
        return .claimStatus(bound)
    }
}

extension PersistentVolumeClaim {
    /// Removes the finalizer that an intent holds the claim with, and the annotations.
    mutating func dropIntent() {
        var metadata = self.metadata
        metadata.removeFinalizer(BerthFinalizer.provisioning)
        metadata[annotation: BerthAnnotation.formerIntent] = nil
        metadata[annotation: BerthAnnotation.provisioningProgress] = nil
        self.metadata = metadata
    }
}
