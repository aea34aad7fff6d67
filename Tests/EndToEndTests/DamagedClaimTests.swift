import Foundation
import GRDB
import JSONTree
import KubernetesAPI
import KubernetesClient
import TestSupport
import Testing

/// Whoever takes a claim that cannot be read for one that is gone deletes somebody's data.
@Suite("The data of a claim that cannot be read")
struct DamagedClaimTests {
    private static let key = ObjectKey(namespace: "default", name: "data")

    /// Binds the claim `data` of a class whose volumes are deleted, and damages its row while nobody serves it.
    private func withDamage(_ assignments: String, _ body: (BerthUnderTest) async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            try await berth.serving { served in
                _ = try await served.client.create(.storageClass, ClaimJourneyTests.plainClass, WriteOptions())
                _ = try await served.client.create(
                    .persistentVolumeClaim, ClaimJourneyTests.claim("data"), WriteOptions())
                _ = try await served.isBound("data")
            }
            let queue = try DatabaseQueue(path: directory + "/data/berth.db")
            let count = try await queue.writeWithoutTransaction { db in
                try db.execute(
                    sql: "UPDATE object SET \(assignments) WHERE kind = 'persistentvolumeclaims' AND name = 'data'")
                return db.changesCount
            }
            try queue.close()
            try #require(count == 1)
            try await body(berth)
        }
    }

    @Test(
        "is kept: readyz names it, and deleting the claim by name wants the volume's policy to be Retain",
        arguments: Kubectl.representative)
    func named(kubectl: Kubectl) async throws {
        try await withDamage("json = x'00'") { berth in
            try await berth.serving { served in
                try await until("readyz names the claim", within: .seconds(30)) {
                    let readiness = try await berth.kubectl(kubectl, "get", "--raw", "/readyz")
                    return readiness.status != 0 && readiness.errors.contains("default/data")
                }
                // A probe must not restart the server for it.
                for path in ["/healthz", "/livez"] {
                    #expect(try await berth.kubectl(kubectl, "get", "--raw", path).status == 0)
                }
                for _ in 1...2 {
                    let refused = try await berth.kubectl(kubectl, "delete", "pvc", "data", "--wait=false")
                    #expect(refused.status != 0 && refused.errors.contains("Retain"), "\(refused)")
                }
                let volume = try #require(
                    try await served.client.list(.persistentVolume, ListOptions()).items.first?.key.name)
                let patch = #"{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}"#
                let patched = try await berth.kubectl(kubectl, "patch", "pv", volume, "-p", patch)
                #expect(patched.status == 0, "\(patched)")
                let deleted = try await berth.kubectl(kubectl, "delete", "pvc", "data", "--wait=false")
                #expect(deleted.status == 0, "\(deleted)")
                try await until("the volume is released", within: .seconds(30)) {
                    try await served.client.get(.persistentVolume, ObjectKey(name: volume)).decoded()
                        .at("status", "phase") == "Released"
                }
                #expect(try await berth.kubectl(kubectl, "get", "--raw", "/readyz").status == 0)
                #expect(try berth.volumeDirectories().count == 1)
            }
        }
    }

    @Test("is kept also when its row tells neither kind nor name: no missing claim counts as deleted then")
    func nameless() async throws {
        try await withDamage("kind = 'x', json = x'00'") { berth in
            try await berth.serving { served in
                _ = try await served.client.create(
                    .persistentVolumeClaim, ClaimJourneyTests.claim("other"), WriteOptions())
                _ = try await served.isBound("other")
                let error = await #expect(throws: StatusError.self) {
                    try await served.client.get(.persistentVolumeClaim, Self.key)
                }
                #expect(
                    error?.code == 500 && error?.message.contains("sqlite3") == true, "\(String(describing: error))")
                _ = try await served.client.delete(
                    .persistentVolumeClaim, ObjectKey(namespace: "default", name: "other"), DeleteOptions())
                try await until("the reconciler has asked for the claim", within: .seconds(30)) {
                    try String(contentsOfFile: served.log, encoding: .utf8).contains("no volume is deleted")
                }
                #expect(try berth.volumeDirectories().count == 2)
            }
            // As the message says.
            let queue = try DatabaseQueue(path: berth.directory + "/data/berth.db")
            try await queue.writeWithoutTransaction { db in try db.execute(sql: "DELETE FROM object WHERE kind = 'x'") }
            try queue.close()
            try await berth.serving { served in
                try await until("both volumes are gone", within: .seconds(30)) {
                    try await served.client.list(.persistentVolume, ListOptions()).items.isEmpty
                }
            }
        }
    }
}
