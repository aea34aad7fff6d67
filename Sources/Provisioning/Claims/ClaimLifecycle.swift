import KubernetesAPI

/// What happens next to a claim: binding, waiting, provisioning, letting go.
///
/// Pure: every decision is made from the stored objects alone, so that it is the same after a crash. Whoever carries
/// out a step looks at the outcome and asks again, until the claim is settled or waits.
struct ClaimLifecycle {
    enum Step: Sendable, Equatable {
        /// Nothing is to be done.
        case settled
        /// Nothing can be done until something else changes. The notice says what.
        case wait(Notice)
        case write(ObjectWrite)
        /// The volume is gone or another's. Lost is for ever: make sure first that a cache is not merely late.
        case lose(ObjectWrite, Notice)
        /// Let the claim go; `isUsed` was false, make sure of it first.
        case release(ObjectWrite)
        /// Have a volume made. Nothing was recorded yet.
        case provision(StorageClass, ClaimRequirements.Node?)
        /// An earlier attempt left its intent: find out whether there is a volume.
        case resume
    }

    let situation: ClaimSituation
    let now: Timestamp

    private var claim: PersistentVolumeClaim { situation.claim }
    /// Either may exist without the other: the finalizer on a claim of an older Berth, the record for a claim whose
    /// finalizers somebody removed in the database.
    private var hasIntent: Bool {
        situation.record != nil || claim.metadata.hasFinalizer(BerthFinalizer.provisioning)
    }

    /// - Parameters:
    ///   - reserve: Finds the best available volume, and keeps it for this claim.
    ///   - misfits: Says why the volumes that there are do not do.
    func next(
        reserve: (ClaimRequirements) -> PersistentVolume?, misfits: (ClaimRequirements) -> String?
    ) -> Step {
        if claim.isBeingDeleted { return nextOfDeleted() }
        if claim.metadata[annotation: WellKnownAnnotation.bindCompleted] != nil { return nextOfCompleted() }
        // A volume may be on its way: no other is taken before that is known.
        if hasIntent, situation.provisionedVolume == nil { return .resume }
        if !claim.volumeName.isEmpty { return nextOfNamed() }
        return nextOfUnbound(reserve: reserve, misfits: misfits)
    }

    // MARK: deleted

    private func nextOfDeleted() -> Step {
        var released = claim
        if hasIntent {
            // What the intent stood for is now told by the volume, which is reclaimed when the claim is gone.
            guard situation.provisionedVolume != nil else { return .resume }
            released.dropIntent()
        }
        if !situation.isInUse { released.metadata.removeFinalizer(WellKnownFinalizer.claimProtection) }
        guard released != claim else { return .settled }
        return situation.isInUse ? .write(.claim(released)) : .release(.claim(released))
    }

    // MARK: bound before

    private func nextOfCompleted() -> Step {
        guard claim.phase != .lost else { return .settled }
        guard !claim.volumeName.isEmpty else { return lose(.claimLostItsVolumeName) }
        guard let volume = situation.namedVolume else { return lose(.claimLostItsVolume) }
        guard let owner = volume.claimRef else {
            // It takes the volume back. If two were bound to it, the faster one has it, and the other is Lost.
            return BindSteps.next(claim, volume, now: now).map(Step.write) ?? .settled
        }
        guard owner.key == claim.key, owner.uid == nil || owner.uid == claim.uid else { return lose(.claimMisbound) }
        return bind(volume)
    }

    private func lose(_ notice: Notice) -> Step {
        var lost = claim
        lost.phase = .lost
        return .lose(.claimStatus(lost), notice)
    }

    // MARK: asks for one volume

    private func nextOfNamed() -> Step {
        guard let volume = situation.namedVolume else { return .wait(.namedVolumeMissing(claim.volumeName)) }
        guard let owner = volume.claimRef else { return bindIfFitting(volume) }
        guard owner.key == claim.key, owner.uid == nil || owner.uid == claim.uid else {
            // The volume that Pods found behind it is another claim's now, even if the mark of the bind was removed.
            if claim.phase == .bound { return lose(.claimMisbound) }
            return .wait(.namedVolumeTaken(volume.name, by: owner.key))
        }
        // With the uid in it the bind was begun, and is finished whatever changed since.
        return owner.uid == nil ? bindIfFitting(volume) : bind(volume)
    }

    private func bindIfFitting(_ volume: PersistentVolume) -> Step {
        do throws(SelectorError) {
            if let mismatch = try ClaimRequirements(claim).mismatchWhenNamed(volume) {
                return .wait(.volumeMismatch(volume.name, mismatch))
            }
        } catch {
            return .wait(.unusableSelector(error))
        }
        return bind(volume)
    }

    // MARK: asks for any

    private func nextOfUnbound(
        reserve: (ClaimRequirements) -> PersistentVolume?, misfits: (ClaimRequirements) -> String?
    ) -> Step {
        if let volume = ownVolume { return bind(volume) }
        let waits = situation.storageClass?.volumeBindingMode == .waitForFirstConsumer
        let node: ClaimRequirements.Node? = if waits, case .node(let node) = situation.consumer { node } else { nil }
        let requirements: ClaimRequirements
        do throws(SelectorError) {
            requirements = try ClaimRequirements(claim, node: node)
        } catch {
            return .wait(.unusableSelector(error))
        }
        if let volume = situation.reservedVolume, requirements.mismatchWhenReserved(volume) == nil {
            return bind(volume)
        }
        if waits, node == nil {
            if case .unscheduled(let pod) = situation.consumer { return .wait(.waitForPodScheduled(pod)) }
            return .wait(.waitForFirstConsumer)
        }
        if let volume = reserve(requirements) { return bind(volume) }
        return nextWithoutMatch(requirements, node: node, misfits: misfits)
    }

    private func nextWithoutMatch(
        _ requirements: ClaimRequirements, node: ClaimRequirements.Node?, misfits: (ClaimRequirements) -> String?
    ) -> Step {
        guard let className = claim.effectiveClassName else {
            guard let defaultClass = situation.defaultClass else {
                return .wait(.noVolumeAndNoClass(misfits: misfits(requirements)))
            }
            // Retroactively, since only now it is sure that no volume without a class does (KEP-3333).
            var assigned = claim
            assigned.storageClassName = defaultClass.name
            return .write(.claim(assigned))
        }
        guard !className.isEmpty else { return .wait(.noVolumeAndNoClass(misfits: misfits(requirements))) }
        guard let storageClass = situation.storageClass else { return .wait(.classMissing(className)) }
        guard storageClass.provisioner != StorageClass.noProvisioner else {
            return .wait(.noVolumeOfStaticClass(className, misfits: misfits(requirements)))
        }
        return .provision(storageClass, node)
    }

    // MARK: steps

    /// The volume that carries this claim's uid: made for it, or begun to be bound to it.
    private var ownVolume: PersistentVolume? {
        if let volume = situation.provisionedVolume { return volume }
        return situation.reservedVolume.flatMap { volume in
            // A claim that is deleted before it was bound is released.
            let isGoing = volume.isBeingDeleted && volume.phase != .bound
            return volume.claimRef?.uid == claim.uid && !isGoing ? volume : nil
        }
    }

    private func bind(_ volume: PersistentVolume) -> Step {
        guard let write = BindSteps.next(claim, volume, now: now) else { return .settled }
        // Somebody gave the volume to this claim while another holds it: the other has to lose it first.
        if let holder = situation.otherHolders[volume.name] { return .wait(.volumeHeld(volume.name, by: holder)) }
        return .write(write)
    }
}
