import JSONTree
import KubernetesAPI
import ObjectStore
import TestSupport
import Testing

@testable import Provisioning

/// What a driver was asked for, when nothing in the API tells of it any more.
@Suite("An intent whose claim is gone", .timeLimit(.minutes(5)))
struct AbandonedIntentTests {
    private let key = ObjectKey(namespace: "default", name: "data")

    /// Leaves a volume of which only the intent knows, with the claim as `change` makes it.
    private func abandon(
        in directory: String, isDeleted: Bool = true, _ change: @Sendable (inout PersistentVolumeClaim) -> Void
    ) async throws {
        let driver = try DirectoryDriver(directory: directory)
        try driver.plan("provision", "unknown", "unknown", "unknown")
        try await Berth.withStore(in: directory) { store in
            try await store.createClass(parameters: ["mode": "0750"])
            try await store.createClaim()
        }
        try await Berth.run(in: directory, Berth.Options { $0.backoff = .standard }) { berth in
            try await berth.store.awaitEvent("ProvisioningFailed", about: "data")
        }
        try driver.plan("provision")
        try await Berth.withStore(in: directory) { store in
            // As somebody does who edits the database: nobody else takes the finalizer off.
            var claim = try await store.claim(key)
            change(&claim)
            _ = try await store.update(.persistentVolumeClaim, claim.json, WriteOptions(isHost: true))
            if isDeleted { try await store.delete(.persistentVolumeClaim, key) }
            try await store.delete(.storageClass, ObjectKey(name: "fast"))
            #expect(try await store.intents().count == 1)
        }
        #expect(try driver.volumes.count == 1)
    }

    private func awaitSettled(_ berth: Berth) async throws {
        try await berth.store.awaitEvent("ProvisioningCleanedUp", about: "data")
        #expect(try berth.driver.volumes.isEmpty)
        #expect(try await berth.store.intents().isEmpty)
        #expect(berth.driver.calls(of: "delete").last?.hasSuffix(" mode=0750 secret= context=") == true)
    }

    private func orphans(_ berth: Berth) async throws -> [JSONValue] {
        let report = OrphanReport(client: berth.store, host: berth.host, logger: Berth.logger)
        return try await report.json()["orphans"]?.arrayValue ?? []
    }

    @Test("has its volume deleted by name, with what is on record")
    func deleted() async throws {
        try await withTemporaryDirectory { directory in
            try await abandon(in: directory) { $0.metadata.finalizers = [] }
            try await Berth.run(in: directory) { try await awaitSettled($0) }
        }
    }

    @Test("goes on being tried while the driver fails")
    func fails() async throws {
        try await withTemporaryDirectory { directory in
            try await abandon(in: directory) { $0.metadata.finalizers = [] }
            try DirectoryDriver(directory: directory).plan("delete", "unavailable", "die")
            try await Berth.run(in: directory) { berth in
                try await berth.store.awaitEvent("ProvisioningCleanupFailed", about: "data")
                try await awaitSettled(berth)
            }
        }
    }

    @Test("is listed while its driver is gone, and settled when that is back")
    func driverGone() async throws {
        try await withTemporaryDirectory { directory in
            try await abandon(in: directory) { $0.metadata.finalizers = [] }
            try DirectoryDriver(directory: directory).unregister()
            try await Berth.run(in: directory) { berth in
                try await berth.store.awaitEvent("ProvisioningCleanupFailed", about: "data") {
                    $0.message.contains("driver directories is no longer in drivers.json")
                }
                let orphan = try #require(try await orphans(berth).first)
                #expect(orphan["found"] == "intent")
                #expect(orphan["driver"] == "directories")
                #expect(orphan.at("claim", "name") == "data")
                let volumes = try berth.driver.volumes
                #expect(volumes.map { .string($0) } == [orphan["volume"]])
                try berth.driver.register()
                try await awaitSettled(berth)
                #expect(try await orphans(berth).isEmpty)
            }
        }
    }

    @Test("is kept while somebody's volume has the name, which may be a way to save the data")
    func rescued() async throws {
        try await withTemporaryDirectory { directory in
            try await abandon(in: directory) { $0.metadata.finalizers = [] }
            let name = try #require(try DirectoryDriver(directory: directory).volumes.first)
            try await Berth.withStore(in: directory) { try await $0.createVolume(name) }
            try await Berth.run(in: directory) { berth in
                try await berth.store.awaitEvent("ProvisioningCleanupFailed", about: "data")
                #expect(berth.driver.calls(of: "delete").isEmpty)
                try await berth.store.delete(.persistentVolume, ObjectKey(name: name))
                try await awaitSettled(berth)
            }
        }
    }

    @Test("a claim whose finalizers were taken off is held again, and gets the volume that was made for it")
    func heldAgain() async throws {
        try await withTemporaryDirectory { directory in
            try await abandon(in: directory, isDeleted: false) { $0.metadata.finalizers = [] }
            try await Berth.run(in: directory) { berth in
                let (_, volume) = try await berth.store.awaitBound(key)
                #expect(try berth.driver.volumes == [volume.name])
                #expect(Set(berth.driver.calls).count == 1, "the same call each time")
                #expect(try await berth.store.intents().isEmpty)
            }
        }
    }

    @Test("a volume is known by its driver's id for it, and not by another driver's equal one")
    func equalIDs() {
        var known = OrphanReport.Known()
        known.volumeIDs = ["example.com/a": ["lun-1"]]
        let ofA = OrphanReport.Listed(name: "x", id: "lun-1", driver: "a", provisioners: ["example.com/a"])
        let ofB = OrphanReport.Listed(name: "x", id: "lun-1", driver: "b", provisioners: ["example.com/b"])
        #expect(known.knows(ofA))
        #expect(!known.knows(ofB))
    }

    @Test("can be given up by hand, and what goes on cannot")
    func forget() async throws {
        try await withTemporaryDirectory { directory in
            try await abandon(in: directory) { _ in }
            try DirectoryDriver(directory: directory).unregister()
            try await Berth.run(in: directory) { berth in
                // The claim is there still, and waits for a driver that does not come back.
                let name = try #require(try berth.driver.volumes.first)
                let report = OrphanReport(client: berth.store, host: berth.host, logger: Berth.logger)
                #expect(try await orphans(berth).map { $0["volume"] } == [.string(name)])
                _ = try await report.forget(name)
                try await berth.store.awaitGone(.persistentVolumeClaim, key)
                #expect(try await berth.store.intents().isEmpty)
                #expect(try await statusError { try await report.forget(name) }?.reason == .notFound)
            }
        }
    }

    @Test("one that is damaged is listed, and nothing is deleted for it")
    func damaged() async throws {
        try await withTemporaryDirectory { directory in
            try await Berth.withStore(in: directory) { store in
                try await store.change(.record(StoredIntent(volume: "pvc-lost", document: .null)))
            }
            try await Berth.run(in: directory) { berth in
                try await berth.driverIsReady()
                #expect(try await orphans(berth).map { $0["volume"] } == ["pvc-lost"])
                #expect(berth.driver.calls.isEmpty)
            }
        }
    }
}
