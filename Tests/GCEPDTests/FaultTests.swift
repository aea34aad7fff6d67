import CloudDriverTesting
import DriverHost
import DriverProtocol
import JSONTree
import Testing

@Suite("The Persistent Disk driver while Compute Engine fails")
struct FaultTests {
    @Test("what is throttled beyond the call's time is said to be, and when to come again")
    func throttled() async throws {
        let faults = "faults:\n  - {fault: throttle, operation: disks.insert}\n"
        try await ComputeUnderTest.run(faults: faults) { compute in
            try await compute.withDriver { driver in
                let failure = try await driver.refusal("pvc-1") { $0.timeout = .seconds(6) }
                #expect(failure.code == .unavailable || failure.code == .deadlineExceeded)
                #expect(failure.driverError?.retryAfter != nil)
                #expect(try await compute.disks().isEmpty)
            }
        }
    }

    @Test("a disk that stays in creation is said to be under way, and found when it is done")
    func stuck() async throws {
        let faults = "faults:\n  - {fault: stuck, operation: disks.insert, count: 1}\n"
        try await ComputeUnderTest.run(faults: faults) { compute in
            try await compute.withDriver { driver in
                let reply = try await driver.ask("pvc-1") { $0.timeout = .seconds(6) }
                #expect(reply.status == .pending)
                #expect(reply.operation?.hasPrefix("operation-") == true)
                #expect(try await compute.disks().map { $0["status"] } == ["CREATING"])
                try await compute.clearFaults()
                _ = try await driver.provision("pvc-1")
                #expect(try await compute.disks().map { $0["status"] } == ["READY"])
            }
        }
    }

    @Test(
        "while looks at an operation are turned down it is said to be under way, and not to have failed",
        arguments: ["fault: throttle", "fault: serverError, status: 503"])
    func operationUnseen(fault: String) async throws {
        let faults = "faults:\n  - {\(fault), operation: zoneOperations.wait}\n"
        try await ComputeUnderTest.run(faults: faults) { compute in
            try await compute.withDriver { driver in
                let reply = try await driver.ask("pvc-1") { $0.timeout = .seconds(6) }
                #expect(reply.status == .pending)
                try await compute.clearFaults()
                _ = try await driver.provision("pvc-1")
                #expect(try await compute.disks().map { $0["status"] } == ["READY"])
            }
        }
    }

    @Test("a disk that reads do not show yet is found by its name, and never made twice")
    func invisible() async throws {
        let faults = "faults:\n  - {fault: invisible, duration: 2s, operation: disks.insert}\n"
        try await ComputeUnderTest.run(faults: faults) { compute in
            try await compute.withDriver { driver in
                let first = try await driver.provision("pvc-1")
                #expect(try await driver.provision("pvc-1").id == first.id)
                #expect(try await compute.disks().count == 1)
                let other = try await driver.refusal("pvc-1", gibibytes: 2)
                #expect(other.code == .alreadyExists)
            }
        }
    }

    @Test("what was made by a call whose end nobody saw is deleted by its name, also when reads show it late")
    func deletedInTheDark() async throws {
        let faults = """
            faults:
              - {fault: invisible, duration: 2s, operation: disks.insert}
              - {fault: resetAfter, operation: disks.insert}

            """
        try await ComputeUnderTest.run(faults: faults) { compute in
            try await compute.withDriver { driver in
                let failure = try await driver.refusal("pvc-1") { $0.timeout = .milliseconds(1500) }
                #expect(failure.outcome == .unknown)
                try await compute.clearFaults()
                for _ in 1...2 { try await driver.delete("pvc-1") }
                // Nothing hides that could appear later: the name is free.
                #expect(try await compute.disks().isEmpty)
                let again = try await compute.compute(
                    "POST", "zones/us-central1-b/disks?requestId=6f9619ff-8b86-4d01-b42d-00cf4fc964ff",
                    ["name": "pvc-1", "sizeGb": "1"])
                #expect(again.status == 200)
            }
        }
    }

    @Test(
        "a zone without capacity is said to have none, and leaves no disk",
        arguments: [
            ("", "faults:\n  - {fault: capacity, operation: disks.insert, zone: us-central1-a}\n"),
            ("  exhaustedZones: [us-central1-a]\n", "faults: []\n"),
        ])
    func capacity(settings: String, faults: String) async throws {
        try await ComputeUnderTest.run(settings: settings, faults: faults) { compute in
            try await compute.withDriver { driver in
                let failure = try await driver.refusal("pvc-1") { $0.volume?.topology = Self.zone("us-central1-a") }
                #expect(failure.code == .resourceExhausted)
                #expect(failure.outcome == .final)
                #expect(failure.driverError?.reschedule == true)
                #expect(try await compute.disks().isEmpty)
                let other = try await driver.provision("pvc-1") { $0.volume?.topology = Self.zone("us-central1-b") }
                #expect(other.id == "projects/berth-project/zones/us-central1-b/disks/pvc-1")
            }
        }
    }

    private static func zone(_ name: String) -> TopologyRequirement {
        TopologyRequirement(requisite: [["topology.gke.io/zone": name]])
    }

    @Test("at the quota a disk that an earlier call made is found; a new one is told of the quota")
    func quota() async throws {
        try await ComputeUnderTest.run(settings: "  quotas: {SSD_TOTAL_GB: 10}\n") { compute in
            try await compute.withDriver { driver in
                let ssd = ["type": "pd-ssd"]
                let volume = try await driver.provision("pvc-1", gibibytes: 8, parameters: ssd)
                #expect(try await driver.provision("pvc-1", gibibytes: 8, parameters: ssd).id == volume.id)
                let failure = try await driver.refusal("pvc-2", gibibytes: 3, parameters: ssd)
                #expect(failure.code == .resourceExhausted)
                #expect(failure.outcome == .final)
            }
        }
    }
}
