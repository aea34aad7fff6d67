import JSONTree
import KubernetesAPI
import Testing

@testable import Provisioning

@Suite("Claims and volumes made by hand", .timeLimit(.minutes(5)))
struct StaticBindingTests {
    @Test("the smallest volume that fits is bound, in whatever order the two come", arguments: [true, false])
    func smallest(claimFirst: Bool) async throws {
        try await Berth.run { berth in
            let store = berth.store
            if claimFirst { try await store.createClaim(className: "") }
            try await store.createVolume("pv-small", size: "500Mi")
            try await store.createVolume("pv-large", size: "50Gi")
            if !claimFirst {
                for name in ["pv-small", "pv-large"] {
                    try await store.awaitState(ObjectKey(name: name), "is Available") { (volume: PersistentVolume) in
                        volume.phase == .available
                    }
                }
                try await store.createClaim(className: "")
            }
            let (claim, volume) = try await store.awaitBound(ObjectKey(namespace: "default", name: "data"))
            #expect(volume.name == "pv-large")
            #expect(volume.phase == .bound)
            #expect(claim.capacity == volume.capacity)
            #expect(volume.metadata[annotation: "pv.kubernetes.io/bound-by-controller"] == "yes")
            #expect(berth.driver.calls.isEmpty)
        }
    }

    @Test("a claim that no volume fits says why, and is bound when one comes")
    func misfit() async throws {
        try await Berth.run { berth in
            try await berth.store.createVolume("pv0003", size: "5Gi", policy: "Recycle")
            try await berth.store.awaitState(ObjectKey(name: "pv0003"), "is Available") { (volume: PersistentVolume) in
                volume.phase == .available
            }
            let key = try await berth.store.createClaim("myclaim", className: "", size: "8Gi")
            try await berth.store.awaitEvent("FailedBinding", about: "myclaim") {
                $0.message.contains("pv0003: requested PV is too small (it has 5Gi, the claim asks for 8Gi)")
            }
            try await berth.store.createVolume("pv0004", size: "8Gi")
            let (_, volume) = try await berth.store.awaitBound(key)
            #expect(volume.name == "pv0004")
        }
    }

    @Test("a volume that is given to another claim is lost to the first, and then the other's")
    func givenToAnother() async throws {
        try await Berth.run { berth in
            let store = berth.store
            try await store.createVolume("pv0001")
            let (first, _) = try await store.awaitBound(try await store.createClaim("first", className: ""))
            let second = try await store.createClaim("second", className: "") { $0.volumeName = "pv0001" }
            try await store.awaitEvent("FailedBinding", about: "second")
            let claim = try await store.claim(second)
            let patch: JSONValue = [
                "spec": ["claimRef": ["name": .string(claim.name), "uid": .string(claim.uid)]]
            ]
            _ = try await store.patch(
                .persistentVolume, ObjectKey(name: "pv0001"), .merge(patch), WriteOptions(fieldManager: "kubectl"))
            try await store.awaitState(first.key, "is Lost") { (claim: PersistentVolumeClaim) in claim.phase == .lost }
            try await store.awaitEvent("ClaimMisbound", about: "first")
            let (_, volume) = try await store.awaitBound(second)
            #expect(volume.claimRef?.uid == claim.uid)
        }
    }

    @Test("a bound volume whose claimRef is taken off goes back to its claim, and to no other")
    func takenOff() async throws {
        try await Berth.run { berth in
            let store = berth.store
            try await store.createVolume("pv0001")
            let (first, _) = try await store.awaitBound(try await store.createClaim("first", className: ""))
            try await store.createClaim("second", className: "")
            try await store.awaitEvent("FailedBinding", about: "second")
            _ = try await store.patch(
                .persistentVolume, ObjectKey(name: "pv0001"), .merge(["spec": ["claimRef": .null]]),
                WriteOptions(fieldManager: "kubectl"))
            try await store.awaitState(ObjectKey(name: "pv0001"), "is the first's") { (volume: PersistentVolume) in
                volume.claimRef?.uid == first.uid
            }
            #expect(try await store.claim(first.key).phase == .bound)
            #expect(try await store.claim(ObjectKey(namespace: "default", name: "second")).phase == .pending)
        }
    }

