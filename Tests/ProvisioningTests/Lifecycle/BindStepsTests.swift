import KubernetesAPI
import Testing

@testable import Provisioning

@Suite("The steps of binding")
struct BindStepsTests {
    private let now = Timestamp(seconds: 1_700_000_000)

    /// Takes every step as if the API stored it.
    private func run(_ claim: inout PersistentVolumeClaim, _ volume: inout PersistentVolume) -> [String] {
        var steps: [String] = []
        while steps.count < 10, let write = BindSteps.next(claim, volume, now: now) {
            switch write {
            case .volume(let new):
                volume = new
                steps.append("volume")
            case .volumeStatus(let new):
                volume = new
                steps.append("volume status")
            case .claim(let new):
                claim = new
                steps.append("claim")
            case .claimStatus(let new):
                claim = new
                steps.append("claim status")
            }
        }
        return steps
    }

    @Test("are four, in the order that survives a crash")
    func order() {
        var claim = Objects.claim()
        var volume = Objects.volume()
        #expect(run(&claim, &volume) == ["volume", "volume status", "claim", "claim status"])
        #expect(volume.claimRef?.uid == claim.uid)
        #expect(volume.phase == .bound)
        #expect(claim.volumeName == volume.name)
        #expect(claim.phase == .bound)
        #expect(claim.capacity == volume.capacity)
        #expect(claim.actualAccessModes == volume.accessModes)
        #expect(claim.metadata[annotation: "pv.kubernetes.io/bind-completed"] == "yes")
        #expect(claim.metadata[annotation: "pv.kubernetes.io/bound-by-controller"] == "yes")
    }

    @Test("go on where they stopped, after any of them", arguments: 0..<4)
    func resumes(done: Int) {
        var claim = Objects.claim()
        var volume = Objects.volume()
        for _ in 0..<done {
            switch BindSteps.next(claim, volume, now: now) {
            case .volume(let new), .volumeStatus(let new): volume = new
            case .claim(let new), .claimStatus(let new): claim = new
            case nil: break
            }
        }
        #expect(run(&claim, &volume) == Array(["volume", "volume status", "claim", "claim status"][done...]))
        #expect(run(&claim, &volume).isEmpty)
    }

    @Test("do not say that the binder chose what the claim had asked for")
    func askedFor() {
        var claim = Objects.claim { $0.volumeName = "pv0001" }
        var volume = Objects.volume()
        _ = run(&claim, &volume)
        #expect(claim.metadata[annotation: "pv.kubernetes.io/bound-by-controller"] == nil)
    }

    @Test("take the intent off the claim with the write that names the volume")
    func dropsIntent() {
        var claim = Objects.claim { claim in
            claim.metadata.addFinalizer(BerthFinalizer.provisioning)
            claim.metadata[annotation: BerthAnnotation.formerIntent] = "{}"
            claim.metadata[annotation: BerthAnnotation.provisioningProgress] = "40%"
        }
        var volume = Objects.provisionedVolume(phase: .pending)
        #expect(run(&claim, &volume) == ["volume status", "claim", "claim status"])
        #expect(!claim.metadata.hasFinalizer(BerthFinalizer.provisioning))
        #expect(claim.metadata.annotations.keys.allSatisfy { !$0.hasPrefix("berth.dev/") })
    }

    @Test("fill in the uid of a volume that was kept for the claim by name")
    func fillsUID() {
        let claim = Objects.claim()
        let volume = Objects.volume {
            $0.claimRef = ObjectReference(
                kind: "PersistentVolumeClaim", apiVersion: "v1", namespace: "default", name: "data")
        }
        guard case .volume(let bound) = BindSteps.next(claim, volume, now: now) else {
            Issue.record("no write of the volume")
            return
        }
        #expect(bound.claimRef?.uid == claim.uid)
        #expect(bound.metadata[annotation: "pv.kubernetes.io/bound-by-controller"] == nil)
    }
}
