import KubernetesAPI

/// What happens next to a volume: offered, bound, released, reclaimed, let go.
///
/// Pure, and made from the stored objects alone. Whoever carries out a step looks again and asks again, until the
/// volume is settled.
struct VolumeLifecycle {
    /// The claim that the volume's `claimRef` names.
    enum Owner: Sendable {
        case none
        /// As a cache says; it may be late.
        case seemsGone
        /// As the API says: no claim of this name, or another one of the same name.
        case gone
        case claim(PersistentVolumeClaim)
    }

    enum Step: Sendable, Equatable {
        case settled
        case write(ObjectWrite)
        /// Ask the API itself whether the claim is gone.
        case confirmOwnerIsGone
        /// Have the driver delete what it made, then remove the object.
        case reclaim(provisioner: String)
        /// The phase becomes Failed, and the notice says why.
        case fail(ObjectWrite?, Notice)
    }

    let volume: PersistentVolume
    let owner: Owner
    let now: Timestamp

    func next() -> Step {
        guard let reference = volume.claimRef, reference.uid != nil else { return nextOfUnclaimed() }
        switch owner {
        case .none, .seemsGone: return .confirmOwnerIsGone
        case .gone: return nextOfReleased()
        case .claim(let claim) where claim.uid != reference.uid: return .confirmOwnerIsGone
        // Somebody wrote it for the claim and takes it back before the two are bound.
        case .claim(let claim)
        where claim.volumeName.isEmpty && volume.isBeingDeleted && volume.phase != .bound && !volume.isHostMade:
            return withoutFinalizers().map(Step.write) ?? .settled
        // The bind is the claim's to finish, which was told of this volume as soon as it was there.
        case .claim(let claim) where claim.volumeName.isEmpty: return .settled
        case .claim(let claim) where claim.volumeName == volume.name: return nextOfBound()
        case .claim: return nextOfForsaken()
        }
    }

    // MARK: without a claim, or kept for one

    private func nextOfUnclaimed() -> Step {
        if volume.isBeingDeleted {
            // Nobody has it, its policy is Delete and it goes: what the driver made goes with it, or it would leak.
            if let provisioner = volume.provisioner, volume.reclaimPolicy == .delete, hasDeletionFinalizer {
                return .reclaim(provisioner: provisioner)
            }
            return withoutFinalizers().map(Step.write) ?? .settled
        }
        return volume.phase == .available ? .settled : .write(phase(.available))
    }

    // MARK: with its claim

    private func nextOfBound() -> Step {
        if volume.phase != .bound { return .write(phase(.bound)) }
        return deletionFinalizerFollowingPolicy().map(Step.write) ?? .settled
    }

    /// The claim got another volume.
    private func nextOfForsaken() -> Step {
        if volume.provisioner != nil, volume.reclaimPolicy == .delete { return nextOfReleased() }
        var free = volume
        if free.metadata[annotation: WellKnownAnnotation.boundByController] != nil {
            free.claimRef = nil
            free.metadata[annotation: WellKnownAnnotation.boundByController] = nil
        } else {
            // Somebody had reserved it for the claim: that stays.
            free.claimRef?.uid = nil
        }
        return .write(.volume(free))
    }

    // MARK: its claim is gone

    private func nextOfReleased() -> Step {
        if volume.phase != .released, volume.phase != .failed { return .write(phase(.released)) }
        switch volume.reclaimPolicy {
        case .retain:
            if volume.isBeingDeleted { return withoutFinalizers().map(Step.write) ?? .settled }
            return deletionFinalizerFollowingPolicy().map(Step.write) ?? .settled
        case .delete:
            guard let provisioner = volume.provisioner else { return failForWantOfProvisioner() }
            return .reclaim(provisioner: provisioner)
        case .recycle:
            if volume.isBeingDeleted { return withoutFinalizers().map(Step.write) ?? .settled }
            return fail(
                Notice(
                    .warning, "VolumeFailedRecycle",
                    "the reclaim policy Recycle is deprecated, and nothing here scrubs volumes: empty it by hand and "
                        + "remove spec.claimRef to offer it again, or set persistentVolumeReclaimPolicy to Retain or "
                        + "Delete"))
        default:
            if volume.isBeingDeleted { return withoutFinalizers().map(Step.write) ?? .settled }
            return fail(
                Notice(
                    .warning, "VolumeUnknownReclaimPolicy",
                    "Volume has unrecognized PersistentVolumeReclaimPolicy \"\(volume.reclaimPolicy.rawValue)\""))
        }
    }

    private func failForWantOfProvisioner() -> Step {
        // Somebody wrote this object by hand: it can go when they say so, and what it points to is theirs.
        if volume.isBeingDeleted { return withoutFinalizers().map(Step.write) ?? .settled }
        return fail(
            Notice(
                .warning, "VolumeFailedDelete",
                "Berth did not provision this volume (it lacks the annotation \(BerthAnnotation.volumeID), which only "
                    + "Berth writes) and will not ask a driver to delete it: delete its data by hand, then this object; or "
                    + "set persistentVolumeReclaimPolicy to Retain"))
    }

    /// `Failed`, with the reason on the volume; told once as long as the reason is the same.
    func fail(_ notice: Notice) -> Step {
        guard volume.phase != .failed || volume.message != notice.sameness else { return .fail(nil, notice) }
        var failed = volume
        if failed.phase != .failed { failed.lastPhaseTransitionTime = now }
        failed.phase = .failed
        failed.reason = notice.reason
        failed.message = notice.sameness
        return .fail(.volumeStatus(failed), notice)
    }

    // MARK: finalizers and phase

    private var hasDeletionFinalizer: Bool {
        Self.deletionFinalizers.contains(where: volume.metadata.hasFinalizer)
    }

    private static let deletionFinalizers = [
        WellKnownFinalizer.externalProvisioner, WellKnownFinalizer.volumeController,
    ]

    /// The volume without what holds it here; `nil` when nothing does.
    func withoutFinalizers() -> ObjectWrite? {
        var free = volume
        free.metadata.removeFinalizer(WellKnownFinalizer.volumeProtection)
        for finalizer in Self.deletionFinalizers { free.metadata.removeFinalizer(finalizer) }
        return free == volume ? nil : .volume(free)
    }

    /// While the policy is Delete the object must outlive what the driver made (KEP-2644); otherwise it need not.
    private func deletionFinalizerFollowingPolicy() -> ObjectWrite? {
        guard volume.provisioner != nil else { return nil }
        var changed = volume
        if volume.reclaimPolicy == .delete {
            // The API takes no new finalizers on what is being deleted.
            guard !volume.isBeingDeleted, !hasDeletionFinalizer else { return nil }
            changed.metadata.addFinalizer(WellKnownFinalizer.externalProvisioner)
        } else {
            for finalizer in Self.deletionFinalizers { changed.metadata.removeFinalizer(finalizer) }
        }
        return changed == volume ? nil : .volume(changed)
    }

    private func phase(_ phase: VolumePhase) -> ObjectWrite {
        var changed = volume
        changed.phase = phase
        changed.reason = nil
        changed.message = nil
        changed.lastPhaseTransitionTime = now
        return .volumeStatus(changed)
    }
}
