import JSONTree
import KubernetesAPI
import ObjectStore
import Testing

@testable import Provisioning

@Suite("When a driver does not make the volume", .timeLimit(.minutes(5)))
struct ProvisioningFailureTests {
    /// So long that whatever happens in a test does not happen because time passed.
    private static let never = Berth.Options {
        $0.backoff = BackoffSchedule(base: .seconds(3600), cap: .seconds(3600))
    }

    @Test("a wrong parameter is told in the driver's words, and a corrected class is tried at once")
    func wrongParameter() async throws {
        try await Berth.run(Self.never) { berth in
            try berth.driver.plan("provision", "final INVALID_ARGUMENT parameters.mode mode is no octal number")
            try await berth.store.createClass(parameters: ["mode": "rwx"])
            let key = try await berth.store.createClaim()
            let event = try await berth.store.awaitEvent("ProvisioningFailed", about: "data")
            #expect(event.type == "Warning")
            #expect(event.message.contains("INVALID_ARGUMENT (parameters.mode): mode is no octal number"))
            #expect(event.message.contains("Delete StorageClass \"fast\" and create it with the right parameters"))
            #expect(event.message.contains("(berth driver calls show c-"))
            try await berth.store.delete(.storageClass, ObjectKey(name: "fast"))
            try await berth.store.createClass(parameters: ["mode": "0750"])
            try await berth.store.awaitBound(key)
            #expect(berth.driver.calls.count == 2)
        }
    }

    @Test("after a final answer a deleted claim goes at once, and nobody is asked again")
    func finalThenDeleted() async throws {
        try await Berth.run(Self.never) { berth in
            try berth.driver.plan("provision", "final OUT_OF_RANGE volume.capacityBytes too large")
            try await berth.store.createClass()
            let key = try await berth.store.createClaim()
            try await berth.store.awaitEvent("ProvisioningFailed", about: "data")
            try await berth.store.delete(.persistentVolumeClaim, key)
            try await berth.store.awaitGone(.persistentVolumeClaim, key)
            #expect(berth.driver.calls.count == 1)
        }
    }

    @Test(
        "an unknown outcome is asked for again, and one volume is what there is",
        arguments: ["unknown", "die", "unavailable"])
    func unknownOutcome(plan: String) async throws {
        try await Berth.run { berth in
            try berth.driver.plan("provision", plan)
            try await berth.store.createClass()
            let key = try await berth.store.createClaim()
            let (_, volume) = try await berth.store.awaitBound(key)
            #expect(try berth.driver.volumes == [volume.name])
            #expect(berth.driver.calls.count == 2)
            #expect(Set(berth.driver.calls).count == 1)
        }
    }

    @Test("while the outcome is unknown the arguments stay the same, whatever becomes of the class")
    func sameArguments() async throws {
        try await Berth.run { berth in
            try berth.driver.plan("provision", "unavailable", "hold")
            try await berth.store.createClass(parameters: ["mode": "0700"])
            let key = try await berth.store.createClaim()
            try await berth.store.awaitEvent("ProvisioningFailed", about: "data")
            try await berth.store.delete(.storageClass, ObjectKey(name: "fast"))
            try await berth.store.createClass(parameters: ["mode": "0777"])
            try berth.driver.go()
            let (_, volume) = try await berth.store.awaitBound(key)
            let call = "provision \(volume.name) mode=0700 secret= context="
            #expect(berth.driver.calls == [call, call])
            #expect(volume.classParameters == ["mode": "0700"])
        }
    }

    @Test("a claim that is deleted while the outcome is unknown waits for it, and the volume goes with it")
    func deletedWhileUnknown() async throws {
        try await Berth.run { berth in
            try berth.driver.plan("provision", "unknown", "unavailable", "unavailable", "hold")
            try await berth.store.createClass()
            let key = try await berth.store.createClaim()
            try await berth.store.awaitEvent("ProvisioningFailed", about: "data")
            try await berth.store.delete(.persistentVolumeClaim, key)
            #expect(try await berth.store.claim(key).metadata.hasFinalizer(BerthFinalizer.provisioning))
            try berth.driver.go()
            try await berth.store.awaitGone(.persistentVolumeClaim, key)
            #expect(try berth.driver.volumes.isEmpty)
            #expect(berth.driver.calls(of: "delete").count == 1)
            try await berth.store.awaitNone(.persistentVolume)
        }
    }

