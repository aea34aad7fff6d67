import CloudDriverTesting
import DriverHost
import DriverProtocol
import JSONTree
import Testing

@Suite("The Azure Disk driver while Azure fails")
struct FaultTests {
    @Test("what is throttled beyond the call's time is said to be, and when to come again")
    func throttled() async throws {
        let faults = "faults:\n  - {fault: throttle, operation: disks.createOrUpdate, retryAfter: 1s}\n"
        try await SimulatedAzure.run(faults: faults) { azure in
            try await azure.withDriver { driver in
                let failure = try await driver.failure {
                    () async throws(DriverCallError) in try await driver.provision("pvc-1") { $0.timeout = .seconds(6) }
                }
                #expect(failure.code == .unavailable || failure.code == .deadlineExceeded)
                #expect(failure.outcome == .unknown)
                #expect(failure.driverError?.retryAfter != nil, "\(failure)")
                #expect(try await azure.disks().isEmpty)
            }
        }
    }

    @Test("a disk that stays in creation is reported as such, and found when it is done")
    func stuck() async throws {
        let faults = "faults:\n  - {fault: stuck, operation: disks.createOrUpdate, count: 1}\n"
        try await SimulatedAzure.run(faults: faults) { azure in
            try await azure.withDriver { driver in
                let reply = try await driver.call(.provision) {
                    $0.volume = VolumeRequest(name: "pvc-1", capacityBytes: 1 << 30)
                    $0.timeout = .seconds(6)
                }
                #expect(reply.status == .pending)
                #expect(reply.volume == nil)
                try await azure.clearFaults()
                _ = try await driver.provision("pvc-1")
                #expect(try await azure.disks().count == 1)
            }
        }
    }

    @Test(
        "while looks at an operation are turned down it is said to go on, and not to have failed",
        arguments: ["{fault: throttle, retryAfter: 0s, ", "{fault: serverError, status: 503, "])
    func operationUnseen(fault: String) async throws {
        let faults = "faults:\n  - \(fault)operation: operations.get}\n"
        try await SimulatedAzure.run(faults: faults) { azure in
            try await azure.withDriver { driver in
                let reply = try await driver.ask("pvc-1") { $0.timeout = .seconds(6) }
                #expect(reply.status == .pending)
                try await azure.clearFaults()
                _ = try await driver.provision("pvc-1")
                #expect(try await azure.disks().count == 1)
            }
        }
    }

    @Test("where a zone has no capacity the host is told to look for another node; at the quota, that there is no more")
    func noRoom() async throws {
        let faults = """
            faults:
              - {fault: capacity, operation: disks.createOrUpdate, zone: ["1"]}
              - {fault: quota, operation: disks.createOrUpdate, resource: pvc-2}

            """
        try await SimulatedAzure.run(faults: faults) { azure in
            try await azure.withDriver { driver in
                let full = try await driver.failure { () async throws(DriverCallError) in
                    try await driver.provision("pvc-1") {
                        $0.volume?.topology = TopologyRequirement(
                            requisite: [["topology.kubernetes.io/zone": "eastus-1"]])
                    }
                }
                #expect(full.code == .resourceExhausted && full.outcome == .final)
                #expect(full.driverError?.reschedule == true)
                let quota = try await driver.failure {
                    () async throws(DriverCallError) in try await driver.provision("pvc-2")
                }
                #expect(quota.code == .resourceExhausted && quota.outcome == .final)
                #expect(quota.driverError?.reschedule != true)
            }
        }
    }

    @Test("what was made by a call whose end nobody saw is found again, or deleted by its name")
    func lostAnswers() async throws {
        let faults = "faults:\n  - {fault: resetAfter, operation: disks.createOrUpdate}\n"
        try await SimulatedAzure.run(faults: faults) { azure in
            try await azure.withDriver { driver in
                for name in ["pvc-1", "pvc-2"] {
                    let failure = try await driver.failure {
                        () async throws(DriverCallError) in
                        try await driver.provision(name) { $0.timeout = .seconds(2) }
                    }
                    #expect(failure.outcome == .unknown)
                }
                try await azure.clearFaults()
                #expect(try await azure.disks().count == 2)
                _ = try await driver.provision("pvc-1")
                try await driver.delete("pvc-2")
                #expect(try await azure.disks().map { $0["name"] } == ["pvc-1"])
            }
        }
    }
}
