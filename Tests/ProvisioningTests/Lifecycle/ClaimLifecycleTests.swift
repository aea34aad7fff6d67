// Over 300 lines, since it is one table: every situation of a claim, and the step that follows.

import JSONTree
import KubernetesAPI
import Testing

@testable import Provisioning

@Suite("The life of a claim")
struct ClaimLifecycleTests {
    private let now = Timestamp(seconds: 1_700_000_000)

    private func step(
        _ claim: PersistentVolumeClaim, match: PersistentVolume? = nil, misfits: String? = nil,
        _ change: (inout ClaimSituation) -> Void = { _ in }
    ) -> ClaimLifecycle.Step {
        var situation = ClaimSituation(claim: claim)
        change(&situation)
        return ClaimLifecycle(situation: situation, now: now).next(
            reserve: { requirements in match.flatMap { requirements.mismatch($0) == nil ? $0 : nil } },
            misfits: { _ in misfits })
    }

    private func withIntent(_ claim: inout PersistentVolumeClaim) {
        claim.metadata.addFinalizer(BerthFinalizer.provisioning)
    }

    private func completed(_ claim: inout PersistentVolumeClaim) {
        claim.metadata[annotation: "pv.kubernetes.io/bind-completed"] = "yes"
        claim.volumeName = "pv0001"
        claim.phase = .bound
        claim.capacity = Quantity(bytes: 10 << 30)
    }

    // MARK: static binding

    @Test("a volume that fits is claimed first, with who has it and that the binder chose it")
    func bindsMatch() throws {
        let claim = Objects.claim(className: "")
        guard case .write(.volume(let volume)) = step(claim, match: Objects.volume()) else {
            Issue.record("no write of the volume")
            return
        }
        #expect(volume.claimRef == claim.reference)
        #expect(volume.metadata[annotation: "pv.kubernetes.io/bound-by-controller"] == "yes")
    }

    @Test("a volume that was kept for the claim by name wins over one that fits better")
    func prebound() throws {
        let reserved = Objects.volume("kept", size: "50Gi") {
            $0.claimRef = ObjectReference(
                kind: "PersistentVolumeClaim", apiVersion: "v1", namespace: "default", name: "data")
        }
        let step = step(Objects.claim(className: ""), match: Objects.volume()) { $0.reservedVolume = reserved }
        guard case .write(.volume(let volume)) = step else {
            Issue.record("\(step)")
            return
        }
        #expect(volume.name == "kept")
        // Somebody else made the connection: it is not undone with the bind.
        #expect(volume.metadata[annotation: "pv.kubernetes.io/bound-by-controller"] == nil)
    }

    @Test("a kept volume that is too small is passed over")
    func preboundTooSmall() {
        let reserved = Objects.volume("kept", size: "1Gi") {
            $0.claimRef = ObjectReference(
                kind: "PersistentVolumeClaim", apiVersion: "v1", namespace: "default", name: "data")
        }
        let step = step(Objects.claim(className: "")) { $0.reservedVolume = reserved }
        #expect(step == .wait(.noVolumeAndNoClass(misfits: nil)))
    }