    @Test("a claim that is deleted while the outcome is unknown goes when the answer is that there is none")
    func deletedThenFinal() async throws {
        try await Berth.run { berth in
            try berth.driver.plan(
                "provision", "unavailable", "hold", "final RESOURCE_EXHAUSTED volume.capacityBytes full")
            try await berth.store.createClass()
            let key = try await berth.store.createClaim()
            try await berth.store.awaitEvent("ProvisioningFailed", about: "data")
            try await berth.store.delete(.persistentVolumeClaim, key)
            try berth.driver.go()
            try await berth.store.awaitGone(.persistentVolumeClaim, key)
            #expect(try berth.driver.volumes.isEmpty)
        }
    }

    @Test("a claim that is deleted while its driver works leaves nothing")
    func deletedInFlight() async throws {
        try await Berth.run { berth in
            try berth.driver.plan("provision", "hold")
            try await berth.store.createClass()
            let key = try await berth.store.createClaim()
            try await berth.store.awaitState(key, "is being provisioned") { (claim: PersistentVolumeClaim) in
                claim.metadata.hasFinalizer(BerthFinalizer.provisioning)
            }
            try await berth.store.delete(.persistentVolumeClaim, key)
            try berth.driver.go()
            try await berth.store.awaitGone(.persistentVolumeClaim, key)
            try await berth.store.awaitNone(.persistentVolume)
            #expect(try berth.driver.volumes.isEmpty)
        }
    }

    @Test("cleaning up is tried until it works, and told when it does not")
    func cleanupFails() async throws {
        try await Berth.run { berth in
            try berth.driver.plan("provision", "hold")
            try berth.driver.plan("delete", "final FAILED_PRECONDITION volume in use", "unavailable")
            try await berth.store.createClass()
            let key = try await berth.store.createClaim()
            try await berth.store.awaitState(key, "is being provisioned") { (claim: PersistentVolumeClaim) in
                claim.metadata.hasFinalizer(BerthFinalizer.provisioning)
            }
            try await berth.store.delete(.persistentVolumeClaim, key)
            try berth.driver.go()
            try await berth.store.awaitEvent("ProvisioningCleanupFailed", about: "data")
            try await berth.store.awaitGone(.persistentVolumeClaim, key)
            #expect(try berth.driver.volumes.isEmpty)
            #expect(berth.driver.calls(of: "delete").count == 3)
        }
    }

    @Test("progress of long work stands on the claim and in its events")
    func progress() async throws {
        try await Berth.run { berth in
            try berth.driver.plan("provision", "pending 40 copying", "hold")
            try await berth.store.createClass()
            let key = try await berth.store.createClaim()
            try await berth.store.awaitState(key, "tells its progress") { (claim: PersistentVolumeClaim) in
                claim.metadata[annotation: "berth.dev/provisioning-progress"] == "40% copying"
            }
            try await berth.store.awaitEvent("Provisioning", about: "data") { $0.message.contains("40% copying") }
            try berth.driver.go()
            let (claim, _) = try await berth.store.awaitBound(key)
            #expect(claim.metadata[annotation: "berth.dev/provisioning-progress"] == nil)
        }
    }

    @Test("a volume that is too small is deleted, and made again")
    func tooSmall() async throws {
        try await Berth.run { berth in
            try berth.driver.plan("provision", "small")
            try await berth.store.createClass()
            let key = try await berth.store.createClaim()
            let event = try await berth.store.awaitEvent("ProvisioningFailed", about: "data")
            #expect(event.message.contains("made a volume of 1 bytes"))
            let (_, volume) = try await berth.store.awaitBound(key)
            #expect(berth.driver.calls.map { $0.split(separator: " ")[0] } == ["provision", "delete", "provision"])
            #expect(try berth.driver.volumes == [volume.name])
        }
    }

    @Test("an answer that makes no PersistentVolume is told, and does not lose the volume")
    func garbage() async throws {
        try await Berth.run { berth in
            try berth.driver.plan("provision", "garbage")
            try await berth.store.createClass()
            let key = try await berth.store.createClaim()
            try await berth.store.awaitEvent("ProvisioningFailed", about: "data") {
                $0.message.contains("made a volume that the API refuses")
            }
            try await berth.store.delete(.persistentVolumeClaim, key)
            try await berth.store.awaitGone(.persistentVolumeClaim, key)
            try await berth.store.awaitNone(.persistentVolume)
            #expect(try berth.driver.volumes.isEmpty)
        }
    }

