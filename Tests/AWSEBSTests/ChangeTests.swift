import CloudDriverTesting
import DriverHost
import DriverProtocol
import JSONTree
import Testing

@Suite("What the EBS driver does with its volumes")
struct ChangeTests {
    @Test("a volume grows, and asked again it is what it is; too soon again is refused with the time to wait")
    func expansion() async throws {
        try await SimulatedEC2.run(settings: "  modificationRule: sixHours\n") { ec2 in
            try await ec2.withDriver { driver in
                let volume = try await driver.provision("pvc-1")
                func expand(_ gibibytes: Int64) async throws(DriverCallError) -> DriverReply {
                    try await driver.call(.expandVolume) {
                        $0.volume = VolumeRequest(name: "pvc-1", id: volume.id, capacityBytes: gibibytes << 30)
                    }
                }
                for _ in 1...2 {
                    let reply = try await expand(3)
                    #expect(reply.volume?.capacityBytes == 3 << 30)
                    #expect(reply.nodeExpansionRequired)
                }
                let failure = try await driver.failure { () async throws(DriverCallError) in try await expand(4) }
                #expect(failure.code == .failedPrecondition)
                #expect(failure.driverError?.retryAfter != nil)
            }
        }
    }

    @Test("a volume's type and performance change, its tags too; what it has already costs no modification")
    func modification() async throws {
        try await SimulatedEC2.run { ec2 in
            try await ec2.withDriver { driver in
                let volume = try await driver.provision("pvc-1", gibibytes: 10, parameters: ["type": "gp2"])
                let wanted = ["type": "gp3", "iops": "4000", "throughput": "250", "tagSpecification_1": "tier=fast"]
                for _ in 1...6 {
                    _ = try await driver.call(.modify) {
                        $0.volume = VolumeRequest(name: "pvc-1", id: volume.id)
                        $0.mutableParameters = wanted
                    }
                }
                let now = try #require(try await ec2.volumes().first)
                #expect([now["volumeType"], now["iops"], now["throughput"]] == ["gp3", "4000", "250"])
                #expect(now.tags["tier"] == "fast")
            }
        }
    }

    @Test("a snapshot whose answer is lost is taken once; a volume restored from it and a copy have its size")
    func snapshots() async throws {
        let faults = "faults:\n  - {fault: resetAfter, operation: CreateSnapshot, count: 1}\n"
        try await SimulatedEC2.run(faults: faults) { ec2 in
            try await ec2.withDriver { driver in
                let volume = try await driver.provision("pvc-1", gibibytes: 5)
                func take() async throws(DriverCallError) -> Snapshot? {
                    try await driver.call(.createSnapshot) {
                        $0.volume = VolumeRequest(name: "pvc-1", id: volume.id)
                        $0.snapshot = SnapshotRequest(name: "snapshot-1")
                    }.snapshot
                }
                let snapshot = try #require(try await take())
                #expect(try await take()?.id == snapshot.id)
                #expect(try await ec2.snapshots().count == 1)
                let restored = try await driver.provision("pvc-2") {
                    $0.volume?.contentSource = .snapshot(.init(id: snapshot.id))
                }
                #expect(restored.capacityBytes == 5 << 30)
                let copy = try await driver.provision("pvc-3", gibibytes: 6) {
                    $0.volume?.contentSource = .volume(.init(id: volume.id))
                }
                #expect(copy.topology == volume.topology)
                let made = try await ec2.volumes()
                #expect(made.contains { $0["snapshotId"] == snapshot.id && $0["size"] == "5" })
                #expect(made.contains { $0["sourceVolumeId"] == volume.id && $0["size"] == "6" })
                _ = try await driver.call(.deleteSnapshot) { $0.snapshot = SnapshotRequest(name: "snapshot-1") }
                #expect(try await ec2.snapshots().isEmpty)
            }
        }
    }

    @Test("many volumes are attached to one instance at the same moment, each as its own device, and detached")
    func attaching() async throws {
        try await SimulatedEC2.run { ec2 in
            try await ec2.withDriver(config: ["zones": ["us-east-1a"]]) { driver in
                let node = NodeReference(name: "worker-1", providerID: "aws:///us-east-1a/i-0a1b2c3d4e5f60001")
                let other = NodeReference(name: "ip-10-0-0-12.ec2.internal")
                let devices = try await withThrowingTaskGroup(of: String?.self) { group in
                    for number in 0..<12 {
                        group.addTask {
                            let volume = try await driver.provision("pvc-\(number)")
                            return try await driver.call(.attach) {
                                $0.volume = VolumeRequest(name: "pvc-\(number)", id: volume.id)
                                $0.node = node
                            }.device
                        }
                    }
                    return try await group.reduce(into: [String]()) { if let device = $1 { $0.append(device) } }
                }
                #expect(Set(devices).count == 12)
                let elsewhere = try await driver.failure { () async throws(DriverCallError) in
                    try await driver.call(.attach) {
                        $0.volume = VolumeRequest(name: "pvc-0")
                        $0.node = other
                    }
                }
                #expect(elsewhere.code == .failedPrecondition)
                for _ in 1...2 {
                    _ = try await driver.call(.detach) {
                        $0.volume = VolumeRequest(name: "pvc-0")
                        $0.node = node
                    }
                }
                let attached = try await driver.call(.isAttached) {
                    $0.volume = VolumeRequest(name: "pvc-0")
                    $0.node = node
                }
                #expect(attached.attached == false)
                let moved = try await driver.call(.attach) {
                    $0.volume = VolumeRequest(name: "pvc-0")
                    $0.node = other
                }
                #expect(moved.device?.hasPrefix("/dev/xvd") == true)
            }
        }
    }
}
