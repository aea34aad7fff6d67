import Foundation
import JSONTree
import KubernetesAPI
import KubernetesClient
import TestSupport
import Testing

@Suite("From a claim to its volume, with kubectl and the built programs")
struct ClaimJourneyTests {
    static let examples = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Examples").standardizedFileURL.path

    @Test("the quickstart's claims are Bound, their directories are there, and go with them", arguments: Kubectl.all)
    func quickstart(kubectl: Kubectl) async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            try await berth.serving { served in
                for _ in 1...2 {
                    let applied = try await berth.kubectl(kubectl, "apply", "-f", Self.examples + "/quickstart.yaml")
                    #expect(applied.status == 0, "\(applied.errors)")
                }
                for name in ["notes", "photos"] {
                    let claim = try await served.isBound(name)
                    let volume = claim.at("spec", "volumeName")?.stringValue ?? ""
                    #expect(try berth.volumeDirectories().contains("default/\(name)-\(volume)"))
                }
                let table = try await berth.kubectl(kubectl, "get", "pvc")
                #expect(table.output.contains("berth-hostpath") && table.output.contains("Bound"), "\(table.output)")

                let deleted = try await berth.kubectl(kubectl, "delete", "pvc", "--all")
                #expect(deleted.status == 0, "\(deleted.errors)")
                try await until("the directories are gone", within: .seconds(30)) {
                    try berth.volumeDirectories().allSatisfy { $0 == "default" }
                }
                try await until("the volumes are gone", within: .seconds(30)) {
                    try await served.client.list(.persistentVolume, ListOptions()).items.isEmpty
                }
            }
        }
    }

    @Test("claims made while the server is killed are each Bound once afterwards, with one directory each")
    func killedHalfWay() async throws {
        let names = (0..<60).map { "claim-\($0)" }
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            let acknowledged = try await berth.serving(endingWith: SIGKILL) { served -> [String] in
                _ = try await served.client.create(.storageClass, Self.plainClass, WriteOptions())
                return try await Self.makeUntilKilled(names, served)
            }
            #expect(!acknowledged.isEmpty)
            try await berth.serving { served in
                let kept = try await served.client.list(.persistentVolumeClaim, ListOptions()).items.map(\.key.name)
                #expect(Set(acknowledged).isSubset(of: kept))
                for name in kept { _ = try await served.isBound(name) }
                #expect(try berth.volumeDirectories().count == kept.count)
                let volumes = try await served.client.list(.persistentVolume, ListOptions()).items
                #expect(volumes.count == kept.count)
            }
        }
    }

    @Test("a restart finds everything as it was, and the claim can still be deleted")
    func restart() async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            let before = try await berth.serving { served -> [[UInt8]] in
                _ = try await served.client.create(.storageClass, Self.plainClass, WriteOptions())
                _ = try await served.client.create(.persistentVolumeClaim, Self.claim("data"), WriteOptions())
                _ = try await served.isBound("data")
                return try await Self.settledVolumes(served)
            }
            try await berth.serving { served in
                let after = try await Self.settledVolumes(served)
                #expect(after == before)
                _ = try await served.client.delete(
                    .persistentVolumeClaim, ObjectKey(namespace: "default", name: "data"), DeleteOptions())
                try await until("the directory is gone", within: .seconds(30)) {
                    try berth.volumeDirectories().isEmpty
                }
            }
        }
    }

    static let plainClass: JSONValue = [
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": ["name": "plain"],
        "provisioner": "berth.dev/hostpath",
    ]

    static func claim(_ name: String, storageClass: String = "plain") -> JSONValue {
        [
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": ["name": .string(name), "namespace": "default"],
            "spec": [
                "accessModes": ["ReadWriteOnce"], "storageClassName": .string(storageClass),
                "resources": ["requests": ["storage": "1Gi"]],
            ],
        ]
    }

    /// Creates claims, kills the server after the tenth answer, and returns the names of those that were answered.
    private static func makeUntilKilled(_ names: [String], _ served: ServedBerth) async throws -> [String] {
        try await withThrowingTaskGroup(of: String?.self) { group in
            for name in names {
                group.addTask {
                    do {
                        _ = try await served.client.create(.persistentVolumeClaim, claim(name), WriteOptions())
                        return name
                    } catch is ClientError {
                        return nil
                    }
                }
            }
            var acknowledged: [String] = []
            for try await name in group {
                if let name { acknowledged.append(name) }
                if acknowledged.count == 10 { kill(served.pid, SIGKILL) }
            }
            return acknowledged
        }
    }

    /// The volumes' bytes once all are Bound.
    private static func settledVolumes(_ served: ServedBerth) async throws -> [[UInt8]] {
        var volumes: [StoredObject] = []
        try await until("the volumes are Bound", within: .seconds(30)) {
            volumes = try await served.client.list(.persistentVolume, ListOptions()).items
            return !volumes.isEmpty && volumes.allSatisfy { $0.decoded().at("status", "phase") == "Bound" }
        }
        return volumes.map(\.encoded)
    }
}
