import JSONTree
import KubernetesAPI
import Testing

@testable import Provisioning

@Suite("From claim to volume, and back", .timeLimit(.minutes(5)))
struct DynamicProvisioningTests {
    @Test("a claim gets a volume of its class, bound on both sides and told of")
    func binds() async throws {
        try await Berth.run { berth in
            try await berth.store.createClass(parameters: ["mode": "0750"])
            let key = try await berth.store.createClaim()
            let (claim, volume) = try await berth.store.awaitBound(key)
            #expect(volume.name == "pvc-" + claim.uid)
            #expect(volume.phase == .bound)
            #expect(volume.claimRef?.uid == claim.uid)
            #expect(volume.storageClassName == "fast")
            #expect(volume.source?.type == "hostPath")
            #expect(claim.capacity == Quantity(bytes: 1 << 30))
            #expect(claim.metadata[annotation: "pv.kubernetes.io/bind-completed"] == "yes")
            #expect(claim.metadata.finalizers == ["kubernetes.io/pvc-protection"])
            #expect(try berth.driver.volumes == [volume.name])
            #expect(berth.driver.calls == ["provision \(volume.name) mode=0750 secret= context="])
            try await berth.store.awaitEvent("ProvisioningSucceeded", about: "data")
        }
    }

    @Test("a claim that is deleted takes its volume along, twice in a row")
    func deletes() async throws {
        try await Berth.run { berth in
            try await berth.store.createClass()
            for _ in 0..<2 {
                let key = try await berth.store.createClaim()
                let (_, volume) = try await berth.store.awaitBound(key)
                try await berth.store.delete(.persistentVolumeClaim, key)
                try await berth.store.awaitGone(.persistentVolume, volume.key)
                #expect(try berth.driver.volumes.isEmpty)
                #expect(berth.driver.calls(of: "delete").last == "delete \(volume.name) mode= secret= context=here")
            }
        }
    }

    @Test("200 claims at once get 200 volumes, and leave none")
    func many() async throws {
        try await Berth.run { berth in
            try await berth.store.createClass()
            try await withThrowingDiscardingTaskGroup { group in
                for number in 0..<200 {
                    group.addTask { try await berth.store.createClaim("data-\(number)") }
                }
            }
            try await berth.store.awaitBound(200)
            #expect(try berth.driver.volumes.count == 200)
            #expect(berth.driver.calls.count == 200)
            for number in 0..<200 {
                try await berth.store.delete(
                    .persistentVolumeClaim, ObjectKey(namespace: "default", name: "data-\(number)"))
            }
            try await berth.store.awaitNone(.persistentVolumeClaim)
            try await berth.store.awaitNone(.persistentVolume)
            #expect(try berth.driver.volumes.isEmpty)
        }
    }

    @Test("the default class is given retroactively")
    func defaultClass() async throws {
        try await Berth.run { berth in
            let key = try await berth.store.createClaim(className: nil)
            try await berth.store.awaitEvent("FailedBinding", about: "data") {
                $0.message == "no persistent volumes available for this claim and no storage class is set"
            }
            try await berth.store.createClass("standard", isDefault: true)
            let (claim, _) = try await berth.store.awaitBound(key)
            #expect(claim.storageClassName == "standard")
        }
    }

    @Test("under Retain the volume stays, Released, with what is in it")
    func retain() async throws {
        try await Berth.run { berth in
            try await berth.store.createClass(policy: "Retain")
            let key = try await berth.store.createClaim()
            let (_, volume) = try await berth.store.awaitBound(key)
            try await berth.store.delete(.persistentVolumeClaim, key)
            try await berth.store.awaitState(volume.key, "is Released") { (volume: PersistentVolume) in
                volume.phase == .released
            }
            #expect(try berth.driver.volumes == [volume.name])
            try await berth.store.delete(.persistentVolume, volume.key)
            try await berth.store.awaitGone(.persistentVolume, volume.key)
            #expect(berth.driver.calls(of: "delete").isEmpty)
        }
    }

    @Test("a volume is deleted though its class is gone")
    func classGone() async throws {
        try await Berth.run { berth in
            try await berth.store.createClass(parameters: ["mode": "0700"])
            let key = try await berth.store.createClaim()
            let (_, volume) = try await berth.store.awaitBound(key)
            try await berth.store.delete(.storageClass, ObjectKey(name: "fast"))
            try await berth.store.delete(.persistentVolumeClaim, key)
            try await berth.store.awaitGone(.persistentVolume, volume.key)
            #expect(berth.driver.calls(of: "delete") == ["delete \(volume.name) mode=0700 secret= context=here"])
        }
    }

    @Test("a volume that is deleted before its claim leaves nothing behind (KEP-2644)")
    func volumeFirst() async throws {
        try await Berth.run { berth in
            try await berth.store.createClass()
            let key = try await berth.store.createClaim()
            let (_, volume) = try await berth.store.awaitBound(key)
            try await berth.store.delete(.persistentVolume, volume.key)
            #expect(try await berth.store.volume(volume.name).phase == .bound)
            try await berth.store.delete(.persistentVolumeClaim, key)
            try await berth.store.awaitGone(.persistentVolume, volume.key)
            #expect(try berth.driver.volumes.isEmpty)
        }
    }