    @Test("no room on the chosen node gives the node back")
    func reschedule() async throws {
        try await Berth.run(Self.never) { berth in
            try berth.driver.plan("provision", "final RESOURCE_EXHAUSTED volume.capacityBytes full")
            let node: JSONValue = [
                "apiVersion": "v1", "kind": "Node",
                "metadata": ["name": "n1", "labels": ["kubernetes.io/hostname": "n1"]],
            ]
            _ = try await berth.store.create(.node, node, WriteOptions())
            try await berth.store.createClass(waits: true)
            let key = try await berth.store.createClaim {
                $0.metadata[annotation: "volume.kubernetes.io/selected-node"] = "n1"
            }
            try await berth.store.awaitEvent("ProvisioningFailed", about: "data") { $0.message.contains("full") }
            let claim = try await berth.store.claim(key)
            #expect(claim.metadata[annotation: "volume.kubernetes.io/selected-node"] == nil)
            #expect(!claim.metadata.hasFinalizer(BerthFinalizer.provisioning))
        }
    }

    @Test("a volume that cannot be deleted is Failed, told with the driver's words, and tried again")
    func deletionFails() async throws {
        try await Berth.run { berth in
            try berth.driver.plan("delete", "final FAILED_PRECONDITION volume snapshots remain", "die")
            try await berth.store.createClass()
            let key = try await berth.store.createClaim()
            let (_, volume) = try await berth.store.awaitBound(key)
            try await berth.store.delete(.persistentVolumeClaim, key)
            try await berth.store.awaitEvent("VolumeFailedDelete", about: volume.name) {
                $0.message.contains("snapshots remain (berth driver calls show c-")
            }
            try await berth.store.awaitGone(.persistentVolume, volume.key)
            #expect(try berth.driver.volumes.isEmpty)
            #expect(berth.driver.calls(of: "delete").count == 3)
        }
    }

    @Test("a driver that cannot be run is told as the host tells it, and tried when it can be")
    func brokenDriver() async throws {
        try await Berth.run(Self.never) { berth in
            try berth.driver.setExecutable(false)
            try await berth.store.createClass()
            let key = try await berth.store.createClaim()
            try await berth.store.awaitEvent("ProvisioningFailed", about: "data") {
                $0.message.contains("directory-driver")
            }
            #expect(try await !berth.store.claim(key).metadata.hasFinalizer(BerthFinalizer.provisioning))
            try berth.driver.setExecutable(true)
            try await berth.store.awaitBound(key)
        }
    }

    @Test("a volume whose driver is gone waits for it")
    func driverGone() async throws {
        try await Berth.run { berth in
            try await berth.store.createClass()
            let key = try await berth.store.createClaim()
            let (_, volume) = try await berth.store.awaitBound(key)
            try berth.driver.unregister()
            try await berth.store.createClass("probe", provisioner: DirectoryDriver.provisioner)
            // The host looks at drivers.json now and then: a claim that nobody serves shows that it has.
            for attempt in 0..<200 {
                let probe = try await berth.store.createClaim("probe-\(attempt)", className: "probe")
                let claim: PersistentVolumeClaim = try await berth.store.awaitState(probe, "is dealt with") {
                    $0.phase == .bound || !$0.metadata.hasFinalizer(BerthFinalizer.provisioning)
                }
                if claim.phase != .bound, berth.driver.calls.allSatisfy({ !$0.contains(claim.uid) }) { break }
            }
            try await berth.store.delete(.persistentVolumeClaim, key)
            try await berth.store.awaitEvent("VolumeFailedDelete", about: volume.name)
            try berth.driver.register()
            try await berth.store.awaitGone(.persistentVolume, volume.key)
            #expect(try !berth.driver.volumes.contains(volume.name))
        }
    }

    @Test("the same failure again and again is one event that counts")
    func oneEvent() async throws {
        try await Berth.run { berth in
            let plan = Array(repeating: "final FAILED_PRECONDITION volume not now", count: 4)
            try berth.driver.plan("provision", plan[0], plan[1], plan[2], plan[3])
            try await berth.store.createClass()
            let key = try await berth.store.createClaim()
            try await berth.store.awaitBound(key)
            try await berth.store.awaitEvent("ProvisioningFailed", about: "data") { $0.count >= 2 }
            let events = try await berth.store.list(.event, ListOptions()).items.map { Event($0) }
            #expect(events.filter { $0.reason == "ProvisioningFailed" }.count == 1)
        }
    }
}