    @Test("a volume kept for a claim is bound to no other")
    func prebound() async throws {
        try await Berth.run { berth in
            try await berth.store.createVolume("kept") {
                $0.claimRef = ObjectReference(
                    kind: "PersistentVolumeClaim", apiVersion: "v1", namespace: "default", name: "mine")
            }
            try await berth.store.createClaim("other", className: "")
            try await berth.store.awaitEvent("FailedBinding", about: "other")
            let key = try await berth.store.createClaim("mine", className: "")
            let (claim, volume) = try await berth.store.awaitBound(key)
            #expect(volume.name == "kept")
            #expect(volume.claimRef?.uid == claim.uid)
            #expect(volume.metadata[annotation: "pv.kubernetes.io/bound-by-controller"] == nil)
        }
    }

    @Test("a claim that names a volume gets it, or is told why not")
    func volumeName() async throws {
        try await Berth.run { berth in
            let missing = try await berth.store.createClaim("early", className: "") { $0.volumeName = "late" }
            try await berth.store.awaitEvent("FailedBinding", about: "early") { $0.message.contains("does not exist") }
            try await berth.store.createVolume("late")
            try await berth.store.awaitBound(missing)
            try await berth.store.createVolume("small", size: "1Mi")
            try await berth.store.createClaim("large", className: "") { $0.volumeName = "small" }
            try await berth.store.awaitEvent("VolumeMismatch", about: "large") {
                $0.message.hasPrefix("Cannot bind to requested volume \"small\": requested PV is too small")
            }
        }
    }

    @Test("twenty claims that come at once share twenty volumes, one each")
    func race() async throws {
        try await Berth.run { berth in
            for number in 0..<20 { try await berth.store.createVolume("pv\(number)") }
            try await withThrowingDiscardingTaskGroup { group in
                for number in 0..<20 {
                    group.addTask { try await berth.store.createClaim("data-\(number)", className: "") }
                }
            }
            try await berth.store.awaitBound(20)
            let claims = try await berth.store.list(.persistentVolumeClaim, ListOptions()).items
            #expect(Set(claims.map { PersistentVolumeClaim($0).volumeName }).count == 20)
        }
    }

    @Test("a bound claim whose volume is taken away by force is Lost")
    func lost() async throws {
        try await Berth.run { berth in
            try await berth.store.createVolume("pv0001")
            let key = try await berth.store.createClaim(className: "")
            try await berth.store.awaitBound(key)
            try await berth.store.delete(.persistentVolume, ObjectKey(name: "pv0001"))
            let patch: JSONValue = ["metadata": ["finalizers": .null]]
            _ = try await berth.store.patch(
                .persistentVolume, ObjectKey(name: "pv0001"), .merge(patch), WriteOptions())
            try await berth.store.awaitState(key, "is Lost") { (claim: PersistentVolumeClaim) in claim.phase == .lost }
            try await berth.store.awaitEvent("ClaimLost", about: "data")
        }
    }

    @Test("a volume under Recycle fails when it is released, and says what to do")
    func recycle() async throws {
        try await Berth.run { berth in
            try await berth.store.createVolume("pv0001", policy: "Recycle")
            let key = try await berth.store.createClaim(className: "")
            try await berth.store.awaitBound(key)
            try await berth.store.delete(.persistentVolumeClaim, key)
            try await berth.store.awaitEvent("VolumeFailedRecycle", about: "pv0001")
            try await berth.store.awaitState(ObjectKey(name: "pv0001"), "is Failed") { (volume: PersistentVolume) in
                volume.phase == .failed
            }
        }
    }
}
