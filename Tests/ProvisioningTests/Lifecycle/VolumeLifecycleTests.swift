import JSONTree
import KubernetesAPI
import Testing

@testable import Provisioning

@Suite("The life of a volume")
struct VolumeLifecycleTests {
    private let now = Timestamp(seconds: 1_700_000_000)

    private func step(_ volume: PersistentVolume, _ owner: VolumeLifecycle.Owner = .none) -> VolumeLifecycle.Step {
        VolumeLifecycle(volume: volume, owner: owner, now: now).next()
    }

    private func phase(_ step: VolumeLifecycle.Step) -> VolumePhase? {
        if case .write(.volumeStatus(let volume)) = step { volume.phase } else { nil }
    }

    private let bound = Objects.claim {
        $0.volumeName = Objects.ownVolumeName
        $0.phase = .bound
    }

    @Test("a new one without a claim becomes available")
    func available() {
        #expect(phase(step(Objects.volume { $0.phase = .pending })) == .available)
        #expect(step(Objects.volume()) == .settled)
    }

    @Test("one that is kept for a claim is available")
    func kept() {
        let volume = Objects.volume {
            $0.phase = .pending
            $0.claimRef = ObjectReference(
                kind: "PersistentVolumeClaim", apiVersion: "v1", namespace: "default", name: "data")
        }
        #expect(phase(step(volume)) == .available)
    }

    @Test("one that its claim names becomes bound")
    func becomesBound() {
        #expect(phase(step(Objects.provisionedVolume(phase: .pending), .claim(bound))) == .bound)
        #expect(step(Objects.provisionedVolume(), .claim(bound)) == .settled)
    }

    @Test("a bind that is not finished is the claim's to finish")
    func unfinishedBind() {
        #expect(step(Objects.provisionedVolume(phase: .pending), .claim(Objects.claim())) == .settled)
    }

    @Test("a claim that seems gone is asked for before anything happens")
    func confirms() {
        #expect(step(Objects.provisionedVolume(), .seemsGone) == .confirmOwnerIsGone)
        let other = Objects.claim { $0.metadata.uid = "other" }
        #expect(step(Objects.provisionedVolume(), .claim(other)) == .confirmOwnerIsGone)
    }

