import DriverProtocol
import JSONTree
import KubernetesAPI
import Testing

@testable import Provisioning

@Suite("What an answer to provision means")
struct ProvisionVerdictTests {
    private func intent(
        node: Bool = false, _ change: (inout ProvisioningIntent) -> Void = { _ in }
    ) throws -> ProvisioningIntent {
        let node = node ? ClaimRequirements.Node(name: "n", labels: ["kubernetes.io/hostname": "n"]) : nil
        var intent = try ProvisioningIntent(Objects.claim(className: "fast"), Objects.storageClass(), node: node)
        change(&intent)
        return intent
    }

    private func success(_ capacity: Int64?) -> DriverAnswer {
        var reply = DriverReply(.success)
        reply.volume = ProvisionedVolume(
            id: "v", capacityBytes: capacity, volumeSource: ["hostPath": ["path": "/srv/v"]])
        return .success(reply)
    }

    private func failure(_ answer: DriverAnswer, node: Bool = false) throws -> ProvisioningFailure? {
        guard case .failed(let failure) = ProvisionVerdict(answer, to: try intent(node: node), driver: "d") else {
            return nil
        }
        return failure
    }

    @Test(
        "the capacity is the driver's, or what was asked for when it says none",
        arguments: [
            (nil, 8 << 30), (0, 8 << 30), (8 << 30, 8 << 30), (10 << 30, 10 << 30),
        ] as [(Int64?, Int64)])
    func capacity(answered: Int64?, taken: Int64) throws {
        guard case .made(_, let bytes) = ProvisionVerdict(success(answered), to: try intent(), driver: "d") else {
            Issue.record("not made")
            return
        }
        #expect(bytes == taken)
    }

    @Test(
        "a volume that is too small, or larger than the limit, is unfit",
        arguments: [(8 << 30) - 1, 20 << 30] as [Int64])
    func unfit(bytes: Int64) throws {
        let intent = try intent { $0.limitBytes = 10 << 30 }
        guard case .unfit = ProvisionVerdict(success(bytes), to: intent, driver: "d") else {
            Issue.record("taken")
            return
        }
    }

    @Test("success without a volume source leaves the outcome open")
    func noSource() throws {
        var reply = DriverReply(.success)
        reply.volume = ProvisionedVolume(id: "v")
        #expect(try failure(.success(reply))?.state == .background)
    }

    @Test(
        "who was not reached changed nothing; who died may have",
        arguments: [
            (DriverAnswer.unreachable("x", retryAfter: nil), ProvisioningFailure.State.noChange),
            (.lost("x", callID: "c"), .background), (.notSupported("x", callID: nil), .finished),
        ])
    func states(answer: DriverAnswer, state: ProvisioningFailure.State) throws {
        #expect(try failure(answer)?.state == state)
    }

    @Test(
        "a driver's error by its code",
        arguments: [
            (.invalidArgument, .finished, true), (.alreadyExists, .finished, true), (.outOfRange, .finished, true),
            (.permissionDenied, .finished, true), (.unauthenticated, .finished, true),
            (.unimplemented, .finished, true), (.notFound, .finished, false),
            (.failedPrecondition, .finished, false), (.resourceExhausted, .finished, false),
            (.aborted, .background, false), (.unavailable, .background, false), (.deadlineExceeded, .background, false),
            (.cancelled, .background, false), (.internal, .background, false), (.unknown, .background, false),
        ] as [(DriverError.Code, ProvisioningFailure.State, Bool)])
    func codes(code: DriverError.Code, state: ProvisioningFailure.State, isSlow: Bool) throws {
        let failure = try failure(.failed(DriverError(code, "m"), callID: "c"))
        #expect(failure?.state == state)
        #expect(failure?.isSlow == isSlow)
    }

    @Test("the driver's own word about the outcome counts more than its code")
    func explicitOutcome() throws {
        let final = DriverError(.unavailable, "m", outcome: .final)
        let unknown = DriverError(.invalidArgument, "m", outcome: .unknown)
        #expect(try failure(.failed(final, callID: nil))?.state == .finished)
        #expect(try failure(.failed(unknown, callID: nil))?.state == .background)
        #expect(try failure(.failed(unknown, callID: nil))?.isSlow == false)
    }

    @Test("no room gives the node back, when one was chosen and the answer is final")
    func reschedule() throws {
        let exhausted = DriverError(.resourceExhausted, "full")
        #expect(try failure(.failed(exhausted, callID: nil), node: true)?.state == .reschedule)
        #expect(try failure(.failed(exhausted, callID: nil), node: false)?.state == .finished)
        let unknown = DriverError(.resourceExhausted, "full", outcome: .unknown)
        #expect(try failure(.failed(unknown, callID: nil), node: true)?.state == .background)
    }

