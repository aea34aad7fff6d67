import DriverProtocol
import JSONTree
import KubernetesAPI
import ObjectStore
import TestSupport
import Testing

@testable import Provisioning

/// Whoever may create claims and volumes writes on them what the host writes, or an older Berth wrote.
@Suite("A forged intent", .timeLimit(.minutes(5)))
struct ForgedIntentTests {
    private let key = ObjectKey(namespace: "default", name: "data")

    /// What an older Berth obeyed: parameters of the tenant's choice, and a Secret of another namespace.
    private func forge(_ claim: inout PersistentVolumeClaim) {
        claim.metadata.addFinalizer("berth.dev/provisioning")
        claim.metadata[annotation: "berth.dev/provisioning-intent"] = String(
            decoding: ([
                "provisioner": .string(DirectoryDriver.provisioner), "className": "fast", "classUID": "x",
                "requestBytes": 1, "parameters": ["mode": "0777"], "reclaimPolicy": "Delete",
                "accessModes": ["ReadWriteOnce"], "volumeMode": "Filesystem",
                "secret": ["namespace": "vault", "name": "root"],
            ] as JSONValue).encoded, as: UTF8.self)
    }

    private func createVaultSecret(_ store: any ResourceClient) async throws {
        _ = try await store.create(.namespace, ["metadata": ["name": "vault"]], WriteOptions())
        let secret: JSONValue = [
            "metadata": ["name": "root", "namespace": "vault"], "stringData": ["password": "stolen"],
        ]
        _ = try await store.create(.secret, secret, WriteOptions())
    }

    @Test("is refused on a claim")
    func refused() async throws {
        try await Berth.run { berth in
            try await berth.store.createClass()
            let error = try await statusError { try await berth.store.createClaim("data", forge) }
            #expect(error?.reason == .invalid)
            #expect(error?.message.contains("berth.dev/provisioning-intent") == true)
            #expect(berth.driver.calls.isEmpty)
        }
    }

    /// A store as an older Berth left it, with a claim that carries finalizer and annotation.
    private func store(
        in directory: String, hasClass: Bool = true, isDeleted: Bool = false
    ) async throws {
        try await Berth.withStore(in: directory) { store in
            try await createVaultSecret(store)
            if hasClass { try await store.createClass(parameters: ["mode": "0750"]) }
            var claim = PersistentVolumeClaim(name: "data", namespace: "default")
            claim.accessModes = [.readWriteOnce]
            claim.storageClassName = "fast"
            claim.json.set("1Gi", at: "spec", "resources", "requests", "storage")
            forge(&claim)
            _ = try await store.create(.persistentVolumeClaim, claim.json, WriteOptions(isHost: true))
            if isDeleted { try await store.delete(.persistentVolumeClaim, key) }
        }
    }

    @Test("of an older Berth is not believed: the driver is asked with what the class says")
    func upgrade() async throws {
        try await withTemporaryDirectory { directory in
            try await store(in: directory)
            try await Berth.run(in: directory) { berth in
                let (claim, volume) = try await berth.store.awaitBound(key)
                #expect(berth.driver.calls == ["provision \(volume.name) mode=0750 secret= context="])
                #expect(claim.metadata.annotations.keys.allSatisfy { !$0.hasPrefix("berth.dev/") })
                #expect(try await berth.store.intents().isEmpty)
            }
        }
    }

    @Test("of an older Berth's claim that was deleted: what may exist is deleted by its name, with what the class says")
    func upgradeOfDeleted() async throws {
        try await withTemporaryDirectory { directory in
            try await store(in: directory, isDeleted: true)
            try await Berth.run(in: directory) { berth in
                try await berth.store.awaitGone(.persistentVolumeClaim, key)
                #expect(berth.driver.calls.count == 1)
                #expect(berth.driver.calls.first?.hasSuffix(" mode=0750 secret= context=") == true)
                #expect(berth.driver.calls.first?.hasPrefix("delete pvc-") == true)
                #expect(try await berth.store.intents().isEmpty)
            }
        }
    }

