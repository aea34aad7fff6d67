import CloudDriverTesting
import DriverHost
import DriverProtocol
import JSONTree
import Testing

@Suite("Volumes of the EBS driver")
struct ProvisioningTests {
    @Test("a plain volume costs three requests at most, and is what the class and the claim say")
    func plain() async throws {
        try await SimulatedEC2.run { ec2 in
            try await ec2.withDriver(config: ["zones": ["us-east-1b"], "clusterID": "c1", "tags": ["team": "storage"]])
            {
                driver in
                let parameters = [
                    "Type": "gp3", "iops": "4000", "throughput": "200", "encrypted": "true",
                    "tagSpecification_1": "app={{ .PVCNamespace }}/{{.PVCName}}", "tagSpecification_2": "empty=",
                ]
                let volume = try await driver.provision("pvc-1", gibibytes: 10, parameters: parameters) {
                    $0.volume?.capacityBytes = (9 << 30) + 1
                }
                #expect(volume.capacityBytes == 10 << 30)
                #expect(volume.topology == [["topology.kubernetes.io/zone": "us-east-1b"]])
                #expect(
                    volume.volumeSource == [
                        "csi": [
                            "driver": "ebs.csi.aws.com", "volumeHandle": .string(volume.id), "fsType": "ext4",
                        ]
                    ])
                let made = try #require(try await ec2.volumes().first)
                #expect(made["volumeId"] == volume.id)
                #expect(made["iops"] == "4000")
                #expect(made["throughput"] == "200")
                #expect(made["encrypted"] == "true")
                let expected = [
                    "CSIVolumeName": "pvc-1", "ebs.csi.aws.com/cluster": "true", "kubernetes.io/cluster/c1": "owned",
                    "ebs.csi.aws.com/cluster-name": "c1", "KubernetesCluster": "c1", "Name": "c1-dynamic-pvc-1",
                    "kubernetes.io/created-for/pv/name": "pvc-1",
                    "kubernetes.io/created-for/pvc/name": "claim-of-pvc-1",
                    "kubernetes.io/created-for/pvc/namespace": "default", "berth.dev/volume": "pvc-1",
                    "berth.dev/owner": "test-host", "team": "storage", "app": "default/claim-of-pvc-1", "empty": "",
                ]
                #expect(made.tags.filter { $0.key != "berth.dev/arguments" } == expected)

                try await ec2.forgetRequests()
                _ = try await driver.provision("pvc-2")
                let counts = try await ec2.requestCounts()
                #expect((1...5).contains(counts["total"]?.integerValue ?? 0), "\(counts)")
            }
        }
    }

    @Test("in the in-tree dialect the type is gp2, and zone, zones and iopsPerGB are what they were")
    func inTree() async throws {
        try await SimulatedEC2.run { ec2 in
            try await ec2.withDriver(config: ["dialect": "in-tree"]) { driver in
                let plain = try await driver.provision("pvc-1", gibibytes: 8, parameters: ["zone": "us-east-1c"])
                let id = "aws://us-east-1c/\(plain.id)"
                #expect(
                    plain.volumeSource == ["awsElasticBlockStore": ["volumeID": .string(id), "fsType": "ext4"]])
                #expect(plain.labels["topology.kubernetes.io/region"] == "us-east-1")
                let fast = try await driver.provision(
                    "pvc-2", gibibytes: 10,
                    parameters: ["type": "io1", "iopsPerGB": "20", "zones": "us-east-1a, us-east-1b", "fsType": "xfs"])
                let volumes = try await ec2.volumes()
                let types = volumes.map { [$0["volumeType"], $0["iops"]] }
                #expect(types.contains(["gp2", "100"]) && types.contains(["io1", "200"]))
                #expect(["us-east-1a", "us-east-1b"].contains(fast.topology.first?.values.first))
                let unknown = try await driver.failure {
                    () async throws(DriverCallError) in
                    try await driver.provision("pvc-3", parameters: ["throughput": "200"])
                }
                #expect(unknown.code == .invalidArgument)
                #expect(unknown.driverError?.field == "parameters.throughput")
            }
        }
    }

    @Test("claims that count up, as a StatefulSet's, go round the zones; a claim's topology comes first")
    func zones() async throws {
        try await SimulatedEC2.run { ec2 in
            try await ec2.withDriver { driver in
                var zones: Set<String> = []
                for number in 0..<3 {
                    let volume = try await driver.provision("pvc-\(number)") {
                        $0.claim = ClaimReference(namespace: "default", name: "data-db-\(number)")
                    }
                    zones.formUnion(volume.topology.flatMap(\.values))
                }
                #expect(zones.count == 3)
                let zone = ["topology.kubernetes.io/zone": "us-east-1b"]
                let chosen = try await driver.provision("pvc-b") {
                    $0.volume?.topology = TopologyRequirement(
                        requisite: [["topology.kubernetes.io/zone": "us-east-1a"], zone], preferred: [zone])
                }
                #expect(chosen.topology == [zone])
                let byID = try await driver.provision("pvc-id") {
                    $0.volume?.topology = TopologyRequirement(requisite: [["topology.k8s.aws/zone-id": "use1-az4"]])
                }
                #expect(byID.topology == [["topology.kubernetes.io/zone": "us-east-1c"]])
            }
        }
    }

    @Test("a zone without capacity leads to the next one; where there is no other, elsewhere may be better")
    func capacity() async throws {
        let faults = "faults:\n  - {fault: capacity, operation: CreateVolume, zone: [us-east-1a, us-east-1b]}\n"
        try await SimulatedEC2.run(faults: faults) { ec2 in
            try await ec2.withDriver { driver in
                for number in 0..<3 {
                    let volume = try await driver.provision("pvc-\(number)") {
                        $0.claim = ClaimReference(namespace: "default", name: "data-\(number)")
                    }
                    #expect(volume.topology == [["topology.kubernetes.io/zone": "us-east-1c"]])
                }
                let failure = try await driver.failure { () async throws(DriverCallError) in
                    try await driver.provision("pvc-a") {
                        $0.volume?.topology = TopologyRequirement(
                            requisite: [["topology.kubernetes.io/zone": "us-east-1a"]])
                        $0.timeout = .seconds(3)
                    }
                }
                #expect(failure.code == .resourceExhausted)
                #expect(failure.driverError?.reschedule == true)
            }
        }
    }

    @Test("the name asked for with other arguments is taken; a token that is used up gives way to the next")
    func tokens() async throws {
        try await SimulatedEC2.run { ec2 in
            try await ec2.withDriver { driver in
                let first = try await driver.provision("pvc-1", gibibytes: 2)
                #expect(try await driver.provision("pvc-1", gibibytes: 2).id == first.id)
                for parameters in [["type": "gp2"], ["encrypted": "true"], ["iops": "3500"]] {
                    let taken = try await driver.failure {
                        () async throws(DriverCallError) in
                        try await driver.provision("pvc-1", gibibytes: 8, parameters: parameters)
                    }
                    #expect(taken.code == .alreadyExists)
                }
                try await driver.delete("pvc-1", id: first.id)
                let second = try await driver.provision("pvc-1", gibibytes: 2)
                #expect(second.id != first.id)
                #expect(try await driver.provision("pvc-1", gibibytes: 2).id == second.id)
                #expect(try await ec2.volumes().count == 1)
            }
        }
    }

    @Test("a volume that EC2 has forgotten the token of is found by its name, and the second one deleted")
    func forgottenToken() async throws {
        try await SimulatedEC2.run(settings: "  clientTokenLifetime: 1ms\n") { ec2 in
            try await ec2.withDriver { driver in
                let first = try await driver.provision("pvc-1")
                #expect(try await driver.provision("pvc-1").id == first.id)
                #expect(try await ec2.volumes().map { $0["volumeId"] } == [first.id])
            }
        }
    }

    @Test("at the quota a volume that an earlier call made is found; a new one is told of the quota")
    func quota() async throws {
        try await SimulatedEC2.run(settings: "  volumeTypes: {gp3: {quotaTiB: 1}}\n") { ec2 in
            try await ec2.withDriver { driver in
                let volume = try await driver.provision("pvc-1", gibibytes: 1000)
                #expect(try await driver.provision("pvc-1", gibibytes: 1000).id == volume.id)
                let failure = try await driver.failure {
                    () async throws(DriverCallError) in try await driver.provision("pvc-2", gibibytes: 25)
                }
                #expect(failure.code == .resourceExhausted)
                #expect(failure.outcome == .final)
            }
        }
    }

    @Test("what was made by a call whose end nobody saw is deleted by its name, also when EC2 shows it late")
    func deletedInTheDark() async throws {
        let faults = """
            faults:
              - {fault: invisible, duration: 2s, operation: CreateVolume}
              - {fault: resetAfter, operation: CreateVolume}

            """
        try await SimulatedEC2.run(faults: faults) { ec2 in
            try await ec2.withDriver { driver in
                let failure = try await driver.failure {
                    () async throws(DriverCallError) in
                    try await driver.provision("pvc-1") { $0.timeout = .milliseconds(1500) }
                }
                #expect(failure.outcome == .unknown)
                try await ec2.clearFaults()
                try await driver.delete("pvc-1")
                #expect(try await ec2.volumes().isEmpty)
            }
        }
    }
}
