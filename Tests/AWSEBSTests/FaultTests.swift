import CloudDriverTesting
import DriverHost
import DriverProtocol
import JSONTree
import Testing

@Suite("The EBS driver while EC2 fails")
struct FaultTests {
    @Test("what is throttled beyond the call's time is said to be, and when to come again")
    func throttled() async throws {
        let faults = "faults:\n  - {fault: throttle, operation: CreateVolume}\n"
        try await SimulatedEC2.run(faults: faults) { ec2 in
            try await ec2.withDriver { driver in
                let failure = try await driver.failure {
                    () async throws(DriverCallError) in try await driver.provision("pvc-1") { $0.timeout = .seconds(6) }
                }
                #expect(failure.code == .unavailable || failure.code == .deadlineExceeded)
                #expect(failure.driverError?.retryAfter != nil)
                #expect(try await ec2.volumes().isEmpty)
            }
        }
    }

    @Test("a volume that stays in creation is reported as such, and found when it is done")
    func stuck() async throws {
        let faults = "faults:\n  - {fault: stuck, operation: CreateVolume, count: 1}\n"
        try await SimulatedEC2.run(faults: faults) { ec2 in
            try await ec2.withDriver { driver in
                let failure = try await driver.failure {
                    () async throws(DriverCallError) in try await driver.provision("pvc-1") { $0.timeout = .seconds(6) }
                }
                #expect(failure.code == .deadlineExceeded)
                #expect(failure.outcome == .unknown)
                try await ec2.clearFaults()
                _ = try await driver.provision("pvc-1")
                #expect(try await ec2.volumes().count == 1)
            }
        }
    }
}
