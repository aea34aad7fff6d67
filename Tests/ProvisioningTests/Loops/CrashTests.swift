import KubernetesAPI
import ObjectStore
import ServiceLifecycle
import TestSupport
import Testing

@testable import Provisioning

/// The process dies at each of its writes, before and after it, and starts again: what there is in the end is what the
/// claim says, and no more.
@Suite("A crash at any step", .timeLimit(.minutes(5)))
struct CrashTests {
    /// More writes than any of these lives has; a life that ends earlier has been shown whole.
    private static let writes = 1...9

    /// Runs until the process dies at its n-th write, or until `isDone`.
    private func runUntilCrash(
        in directory: String, at write: Int, _ moment: CrashingClient.Moment,
        isDone: @escaping @Sendable (any ResourceClient) async throws -> Void
    ) async throws {
        try await Berth.withStore(in: directory) { store in
            let client = CrashingClient(store, at: write, moment)
            let driver = try DirectoryDriver(directory: directory)
            let options = Berth.Options { $0.client = { _ in client } }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for service in Berth.services(store, driver, directory, options) {
                    // A process that is dead throws what it likes.
                    group.addTask { try? await service.run() }
                }
                defer { group.cancelAll() }
                try await withThrowingTaskGroup(of: Void.self) { ends in
                    ends.addTask { await client.awaitCrash() }
                    ends.addTask { try await isDone(store) }
                    try await ends.next()
                    ends.cancelAll()
                }
            }
        }
    }

    private let key = ObjectKey(namespace: "default", name: "data")

    private func awaitBound(_ client: any ResourceClient) async throws {
        try await client.awaitBound(key)
    }

    private func awaitNothing(_ client: any ResourceClient) async throws {
        try await client.awaitGone(.persistentVolumeClaim, key)
        try await client.awaitNone(.persistentVolume)
    }

    @Test("while a claim is provisioned and bound", arguments: writes, CrashingClient.Moment.allCases)
    func provisioning(write: Int, moment: CrashingClient.Moment) async throws {
        try await withTemporaryDirectory { directory in
            try await Berth.withStore(in: directory) { store in
                try await store.createClass()
                try await store.createClaim()
            }
            try await runUntilCrash(in: directory, at: write, moment, isDone: awaitBound)
            try await Berth.run(in: directory) { berth in
                let (claim, volume) = try await berth.store.awaitBound(key)
                #expect(try berth.driver.volumes == [volume.name])
                #expect(volume.claimRef?.uid == claim.uid)
                #expect(try await berth.store.list(.persistentVolume, ListOptions()).items.count == 1)
                #expect(!claim.metadata.hasFinalizer(BerthFinalizer.provisioning))
            }
        }
    }

    @Test("and the claim is deleted before the next start", arguments: writes, CrashingClient.Moment.allCases)
    func deletedMeanwhile(write: Int, moment: CrashingClient.Moment) async throws {
        try await withTemporaryDirectory { directory in
            try await Berth.withStore(in: directory) { store in
                try await store.createClass()
                try await store.createClaim()
            }
            try await runUntilCrash(in: directory, at: write, moment, isDone: awaitBound)
            try await Berth.withStore(in: directory) { store in
                try await store.delete(.persistentVolumeClaim, key)
                // The class is not needed any more either.
                try await store.delete(.storageClass, ObjectKey(name: "fast"))
            }
            try await Berth.run(in: directory) { berth in
                try await awaitNothing(berth.store)
                #expect(try berth.driver.volumes.isEmpty)
            }
        }
    }

    @Test("while a claim and its volume are deleted", arguments: writes, CrashingClient.Moment.allCases)
    func deletion(write: Int, moment: CrashingClient.Moment) async throws {
        try await withTemporaryDirectory { directory in
            try await Berth.run(in: directory) { berth in
                try await berth.store.createClass()
                try await awaitBound(berth.store.createClaim(), berth.store)
                try await berth.store.delete(.persistentVolumeClaim, key)
            }
            try await runUntilCrash(in: directory, at: write, moment, isDone: awaitNothing)
            try await Berth.run(in: directory) { berth in
                try await awaitNothing(berth.store)
                #expect(try berth.driver.volumes.isEmpty)
            }
        }
    }

    private func awaitBound(_ key: ObjectKey, _ client: any ResourceClient) async throws {
        try await client.awaitBound(key)
    }

    @Test("while a claim is bound to a volume made by hand", arguments: writes, CrashingClient.Moment.allCases)
    func staticBinding(write: Int, moment: CrashingClient.Moment) async throws {
        try await withTemporaryDirectory { directory in
            try await Berth.withStore(in: directory) { store in
                try await store.createVolume("pv0001")
                try await store.createClaim(className: "")
            }
            try await runUntilCrash(in: directory, at: write, moment, isDone: awaitBound)
            try await Berth.run(in: directory) { berth in
                let (claim, volume) = try await berth.store.awaitBound(key)
                #expect(volume.claimRef?.uid == claim.uid)
            }
        }
    }

    @Test("while an unknown outcome is waited for")
    func unknownOutcome() async throws {
        try await withTemporaryDirectory { directory in
            try await Berth.withStore(in: directory) { store in
                try await store.createClass()
                try await store.createClaim()
            }
            let driver = try DirectoryDriver(directory: directory)
            try driver.plan("provision", "unknown", "unknown", "unknown")
            for _ in 0..<2 {
                try await Berth.run(in: directory, Berth.Options { $0.backoff = .standard }) { berth in
                    let known = berth.driver.calls.count
                    try await eventually("the driver is asked again") { berth.driver.calls.count > known }
                    #expect(try await berth.store.claim(key).metadata.hasFinalizer(BerthFinalizer.provisioning))
                }
            }
            try await Berth.run(in: directory) { berth in
                try await berth.store.delete(.persistentVolumeClaim, key)
                try await awaitNothing(berth.store)
                #expect(try berth.driver.volumes.isEmpty)
            }
        }
    }

    @Test("with a hundred claims under way", arguments: [40, 150, 400])
    func many(write: Int) async throws {
        try await withTemporaryDirectory { directory in
            try await Berth.withStore(in: directory) { store in
                try await store.createClass()
                for number in 0..<100 { try await store.createClaim("data-\(number)") }
            }
            try await runUntilCrash(in: directory, at: write, .after) { try await $0.awaitBound(100) }
            try await Berth.run(in: directory) { berth in
                try await berth.store.awaitBound(100)
                #expect(try berth.driver.volumes.count == 100)
                for number in 0..<100 {
                    try await berth.store.delete(
                        .persistentVolumeClaim, ObjectKey(namespace: "default", name: "data-\(number)"))
                }
            }
            try await Berth.run(in: directory) { berth in
                try await berth.store.awaitNone(.persistentVolumeClaim)
                try await berth.store.awaitNone(.persistentVolume)
                #expect(try berth.driver.volumes.isEmpty)
            }
        }
    }
}
