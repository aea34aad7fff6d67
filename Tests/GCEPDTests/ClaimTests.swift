import CloudDriverTesting
import JSONTree
import TestSupport
import Testing

@Suite("From a claim to its Persistent Disk, with the built programs")
struct ClaimTests {
    private static let example = ServedBerth.example("gce-pd.yaml")

    @Test(
        "the example's claim is Bound, Google's client sees its disk with the claim's name, and it goes with the claim",
        .withPythonClients)
    func example() async throws {
        try await ComputeUnderTest.run { compute in
            try await compute.serving { berth in
                for _ in 1...2 { _ = try await berth.run("apply", "-f", Self.example, "--wait") }
                let claims = try await berth.objects("pvc")
                #expect(claims.map { $0.at("status", "phase") } == ["Bound"])
                let volume = claims.first?.at("spec", "volumeName")?.stringValue ?? ""
                let shown = try await compute.client("list_disks.py")
                #expect(shown.isSuccess, "\(shown.errors)")
                let made = try #require(try JSONParser.parse(Array(shown.output.utf8)).arrayValue)
                #expect(made.count == 1)
                let disk = try #require(made.first)
                #expect(disk["name"] == .string("kubernetes-dynamic-\(volume)"))
                #expect(disk["sizeGb"] == 8 && disk["type"] == "pd-ssd" && disk["status"] == "READY")
                #expect(disk.at("labels", "berth-driver") == "gce-pd")
                #expect(disk.at("labels", "berth-owner")?.stringValue?.isEmpty == false)
                for (key, value) in [
                    ("kubernetes.io/created-for/pvc/name", "pd-claim"),
                    ("kubernetes.io/created-for/pvc/namespace", "default"),
                    ("kubernetes.io/created-for/pv/name", volume),
                ] {
                    #expect(disk["description"]?[key] == .string(value), "\(disk)")
                }
                let volumes = try await berth.objects("pv")
                #expect(volumes.first?.at("metadata", "labels", "topology.kubernetes.io/zone") == disk["zone"])
                #expect(volumes.first?.at("spec", "gcePersistentDisk", "pdName") == disk["name"])

                _ = try await berth.run("delete", "pvc", "pd-claim")
                try await until("the disk is gone") { try await compute.disks().isEmpty }
            }
        }
    }

    @Test("200 claims are all Bound to 200 disks, and leave none, with a fifth of all calls failing")
    func aFifthFails() async throws {
        try await ComputeUnderTest.run(faults: aFifthOfAllCallsFails) { compute in
            try await compute.serving { berth in
                try await ClaimsUnderFaults(cloud: compute, berth: berth, manifest: Self.example, storageClass: "fast")
                {
                    try await compute.disks().map { disk in
                        disk["name"]?.stringValue.map { $0.replacing("kubernetes-dynamic-", with: "") }
                    }
                }.run()
            }
        }
    }
}
