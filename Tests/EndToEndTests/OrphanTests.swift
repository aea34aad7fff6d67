import Foundation
import JSONTree
import KubernetesAPI
import KubernetesClient
import TestSupport
import Testing

@Suite("What is left behind")
struct OrphanTests {
    private static let manifest = """
        apiVersion: storage.k8s.io/v1
        kind: StorageClass
        metadata: {name: kept}
        provisioner: berth.dev/hostpath
        reclaimPolicy: Retain
        ---
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: data, namespace: default}
        spec: {storageClassName: kept, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
        """

    @Test("berth orphans shows a volume that only its driver knows, and no other")
    func volume() async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            try await berth.serving { served in
                try await served.driverIsReady("hostpath")
                let applied = try await berth.command("apply", "-f", "-", input: Self.manifest)
                #expect(applied.status == 0, "\(applied.errors)")
                let claim = try await served.isBound("data")
                let name = try #require(claim.at("spec", "volumeName")?.stringValue)
                let none = try await berth.command("orphans")
                #expect(none.status == 0 && none.output.isEmpty && none.errors.contains("No orphans"), "\(none.errors)")

                for argument in ["pvc/data", "pv/\(name)"] {
                    let deleted = try await berth.command("delete", argument)
                    #expect(deleted.status == 0, "\(deleted.errors)")
                }
                try await until("volume \(name) is gone", within: .seconds(30)) {
                    try await served.client.list(.persistentVolume, ListOptions()).items.isEmpty
                }
                let table = try await berth.command("orphans")
                #expect(table.output.contains("VOLUME") && table.output.contains(name), "\(table)")
                let json = try await berth.command("orphans", "-o", "json")
                let orphan = try JSONParser.parse(json.output.utf8)["orphans"]?.arrayValue?.first
                #expect(orphan?["volume"] == .string(name))
                #expect(orphan?["found"] == "volume")
                #expect(orphan?["driver"] == "hostpath")
                // It is on the disk, and not on record: giving it up means nothing.
                let forgotten = try await berth.command("orphans", "forget", name)
                #expect(forgotten.status != 0 && forgotten.errors.contains("berth orphans"), "\(forgotten)")
            }
        }
    }

    @Test("the host's identity is restored from the database, and another one is refused")
    func identity() async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            let file = directory + "/data/identity"
            try await berth.serving { _ in }
            let identity = try String(contentsOfFile: file, encoding: .utf8)

            try FileManager.default.removeItem(atPath: file)
            try await berth.serving { served in
                let log = try String(contentsOfFile: served.log, encoding: .utf8)
                #expect(log.contains("restored from the database"))
            }
            #expect(try String(contentsOfFile: file, encoding: .utf8) == identity)

            try "berth-of-another-host\n".write(toFile: file, atomically: true, encoding: .utf8)
            let refused = try await berth.command("serve", "--listen", "127.0.0.1:0")
            #expect(refused.status != 0)
            #expect(refused.errors.contains("berth-of-another-host") && refused.errors.contains("remove \(file)"))
            #expect(try String(contentsOfFile: file, encoding: .utf8) == "berth-of-another-host\n")

            try identity.write(toFile: file, atomically: true, encoding: .utf8)
            try await berth.serving { _ in }
        }
    }
}