    @Test("of an older Berth whose class is gone makes no call until the class is there again")
    func upgradeWithoutClass() async throws {
        try await withTemporaryDirectory { directory in
            try await store(in: directory, hasClass: false, isDeleted: true)
            try await Berth.run(in: directory) { berth in
                try await berth.store.awaitEvent("ProvisioningFailed", about: "data") {
                    $0.message.contains("Recreate the class as it was")
                }
                #expect(berth.driver.calls.isEmpty)
                try await berth.store.createClass()
                try await berth.store.awaitGone(.persistentVolumeClaim, key)
                #expect(berth.driver.calls(of: "provision").isEmpty)
            }
        }
    }

    @Test("what the driver was asked with is asked again after a crash, whatever drivers.json says by then")
    func pinnedConfig() async throws {
        try await withTemporaryDirectory { directory in
            let driver = try DirectoryDriver(directory: directory)
            try driver.plan("provision", "unknown", "unknown", "unknown")
            try await Berth.withStore(in: directory) { store in
                try await store.createClass()
                try await store.createClaim()
            }
            try await Berth.run(in: directory, Berth.Options { $0.backoff = .standard }) { berth in
                try await berth.store.awaitEvent("ProvisioningFailed", about: "data")
                #expect(try berth.driver.volumes.count == 1)
            }
            try driver.register(root: directory + "/elsewhere")
            try await Berth.withStore(in: directory) { try await $0.delete(.persistentVolumeClaim, key) }
            try await Berth.run(in: directory) { berth in
                try await berth.store.awaitEvent("DriverConfigChanged", about: "data")
                try await berth.store.awaitGone(.persistentVolumeClaim, key)
                #expect(try berth.driver.volumes.isEmpty, "where it was made")
            }
        }
    }

    @Test("a class that has changed is told of, and the driver asked as before")
    func changedClass() async throws {
        try await Berth.run { berth in
            try berth.driver.plan("provision", "unavailable", "hold")
            try await berth.store.createClass(parameters: ["mode": "0700"])
            let key = try await berth.store.createClaim()
            try await berth.store.awaitEvent("ProvisioningFailed", about: "data")
            try await berth.store.delete(.storageClass, ObjectKey(name: "fast"))
            try await berth.store.createClass(parameters: ["mode": "0777"])
            try berth.driver.go()
            try await berth.store.awaitBound(key)
            #expect(berth.driver.calls.allSatisfy { $0.contains("mode=0700") })
        }
    }

    // MARK: volumes

    @Test("a volume that names a driver and is released is deleted by nobody, and says so")
    func forgedVolume() async throws {
        try await Berth.run { berth in
            try await berth.store.createVolume("forged", policy: "Delete") {
                $0.metadata[annotation: "pv.kubernetes.io/provisioned-by"] = DirectoryDriver.provisioner
                $0.claimRef = ObjectReference(
                    kind: "PersistentVolumeClaim", apiVersion: "v1", namespace: "default", name: "gone", uid: "u")
            }
            try await berth.store.awaitEvent("VolumeFailedDelete", about: "forged") {
                $0.message.contains("Berth did not provision this volume")
            }
            #expect(try await berth.store.volume("forged").phase == .failed)
            try await berth.store.delete(.persistentVolume, ObjectKey(name: "forged"))
            try await berth.store.awaitGone(.persistentVolume, ObjectKey(name: "forged"))
            #expect(berth.driver.calls.isEmpty)
        }
    }

    @Test("a volume that takes the name of the one to come does not take its place")
    func squatter() async throws {
        try await Berth.run { berth in
            try berth.driver.plan("provision", "hold")
            try await berth.store.createClass()
            let key = try await berth.store.createClaim()
            let claim = try await berth.store.claim(key)
            let name = ProvisioningIntent.volumeName(claimUID: claim.uid)
            try await eventually("the driver is asked") { !berth.driver.calls.isEmpty }
            try await berth.store.createVolume(name, className: "fast", policy: "Delete") {
                $0.metadata[annotation: "pv.kubernetes.io/provisioned-by"] = DirectoryDriver.provisioner
                $0.claimRef = claim.reference
            }
            try berth.driver.go()
            try await berth.store.awaitEvent("ProvisioningFailed", about: "data") {
                $0.message.contains("that Berth did not create")
            }
            #expect(try await berth.store.intents().map(\.volume) == [name])
            #expect(try await berth.store.claim(key).phase == .pending)
            try await berth.store.delete(.persistentVolume, ObjectKey(name: name))
            let (_, volume) = try await berth.store.awaitBound(key)
            #expect(volume.isHostMade)
            #expect(try await berth.store.intents().isEmpty)
        }
    }
}
