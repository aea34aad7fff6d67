import CloudDriverTesting
import DriverHost
import DriverProtocol
import JSONTree
import Testing

@Suite("What the Azure Disk driver does with its volumes")
struct ChangeTests {
    @Test("a volume grows, and asked again it is what it is; it never shrinks")
    func expansion() async throws {
        try await SimulatedAzure.run { azure in
            try await azure.withDriver { driver in
                let volume = try await driver.provision("pvc-1", gibibytes: 4)
                for (asked, given) in [(6, 6), (6, 6), (5, 6)] as [(Int64, Int64)] {
                    let reply = try await driver.call(.expandVolume) {
                        $0.volume = VolumeRequest(name: "pvc-1", id: volume.id, capacityBytes: asked << 30)
                    }
                    #expect(reply.volume?.capacityBytes == given << 30)
                    #expect(reply.nodeExpansionRequired)
                }
                let large = try await driver.failure { () async throws(DriverCallError) in
                    try await driver.call(.expandVolume) {
                        $0.volume = VolumeRequest(name: "pvc-1", id: volume.id, capacityBytes: 40_000 << 30)
                    }
                }
                #expect(large.code == .outOfRange)
            }
        }
    }

    @Test("a volume's type and performance change; what it has already costs no change")
    func modification() async throws {
        try await SimulatedAzure.run { azure in
            try await azure.withDriver { driver in
                let zone = TopologyRequirement(requisite: [["topology.kubernetes.io/zone": "eastus-1"]])
                _ = try await driver.provision("pvc-1", gibibytes: 10, parameters: ["skuName": "PremiumV2_LRS"]) {
                    $0.volume?.topology = zone
                }
                _ = try await driver.provision("pvc-2", gibibytes: 10)
                // More often than Azure lets either change in a day.
                for _ in 1...6 {
                    try await driver.call(.modify) {
                        $0.volume = VolumeRequest(name: "pvc-1")
                        $0.mutableParameters = ["DiskIOPSReadWrite": "4000", "DiskMBpsReadWrite": "250"]
                    }
                    try await driver.call(.modify) {
                        $0.volume = VolumeRequest(name: "pvc-2")
                        $0.mutableParameters = ["skuName": "Premium_LRS"]
                    }
                }
                let fast = try await azure.resource("disks/pvc-1")
                #expect(fast.at("properties", "diskIOPSReadWrite") == 4000)
                #expect(fast.at("properties", "diskMBpsReadWrite") == 250)
                #expect(try await azure.resource("disks/pvc-2").at("sku", "name") == "Premium_LRS")
                let pointless = try await driver.failure { () async throws(DriverCallError) in
                    try await driver.call(.modify) {
                        $0.volume = VolumeRequest(name: "pvc-2")
                        $0.mutableParameters = ["DiskIOPSReadWrite": "4000"]
                    }
                }
                #expect(pointless.code == .invalidArgument)
            }
        }
    }

    @Test("a snapshot whose answer is lost is taken once; a volume restored from it and a copy have its size")
    func snapshots() async throws {
        let faults = "faults:\n  - {fault: resetAfter, operation: snapshots.createOrUpdate, count: 1}\n"
        try await SimulatedAzure.run(faults: faults) { azure in
            try await azure.withDriver { driver in
                let volume = try await driver.provision("pvc-1", gibibytes: 5)
                func take() async throws(DriverCallError) -> Snapshot? {
                    try await driver.call(.createSnapshot) {
                        $0.volume = VolumeRequest(name: "pvc-1", id: volume.id)
                        $0.snapshot = SnapshotRequest(name: "snapshot-1", parameters: ["tags": "tier=gold"])
                    }.snapshot
                }
                let snapshot = try #require(try await take())
                #expect(try await take()?.id == snapshot.id)
                let taken = try await azure.snapshots()
                #expect(taken.count == 1)
                #expect(taken.first?.at("properties", "incremental") == true)
                #expect(taken.first?["tags"]?["tier"] == "gold")
                let restored = try await driver.provision("pvc-2") {
                    $0.volume?.contentSource = .snapshot(.init(id: snapshot.id))
                }
                #expect(restored.capacityBytes == 5 << 30)
                let copy = try await driver.provision("pvc-3", gibibytes: 6) {
                    $0.volume?.contentSource = .volume(.init(id: volume.id))
                }
                #expect(copy.capacityBytes == 6 << 30)
                for (name, source) in [("pvc-2", snapshot.id), ("pvc-3", volume.id)] {
                    let made = try await azure.resource("disks/\(name)")
                    #expect(made.at("properties", "creationData", "sourceResourceId") == .string(source))
                }
                for _ in 1...2 {
                    try await driver.call(.deleteSnapshot) { $0.snapshot = SnapshotRequest(name: "snapshot-1") }
                }
                #expect(try await azure.snapshots().isEmpty)
            }
        }
    }

    @Test("volumes are listed page by page, over Azure's own pages, each once")
    func listing() async throws {
        try await SimulatedAzure.run(SimulatedAzure.quick + "\n  pageSize: 3") { azure in
            try await azure.withDriver { driver in
                let names = Set((0..<8).map { "pvc-\($0)" })
                for name in names { _ = try await driver.provision(name) }
                try await azure.makeDisk("another")
                var (listed, token): ([String], String?) = ([], nil)
                repeat {
                    let reply = try await driver.call(.list) { [token] in
                        $0.paging = Paging(startingToken: token, maxEntries: 2)
                    }
                    listed += (reply.volumes ?? []).compactMap(\.name)
                    token = reply.nextToken
                } while token != nil
                #expect(listed.count == 8 && Set(listed) == names)
            }
        }
    }
}