    @Test("without a match and without a class the claim waits, and says what does not fit")
    func nothingThere() {
        #expect(
            step(Objects.claim(className: ""), misfits: "pv0003: too small")
                == .wait(.noVolumeAndNoClass(misfits: "pv0003: too small")))
        #expect(step(Objects.claim()) == .wait(.noVolumeAndNoClass(misfits: nil)))
    }

    // MARK: spec.volumeName

    @Test("the volume that the claim names does not exist: it waits")
    func namedMissing() {
        let claim = Objects.claim { $0.volumeName = "pv9" }
        #expect(step(claim) == .wait(.namedVolumeMissing("pv9")))
    }

    @Test("the volume that the claim names is another's: it waits")
    func namedTaken() {
        let claim = Objects.claim { $0.volumeName = "pv0001" }
        let volume = Objects.volume { $0.claimRef = Objects.claim("other").reference }
        #expect(
            step(claim) { $0.namedVolume = volume }
                == .wait(.namedVolumeTaken("pv0001", by: ObjectKey(namespace: "default", name: "other"))))
    }

    @Test("the volume that the claim names does not fit it: the mismatch is named")
    func namedMismatch() {
        let claim = Objects.claim(className: "") { $0.volumeName = "pv0001" }
        let volume = Objects.volume(size: "1Gi")
        #expect(
            step(claim) { $0.namedVolume = volume }
                == .wait(
                    .volumeMismatch(
                        "pv0001", .tooSmall(has: Quantity(bytes: 1 << 30), asked: Quantity(bytes: 8 << 30)))))
    }

    @Test("the volume that the claim names is bound whatever the selector says")
    func namedFits() {
        let claim = Objects.claim(className: "") {
            $0.volumeName = "pv0001"
            $0.json.set(["matchLabels": ["a": "b"]], at: "spec", "selector")
        }
        guard case .write(.volume) = step(claim, { $0.namedVolume = Objects.volume() }) else {
            Issue.record("not bound")
            return
        }
    }

    // MARK: provisioning

    @Test("with a class a volume is made")
    func provisions() {
        let storageClass = Objects.storageClass()
        #expect(
            step(Objects.claim(className: "fast")) { $0.storageClass = storageClass } == .provision(storageClass, nil))
    }

    @Test("a volume of the class that is there is taken before one is made")
    func staticBeforeDynamic() {
        let step = step(Objects.claim(className: "fast"), match: Objects.volume(className: "fast")) {
            $0.storageClass = Objects.storageClass()
        }
        guard case .write(.volume) = step else {
            Issue.record("\(step)")
            return
        }
    }

    @Test("a class that does not exist is waited for")
    func classMissing() {
        #expect(step(Objects.claim(className: "gold")) == .wait(.classMissing("gold")))
    }

    @Test("the class in the beta annotation wins")
    func betaAnnotation() {
        let claim = Objects.claim(className: "gold") {
            $0.metadata[annotation: "volume.beta.kubernetes.io/storage-class"] = "fast"
        }
        #expect(step(claim) == .wait(.classMissing("fast")))
    }

    @Test("a class that makes none says that a volume must be made by hand")
    func noProvisioner() {
        let storageClass = Objects.storageClass(provisioner: "kubernetes.io/no-provisioner")
        #expect(
            step(Objects.claim(className: "fast")) { $0.storageClass = storageClass }
                == .wait(.noVolumeOfStaticClass("fast", misfits: nil)))
    }

    @Test("a claim without a class gets the default one, retroactively")
    func defaultClass() {
        guard
            case .write(.claim(let claim)) = step(
                Objects.claim(), { $0.defaultClass = Objects.storageClass("standard") })
        else {
            Issue.record("no class was set")
            return
        }
        #expect(claim.storageClassName == "standard")
    }

    @Test("the empty class is never defaulted")
    func emptyClass() {
        #expect(
            step(Objects.claim(className: "")) { $0.defaultClass = Objects.storageClass() }
                == .wait(.noVolumeAndNoClass(misfits: nil)))
    }

    // MARK: waiting for the first consumer

    @Test("a class that waits for the first consumer waits, also when a volume would fit")
    func waitsForConsumer() {
        let step = step(Objects.claim(className: "fast"), match: Objects.volume(className: "fast")) {
            $0.storageClass = Objects.storageClass(waits: true)
        }
        #expect(step == .wait(.waitForFirstConsumer))
    }

    @Test("a Pod that no node was chosen for is waited for by name")
    func waitsForPod() {
        let step = step(Objects.claim(className: "fast")) {
            $0.storageClass = Objects.storageClass(waits: true)
            $0.consumer = .unscheduled("mypod")
        }
        #expect(step == .wait(.waitForPodScheduled("mypod")))
    }

    @Test("the consumer's node sets it going")
    func consumer() {
        let storageClass = Objects.storageClass(waits: true)
        let node = ClaimRequirements.Node(name: "n1", labels: [:])
        let step = step(Objects.claim(className: "fast")) {
            $0.storageClass = storageClass
            $0.consumer = .node(node)
        }
        #expect(step == .provision(storageClass, node))
    }

    @Test("a volume kept for the claim needs no consumer")
    func preboundWhileWaiting() {
        let reserved = Objects.volume(className: "fast") {
            $0.claimRef = ObjectReference(
                kind: "PersistentVolumeClaim", apiVersion: "v1", namespace: "default", name: "data")
        }
        let step = step(Objects.claim(className: "fast")) {
            $0.storageClass = Objects.storageClass(waits: true)
            $0.reservedVolume = reserved
        }
        guard case .write(.volume) = step else {
            Issue.record("\(step)")
            return
        }
    }

    // MARK: intent

    @Test("an intent without a volume is resumed, whatever volumes there are")
    func resumes() {
        #expect(step(Objects.claim(className: "", withIntent), match: Objects.volume()) == .resume)
    }

    @Test("an intent whose volume is there goes on with binding")
    func bindsProvisioned() {
        let step = step(Objects.claim { withIntent(&$0) }) {
            $0.provisionedVolume = Objects.provisionedVolume(phase: .pending)
        }
        guard case .write(.volumeStatus(let volume)) = step else {
            Issue.record("\(step)")
            return
        }
        #expect(volume.phase == .bound)
        #expect(volume.lastPhaseTransitionTime == now)
    }

    // MARK: deletion

    @Test("a deleted claim that no Pod uses is let go")
    func released() {
        let claim = Objects.claim { Objects.deleted(&$0.metadata) }
        guard case .release(.claim(let released)) = step(claim) else {
            Issue.record("not released")
            return
        }
        #expect(released.metadata.finalizers.isEmpty)
    }

    @Test("a deleted claim that a Pod uses stays")
    func inUse() {
        let claim = Objects.claim { Objects.deleted(&$0.metadata) }
        #expect(step(claim) { $0.isInUse = true } == .settled)
    }

    @Test("a deleted claim with an intent finds out first whether there is a volume")
    func deletedWithIntent() {
        let claim = Objects.claim {
            withIntent(&$0)
            Objects.deleted(&$0.metadata)
        }
        #expect(step(claim) == .resume)
    }

    @Test("a deleted claim with an intent whose volume is there leaves the rest to the volume")
    func deletedWithVolume() {
        let claim = Objects.claim {
            withIntent(&$0)
            Objects.deleted(&$0.metadata)
        }
        let step = step(claim) { $0.provisionedVolume = Objects.provisionedVolume(phase: .pending) }
        guard case .release(.claim(let released)) = step else {
            Issue.record("\(step)")
            return
        }
        #expect(released.metadata.finalizers.isEmpty)
    }

    @Test("finalizers of others are left alone")
    func otherFinalizers() {
        let claim = Objects.claim {
            $0.metadata.addFinalizer("example.com/keep")
            Objects.deleted(&$0.metadata)
        }
        guard case .release(.claim(let released)) = step(claim) else {
            Issue.record("not released")
            return
        }
        #expect(released.metadata.finalizers == ["example.com/keep"])
    }

    @Test("a deleted claim is not provisioned")
    func deletedUnbound() {
        let claim = Objects.claim(className: "fast") {
            $0.metadata.finalizers = []
            Objects.deleted(&$0.metadata)
        }
        #expect(step(claim) { $0.storageClass = Objects.storageClass() } == .settled)
    }

    // MARK: bound, lost

    @Test("a bound claim with its volume is settled")
    func settled() {
        let claim = Objects.claim { completed(&$0) }
        let volume = Objects.volume {
            $0.claimRef = claim.reference
            $0.phase = .bound
        }
        #expect(step(claim) { $0.namedVolume = volume } == .settled)
    }

    @Test("a bound claim whose volume is gone is lost")
    func lostVolume() {
        guard case .lose(.claimStatus(let claim), let notice) = step(Objects.claim { completed(&$0) }) else {
            Issue.record("not lost")
            return
        }
        #expect(claim.phase == .lost)
        #expect(notice == .claimLostItsVolume)
    }

    @Test("a bound claim whose volumeName was emptied is lost")
    func lostName() {
        let claim = Objects.claim {
            completed(&$0)
            $0.volumeName = ""
        }
        guard case .lose(_, .claimLostItsVolumeName) = step(claim) else {
            Issue.record("not lost")
            return
        }
    }

    @Test("a bound claim whose volume has another claim is misbound")
    func misbound() {
        let volume = Objects.volume { $0.claimRef = Objects.claim("other") { $0.metadata.uid = "other" }.reference }
        guard case .lose(_, .claimMisbound) = step(Objects.claim { completed(&$0) }, { $0.namedVolume = volume }) else {
            Issue.record("not lost")
            return
        }
    }

    @Test("lost is for ever")
    func terminal() {
        let claim = Objects.claim {
            completed(&$0)
            $0.phase = .lost
        }
        #expect(step(claim) { $0.namedVolume = Objects.volume() } == .settled)
    }
}
