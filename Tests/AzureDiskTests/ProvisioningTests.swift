import CloudDriverTesting
import DriverHost
import DriverProtocol
import JSONTree
import TestSupport
import Testing

@Suite("Volumes of the Azure Disk driver")
struct ProvisioningTests {
    @Test("a plain volume costs five requests at most, and is what the class and the claim say")
    func plain() async throws {
        try await SimulatedAzure.run { azure in
            try await azure.withDriver(config: ["tags": "team=storage"]) { driver in
                let parameters = [
                    "SKUNAME": "PremiumV2_LRS", "diskIOPSReadWrite": "4000", "DiskMBpsReadWrite": "200",
                    "logicalSectorSize": "512", "fsType": "xfs", "maxShares": "2",
                    "tags": "app=${pvc.metadata.namespace}.${pvc.metadata.name}, team=db, empty=",
                ]
                let zone = ["topology.kubernetes.io/zone": "eastus-2"]
                let volume = try await driver.provision("pvc-1", gibibytes: 10, parameters: parameters) {
                    $0.volume?.capacityBytes = (9 << 30) + 1
                    $0.volume?.topology = TopologyRequirement(requisite: [zone])
                }
                #expect(volume.capacityBytes == 10 << 30)
                #expect(volume.topology == [zone])
                let made = try await azure.resource("disks/pvc-1")
                #expect(made["id"] == .string(volume.id))
                #expect(
                    volume.volumeSource == [
                        "csi": [
                            "driver": "disk.csi.azure.com", "volumeHandle": .string(volume.id), "fsType": "xfs",
                            "volumeAttributes": [
                                "skuName": "PremiumV2_LRS", "cachingMode": "None", "requestedsizegib": "10",
                            ],
                        ]
                    ])
                #expect(made["zones"] == ["2"])
                for (name, value) in [
                    ("diskSizeGB", 10), ("diskIOPSReadWrite", 4000), ("diskMBpsReadWrite", 200), ("maxShares", 2),
                    ("networkAccessPolicy", "DenyAll"), ("publicNetworkAccess", "Disabled"),
                ] as [(String, JSONValue)] {
                    #expect(made.at("properties", name) == value, "\(made)")
                }
                #expect(made.at("properties", "creationData", "logicalSectorSize") == 512)
                let expected = [
                    "k8s-azure-created-by": "kubernetes-azure-dd", "kubernetes.io-created-for-pv-name": "pvc-1",
                    "kubernetes.io-created-for-pvc-name": "claim-of-pvc-1",
                    "kubernetes.io-created-for-pvc-namespace": "default", "berth.dev-owner": "test-host",
                    "team": "db", "app": "default.claim-of-pvc-1", "empty": "",
                ]
                #expect(made["tags"]?.stringDictionary?.filter { $0.key != "berth.dev-request" } == expected)

                try await azure.forgetRequests()
                _ = try await driver.provision("pvc-2")
                let counts = try await azure.requestCounts()
                #expect((1...5).contains(counts["total"]?.integerValue ?? 0), "\(counts)")
            }
        }
    }

    @Test(
        "in the in-tree dialect disks are named and labelled as they were, and the CSI driver's parameters are unknown")
    func inTree() async throws {
        try await SimulatedAzure.run { azure in
            try await azure.withDriver(config: ["dialect": "in-tree"]) { driver in
                let volume = try await driver.provision(
                    "pvc-1", gibibytes: 8, parameters: ["storageaccounttype": "Premium_LRS", "kind": "Managed"]
                ) {
                    $0.volume?.topology = TopologyRequirement(
                        requisite: [["failure-domain.beta.kubernetes.io/zone": "eastus-3"]])
                }
                let made = try await azure.resource("disks/kubernetes-dynamic-pvc-1")
                #expect(made.at("sku", "name") == "Premium_LRS" && made["zones"] == ["3"])
                #expect(
                    volume.volumeSource == [
                        "azureDisk": [
                            "diskName": "kubernetes-dynamic-pvc-1", "diskURI": .string(volume.id), "kind": "Managed",
                            "cachingMode": "ReadOnly", "fsType": "ext4", "readOnly": false,
                        ]
                    ])
                #expect(
                    volume.labels == [
                        "topology.kubernetes.io/zone": "eastus-3", "topology.kubernetes.io/region": "eastus",
                    ])
                let unknown = try await driver.failure {
                    () async throws(DriverCallError) in
                    try await driver.provision("pvc-2", parameters: ["enableBursting": "true"])
                }
                #expect(unknown.code == .invalidArgument)
                #expect(unknown.driverError?.field == "parameters.enableBursting")
            }
        }
    }

    @Test("claims that count up, as a StatefulSet's, go round the zones; a preferred zone comes first; ZRS is in all")
    func zones() async throws {
        try await SimulatedAzure.run { azure in
            try await azure.withDriver { driver in
                let key = "topology.disk.csi.azure.com/zone"
                let all = (1...3).map { [key: "eastus-\($0)"] }
                var zones: Set<String> = []
                for number in 0..<3 {
                    let volume = try await driver.provision("pvc-\(number)") {
                        $0.claim = ClaimReference(namespace: "default", name: "data-db-\(number)")
                        $0.volume?.topology = TopologyRequirement(requisite: all)
                    }
                    zones.formUnion(volume.topology.flatMap(\.values))
                }
                #expect(zones.count == 3)
                let chosen = try await driver.provision("pvc-b") {
                    $0.volume?.topology = TopologyRequirement(requisite: all, preferred: [all[1]])
                }
                #expect(chosen.topology == [all[1]])
                let redundant = try await driver.provision("pvc-z", parameters: ["skuName": "Premium_ZRS"]) {
                    $0.volume?.topology = TopologyRequirement(requisite: all, preferred: [all[1]])
                }
                #expect(redundant.topology.isEmpty)
            }
        }
    }

    @Test("sizes are rounded up to the type's least; what a limit or the type does not allow is refused")
    func sizes() async throws {
        try await SimulatedAzure.run { azure in
            try await azure.withDriver { driver in
                let zone = ["topology.kubernetes.io/zone": "eastus-1"]
                let ultra = try await driver.provision("pvc-1", parameters: ["skuName": "UltraSSD_LRS"]) {
                    $0.volume?.topology = TopologyRequirement(requisite: [zone])
                }
                #expect(ultra.capacityBytes == 4 << 30)
                let made = try await azure.resource("disks/pvc-1")
                #expect(made.at("properties", "diskIOPSReadWrite") == 500)
                let limited = try await driver.failure { () async throws(DriverCallError) in
                    try await driver.provision("pvc-2", parameters: ["skuName": "UltraSSD_LRS"]) {
                        $0.volume?.limitBytes = 2 << 30
                    }
                }
                #expect(limited.code == .outOfRange)
                let large = try await driver.failure {
                    () async throws(DriverCallError) in try await driver.provision("pvc-3", gibibytes: 40_000)
                }
                #expect(large.code == .outOfRange)
                let pointless = try await driver.failure {
                    () async throws(DriverCallError) in
                    try await driver.provision("pvc-4", parameters: ["diskIOPSReadWrite": "5000"])
                }
                #expect(pointless.code == .invalidArgument)
                #expect(try await azure.disks().count == 1)
            }
        }
    }

    @Test("the name asked for with other parameters, or with a disk of somebody else's, is taken; neither is deleted")
    func taken() async throws {
        try await SimulatedAzure.run { azure in
            try await azure.withDriver { driver in
                let first = try await driver.provision("pvc-1", gibibytes: 2)
                #expect(try await driver.provision("pvc-1", gibibytes: 2).id == first.id)
                let requests: [(size: Int64, parameters: [String: String])] = [
                    (2, ["skuName": "Premium_LRS"]), (2, ["tags": "a=b"]), (8, [:]),
                ]
                for request in requests {
                    let taken = try await driver.failure {
                        () async throws(DriverCallError) in
                        try await driver.provision("pvc-1", gibibytes: request.size, parameters: request.parameters)
                    }
                    #expect(taken.code == .alreadyExists)
                }
                try await azure.makeDisk("pvc-2")
                let foreign = try await driver.failure {
                    () async throws(DriverCallError) in try await driver.provision("pvc-2", gibibytes: 2)
                }
                #expect(foreign.code == .alreadyExists)
                let kept = try await driver.failure {
                    () async throws(DriverCallError) in try await driver.delete("pvc-2")
                }
                #expect(kept.code == .failedPrecondition)
                for _ in 1...2 { try await driver.delete("pvc-1", id: first.id) }
                #expect(try await azure.disks().map { $0["name"] } == ["pvc-2"])
            }
        }
    }

    @Test("a volume is found again over a restart of Azure and of the driver")
    func restart() async throws {
        try await withTemporaryDirectory { directory in
            var ids: Set<String> = []
            for _ in 1...2 {
                let id = try await SimulatedAzure.run(dataDirectory: directory) { azure in
                    try await azure.withDriver { driver in try await driver.provision("pvc-1").id }
                }
                ids.insert(id)
            }
            #expect(ids.count == 1)
            #expect(try await SimulatedAzure.run(dataDirectory: directory) { try await $0.disks().count } == 1)
        }
    }
}