    @Test("a wrong parameter says what to change")
    func remedy() throws {
        let error = DriverError(.invalidArgument, "no such mode", field: "parameters.mode")
        let message = try #require(try failure(.failed(error, callID: "c-1"))?.message)
        #expect(message.contains("no such mode"))
        #expect(message.contains("parameters.mode"))
        #expect(message.contains("Delete StorageClass \"fast\""))
    }

    @Test(
        "what follows: whether the claim keeps its intent, and when it is tried again",
        arguments: [
            (.background, false, false, true, .backoff), (.background, true, true, true, .backoff),
            (.noChange, false, false, false, .backoff), (.noChange, true, false, true, .backoff),
            (.noChange, true, true, true, .backoff), (.noChange, false, true, false, nil),
            (.finished, false, false, false, .backoff), (.finished, true, true, false, nil),
            (.reschedule, true, false, false, .backoff),
        ] as [(ProvisioningFailure.State, Bool, Bool, Bool, FailureConsequence.Pace?)])
    func consequences(
        state: ProvisioningFailure.State, hadIntent: Bool, isDeleted: Bool, keeps: Bool, pace: FailureConsequence.Pace?
    ) {
        let consequence = FailureConsequence(
            ProvisioningFailure(state, "m"), hadIntent: hadIntent, claimIsBeingDeleted: isDeleted)
        #expect(consequence.keepsIntent == keeps)
        #expect(consequence.pace == pace)
        #expect(consequence.returnsNode == (state == .reschedule))
    }

    @Test(
        "an answer to delete",
        arguments: [
            (DriverAnswer.success(DriverReply(.success)), true),
            (.failed(DriverError(.notFound, "gone"), callID: nil), true),
            (.failed(DriverError(.failedPrecondition, "in use"), callID: nil), false),
            (.notSupported("no", callID: nil), false), (.unreachable("no", retryAfter: nil), false),
            (.lost("died", callID: nil), false),
        ])
    func deletions(answer: DriverAnswer, isDeleted: Bool) {
        #expect((VolumeDeletion(answer, driver: "d") == .deleted) == isDeleted)
    }
}

@Suite("The object of a provisioned volume")
struct ProvisionedVolumeObjectTests {
    private func object(_ policy: ReclaimPolicy = .delete) throws -> PersistentVolume {
        var intent = try ProvisioningIntent(
            Objects.claim(className: "fast"), Objects.storageClass(parameters: ["type": "gp3"]), node: nil)
        intent.reclaimPolicy = policy
        intent.mountOptions = ["noatime"]
        intent.secret = SecretReference(namespace: "ns", name: "s")
        let made = ProvisionedVolume(
            id: "vol-1", volumeSource: ["hostPath": ["path": "/srv/v"]], context: ["k": "v"],
            topology: [["zone": "a"]], labels: ["disk": "ssd"])
        return PersistentVolume(made, capacityBytes: 9 << 30, for: Objects.claim(), intent)
    }

    @Test("is claimed already, and has what claim, class and driver say")
    func spec() throws {
        let volume = try object()
        #expect(volume.name == Objects.ownVolumeName)
        #expect(volume.claimRef == Objects.claim().reference)
        #expect(volume.capacity == Quantity(bytes: 9 << 30))
        #expect(volume.storageClassName == "fast")
        #expect(volume.mountOptions == ["noatime"])
        #expect(volume.metadata.labels == ["disk": "ssd"])
        #expect(volume.source?.type == "hostPath")
        #expect(NodeAffinity(volume.nodeAffinity).matches(nodeName: "n", labels: ["zone": "a"]))
    }

    @Test("remembers what its deletion needs, when the class is gone")
    func deletion() throws {
        let volume = try object()
        #expect(volume.provisioner == "berth.dev/hostpath")
        #expect(volume.volumeRequest.id == "vol-1")
        #expect(volume.volumeRequest.context == ["k": "v"])
        #expect(volume.classParameters == ["type": "gp3"])
        #expect(volume.deletionSecret == SecretReference(namespace: "ns", name: "s"))
    }

    @Test("is held by the driver's finalizer under Delete only")
    func finalizer() throws {
        let finalizer = "external-provisioner.volume.kubernetes.io/finalizer"
        #expect(try object(.delete).metadata.hasFinalizer(finalizer))
        #expect(try !object(.retain).metadata.hasFinalizer(finalizer))
    }
}