    @Test("a claim that a Pod uses stays until the Pod is gone")
    func protected() async throws {
        try await Berth.run { berth in
            try await berth.store.createClass()
            let key = try await berth.store.createClaim()
            let (_, volume) = try await berth.store.awaitBound(key)
            try await berth.store.createPod()
            try await berth.store.delete(.persistentVolumeClaim, key)
            // Another claim that comes and goes meanwhile shows that the first one had its chance.
            let other = try await berth.store.createClaim("other")
            try await berth.store.awaitBound(other)
            try await berth.store.delete(.persistentVolumeClaim, other)
            try await berth.store.awaitGone(.persistentVolumeClaim, other)
            #expect(try await berth.store.claim(key).isBeingDeleted)
            #expect(try berth.driver.volumes.contains(volume.name))
            try await berth.store.delete(.pod, ObjectKey(namespace: "default", name: "mypod"))
            try await berth.store.awaitGone(.persistentVolume, volume.key)
        }
    }

    @Test("secrets come from the class's templates, and are remembered for the deletion")
    func secrets() async throws {
        try await Berth.run { berth in
            try await berth.store.createClass(parameters: [
                "csi.storage.k8s.io/provisioner-secret-name": "key-${pvc.name}",
                "csi.storage.k8s.io/provisioner-secret-namespace": "${pvc.namespace}",
            ])
            let key = try await berth.store.createClaim()
            let event = try await berth.store.awaitEvent("ProvisioningFailed", about: "data")
            #expect(event.message.contains("default/key-data"))
            let secret: JSONValue = [
                "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "key-data", "namespace": "default"],
                "data": ["password": "aHVudGVyMg=="],
            ]
            _ = try await berth.store.create(.secret, secret, WriteOptions())
            let (_, volume) = try await berth.store.awaitBound(key)
            #expect(berth.driver.calls == ["provision \(volume.name) mode= secret=hunter2 context="])
            try await berth.store.delete(.persistentVolumeClaim, key)
            try await berth.store.awaitGone(.persistentVolume, volume.key)
            #expect(berth.driver.calls(of: "delete") == ["delete \(volume.name) mode= secret=hunter2 context=here"])
        }
    }

    @Test("a secret that is gone does not hold the deletion")
    func secretGone() async throws {
        try await Berth.run { berth in
            try await berth.store.createClass(parameters: [
                "csi.storage.k8s.io/secret-name": "key", "csi.storage.k8s.io/secret-namespace": "default",
            ])
            let secret: JSONValue = [
                "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "key", "namespace": "default"],
            ]
            _ = try await berth.store.create(.secret, secret, WriteOptions())
            let key = try await berth.store.createClaim()
            let (_, volume) = try await berth.store.awaitBound(key)
            try await berth.store.delete(.secret, ObjectKey(namespace: "default", name: "key"))
            try await berth.store.delete(.persistentVolumeClaim, key)
            try await berth.store.awaitGone(.persistentVolume, volume.key)
        }
    }

    @Test("a class that nobody serves says who is served, and goes on when a driver comes")
    func unserved() async throws {
        try await Berth.run { berth in
            try berth.driver.unregister()
            try await berth.store.createClass("other", provisioner: "example.com/nobody")
            try await berth.store.createClaim("lonely", className: "other")
            try await berth.store.awaitEvent("ProvisioningFailed", about: "lonely") {
                $0.message.contains("no driver serves provisioner \"example.com/nobody\"")
            }
            try await berth.store.createClass()
            let key = try await berth.store.createClaim()
            try berth.driver.register()
            try await berth.store.awaitBound(key)
            try await berth.store.createClaim("lonelier", className: "other")
            try await berth.store.awaitEvent("ProvisioningFailed", about: "lonelier") {
                $0.message.contains("there are drivers for: example.com/directories")
            }
        }
    }
}

@Suite("Waiting for the first consumer", .timeLimit(.minutes(5)))
struct FirstConsumerTests {
    @Test("a Pod that uses the claim sets it going, on its node")
    func pod() async throws {
        try await Berth.run { berth in
            try await berth.store.createClass(waits: true)
            let key = try await berth.store.createClaim()
            try await berth.store.awaitEvent("WaitForFirstConsumer", about: "data")
            #expect(berth.driver.calls.isEmpty)
            try await berth.store.createPod(node: "n1")
            let (claim, _) = try await berth.store.awaitBound(key)
            #expect(claim.metadata[annotation: "volume.kubernetes.io/selected-node"] == "n1")
        }
    }

    @Test("on a machine of one node a Pod needs no scheduler")
    func hostNode() async throws {
        try await Berth.run(Berth.Options { $0.nodeName = "here" }) { berth in
            try await berth.store.createClass(waits: true)
            let key = try await berth.store.createClaim()
            try await berth.store.createPod()
            let (claim, _) = try await berth.store.awaitBound(key)
            #expect(claim.metadata[annotation: "volume.kubernetes.io/selected-node"] == "here")
        }
    }

    @Test("elsewhere the claim waits for the Pod to be scheduled")
    func unscheduled() async throws {
        try await Berth.run { berth in
            try await berth.store.createClass(waits: true)
            try await berth.store.createClaim()
            try await berth.store.createPod()
            try await berth.store.awaitEvent("WaitForPodScheduled", about: "data") {
                $0.message == "waiting for pod mypod to be scheduled"
            }
        }
    }

    @Test("the annotation, set by hand, does it too")
    func annotation() async throws {
        try await Berth.run { berth in
            try await berth.store.createClass(waits: true)
            let key = try await berth.store.createClaim()
            try await berth.store.awaitEvent("WaitForFirstConsumer", about: "data")
            let patch: JSONValue = ["metadata": ["annotations": ["volume.kubernetes.io/selected-node": "n2"]]]
            _ = try await berth.store.patch(.persistentVolumeClaim, key, .merge(patch), WriteOptions())
            try await berth.store.awaitBound(key)
        }
    }
}
