import CloudDriverTesting
import JSONTree
import TestSupport
import Testing

@Suite("From a claim to its managed disk, with the built programs")
struct ClaimTests {
    private static let example = ServedBerth.example("azure-disk.yaml")

    /// As Azure's answers to throttled calls, but for the time.
    private static let settings = SimulatedAzure.quick + "\n  rateLimits: {retryAfterSeconds: 1}"

    @Test(
        "the example's claim is Bound, Microsoft's client sees its disk with the claim's tags, and it goes with the claim",
        .withPython)
    func example() async throws {
        try await SimulatedAzure.run { azure in
            try await azure.serving { berth in
                for _ in 1...2 { _ = try await berth.run("apply", "-f", Self.example, "--wait") }
                let claims = try await berth.objects("pvc")
                #expect(claims.map { $0.at("status", "phase") } == ["Bound"])
                let name = claims.first?.at("spec", "volumeName")?.stringValue ?? ""
                let shown = try await azure.runScript("list_disks.py")
                let disks = try #require(try JSONParser.parse(Array(shown.utf8)).arrayValue)
                #expect(disks.count == 1)
                let disk = try #require(disks.first)
                #expect(disk["sizeGB"] == 8 && disk["sku"] == "StandardSSD_LRS")
                #expect(disk["name"] == .string("kubernetes-dynamic-\(name)"))
                let tags = disk["tags"]?.stringDictionary ?? [:]
                for (key, value) in [
                    ("created-by", "kubernetes-azure-dd"), ("kubernetes.io-created-for-pv-name", name),
                    ("kubernetes.io-created-for-pvc-name", "azure-claim"),
                    ("kubernetes.io-created-for-pvc-namespace", "default"),
                ] {
                    #expect(tags[key] == value, "\(tags)")
                }
                let volumes = try await berth.objects("pv")
                #expect(volumes.first?.at("spec", "azureDisk", "diskURI") == disk["id"])

                _ = try await berth.run("delete", "pvc", "azure-claim")
                try await until("the disk is gone") { try await azure.disks().isEmpty }
            }
        }
    }

    @Test("200 claims are all Bound to 200 disks, and leave none, with a fifth of all calls failing")
    func aFifthFails() async throws {
        try await SimulatedAzure.run(Self.settings, faults: aFifthOfAllCallsFails) { azure in
            try await azure.serving { berth in
                try await ClaimsUnderFaults(
                    cloud: azure, berth: berth, manifest: Self.example, storageClass: "managed"
                ) {
                    try await azure.disks().map { $0["tags"]?["kubernetes.io-created-for-pv-name"]?.stringValue }
                }.run()
            }
        }
    }
}