    @Test("whose claim is gone is released first, and then dealt with by its policy")
    func released() {
        #expect(phase(step(Objects.provisionedVolume(), .gone)) == .released)
        #expect(
            step(Objects.provisionedVolume(phase: .released), .gone) == .reclaim(provisioner: "berth.dev/hostpath"))
    }

    @Test("a failed one is tried again, and is not called released")
    func failedStaysFailed() {
        #expect(step(Objects.provisionedVolume(phase: .failed), .gone) == .reclaim(provisioner: "berth.dev/hostpath"))
    }

    @Test("under Retain it stays released, and no finalizer waits for a driver")
    func retain() {
        let volume = Objects.provisionedVolume(phase: .released, policy: .retain)
        guard case .write(.volume(let kept)) = step(volume, .gone) else {
            Issue.record("the finalizer stayed")
            return
        }
        #expect(kept.metadata.finalizers == ["kubernetes.io/pv-protection"])
        #expect(step(kept, .gone) == .settled)
    }

    @Test("under Retain it goes when it is deleted, and no driver is asked")
    func retainDeleted() {
        let volume = Objects.provisionedVolume(phase: .released, policy: .retain) { Objects.deleted(&$0.metadata) }
        guard case .write(.volume(let free)) = step(volume, .gone) else {
            Issue.record("it stayed")
            return
        }
        #expect(free.metadata.finalizers.isEmpty)
    }

    @Test("one that no driver made cannot be deleted by one")
    func byHand() {
        let volume = Objects.volume {
            $0.reclaimPolicy = .delete
            $0.phase = .released
            $0.claimRef = Objects.claim().reference
        }
        guard case .fail(.volumeStatus(let failed)?, let notice) = step(volume, .gone) else {
            Issue.record("it did not fail")
            return
        }
        #expect(failed.phase == .failed)
        #expect(notice.reason == "VolumeFailedDelete")
        // Told once: the second look writes nothing.
        guard case .fail(nil, _) = step(failed, .gone) else {
            Issue.record("written again")
            return
        }
    }

    @Test("Recycle fails and says what to do")
    func recycle() {
        let volume = Objects.volume {
            $0.reclaimPolicy = .recycle
            $0.phase = .released
            $0.claimRef = Objects.claim().reference
        }
        guard case .fail(_, let notice) = step(volume, .gone) else {
            Issue.record("it did not fail")
            return
        }
        #expect(notice.reason == "VolumeFailedRecycle")
    }

    @Test("an unknown policy fails")
    func unknownPolicy() {
        let volume = Objects.provisionedVolume(phase: .released, policy: ReclaimPolicy(rawValue: "Shred"))
        guard case .fail(_, let notice) = step(volume, .gone) else {
            Issue.record("it did not fail")
            return
        }
        #expect(notice.reason == "VolumeUnknownReclaimPolicy")
    }

    @Test("a bound one that is deleted stays until its claim is gone")
    func deletedWhileBound() {
        let volume = Objects.provisionedVolume { Objects.deleted(&$0.metadata) }
        #expect(step(volume, .claim(bound)) == .settled)
    }

    @Test("one that is deleted before its claim is not let go without its driver (KEP-2644)")
    func deletedBeforeClaim() {
        let volume = Objects.provisionedVolume(phase: .released) { Objects.deleted(&$0.metadata) }
        #expect(step(volume, .gone) == .reclaim(provisioner: "berth.dev/hostpath"))
    }

    @Test("one that nobody has is deleted with what its driver made")
    func deletedUnclaimed() {
        let volume = Objects.provisionedVolume(phase: .available) {
            $0.claimRef = nil
            Objects.deleted(&$0.metadata)
        }
        #expect(step(volume) == .reclaim(provisioner: "berth.dev/hostpath"))
        let byHand = Objects.volume { Objects.deleted(&$0.metadata) }
        guard case .write(.volume(let free)) = step(byHand) else {
            Issue.record("it stayed")
            return
        }
        #expect(free.metadata.finalizers.isEmpty)
    }

    @Test("one made for a claim that took another is released and reclaimed")
    func forsaken() {
        let elsewhere = Objects.claim { $0.volumeName = "another" }
        #expect(phase(step(Objects.provisionedVolume(), .claim(elsewhere))) == .released)
    }

    @Test("one made by hand, whose claim took another, is offered again")
    func unbound() {
        let elsewhere = Objects.claim { $0.volumeName = "another" }
        let chosen = Objects.volume {
            $0.claimRef = Objects.claim().reference
            $0.metadata[annotation: "pv.kubernetes.io/bound-by-controller"] = "yes"
        }
        let kept = Objects.volume { $0.claimRef = Objects.claim().reference }
        guard case .write(.volume(let free)) = step(chosen, .claim(elsewhere)),
            case .write(.volume(let stillKept)) = step(kept, .claim(elsewhere))
        else {
            Issue.record("they stayed bound")
            return
        }
        #expect(free.claimRef == nil)
        #expect(stillKept.claimRef?.name == "data")
        #expect(stillKept.claimRef?.uid == nil)
    }

    @Test("a bound one gets the finalizer when its policy becomes Delete, and loses it when it becomes Retain")
    func finalizerFollowsPolicy() {
        let without = Objects.provisionedVolume {
            $0.metadata.removeFinalizer("external-provisioner.volume.kubernetes.io/finalizer")
        }
        guard case .write(.volume(let with)) = step(without, .claim(bound)),
            case .write(.volume(let retained)) = step(Objects.provisionedVolume(policy: .retain), .claim(bound))
        else {
            Issue.record("the finalizer did not follow")
            return
        }
        #expect(with.metadata.hasFinalizer("external-provisioner.volume.kubernetes.io/finalizer"))
        #expect(!retained.metadata.hasFinalizer("external-provisioner.volume.kubernetes.io/finalizer"))
    }
}
