import CloudDriverTesting
import DriverHost
import DriverProtocol
import JSONTree
import Testing

@Suite("Managed disks at machines")
struct MachineTests {
    private static func node(_ path: String) -> NodeReference {
        NodeReference(
            name: "node",
            providerID: "azure:///subscriptions/\(SimulatedAzure.subscription)/resourceGroups/berth/providers/"
                + "Microsoft.Compute/\(path)")
    }

    @Test("as many disks as a machine takes are attached at the same moment, each at its own LUN; one more is refused")
    func attaching() async throws {
        try await SimulatedAzure.run { azure in
            try await azure.withDriver { driver in
                let node = Self.node("virtualMachines/vm-2")
                let devices = try await withThrowingTaskGroup(of: String?.self) { group in
                    for number in 0..<8 {
                        group.addTask {
                            _ = try await driver.provision("pvc-\(number)")
                            return try await driver.attach("pvc-\(number)", to: node)
                        }
                    }
                    return try await group.reduce(into: Set<String>()) { if let device = $1 { $0.insert(device) } }
                }
                #expect(devices == Set((0..<8).map { "/dev/disk/azure/scsi1/lun\($0)" }))
                _ = try await driver.provision("pvc-8")
                let full = try await driver.failure {
                    () async throws(DriverCallError) in try await driver.attach("pvc-8", to: node)
                }
                #expect(full.code == .resourceExhausted)
                #expect(full.message.contains("is 8"))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<8 {
                        group.addTask { try await driver.detach("pvc-\(number)", from: node) }
                    }
                    try await group.waitForAll()
                }
                let attached = try await azure.disks().filter { $0["managedBy"]?.stringValue != nil }
                #expect(attached.isEmpty)
            }
        }
    }

    @Test("a disk that leaves one machine is waited for, and then attached to the next")
    func moving() async throws {
        let settings = SimulatedAzure.quick.replacing("detaching: 40", with: "detaching: 1500")
        try await SimulatedAzure.run(settings) { azure in
            try await azure.withDriver { driver in
                let (first, next) = (Self.node("virtualMachines/vm-1"), Self.node("virtualMachines/vm-2"))
                _ = try await driver.provision("pvc-1")
                _ = try await driver.attach("pvc-1", to: first)
                let elsewhere = try await driver.failure {
                    () async throws(DriverCallError) in try await driver.attach("pvc-1", to: next)
                }
                #expect(elsewhere.code == .failedPrecondition)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await driver.detach("pvc-1", from: first) }
                    try await until("the disk is on its way") { try await azure.isLeaving("vm-1") }
                    #expect(try await driver.attach("pvc-1", to: next) == "/dev/disk/azure/scsi1/lun0")
                    try await group.waitForAll()
                }
                for (node, isThere) in [(first, false), (next, true)] {
                    let reply = try await driver.call(.isAttached) {
                        $0.volume = VolumeRequest(name: "pvc-1")
                        $0.node = node
                    }
                    #expect(reply.attached == isThere)
                }
            }
        }
    }

    @Test("an instance of a scale set is a machine as any other; one that is gone has nothing attached")
    func scaleSet() async throws {
        try await SimulatedAzure.run { azure in
            try await azure.withDriver { driver in
                let node = Self.node("virtualMachineScaleSets/pool-1/virtualMachines/0")
                _ = try await driver.provision("pvc-1")
                for _ in 1...2 { #expect(try await driver.attach("pvc-1", to: node)?.hasSuffix("lun0") == true) }
                for _ in 1...2 { try await driver.detach("pvc-1", from: node) }
                let gone = Self.node("virtualMachines/vm-99")
                try await driver.detach("pvc-1", from: gone)
                let failure = try await driver.failure {
                    () async throws(DriverCallError) in try await driver.attach("pvc-1", to: gone)
                }
                #expect(failure.code == .notFound)
            }
        }
    }
}

extension SimulatedAzure {
    /// Whether a disk is being detached from the machine.
    fileprivate func isLeaving(_ machine: String) async throws -> Bool {
        let disks =
            try await resource("virtualMachines/\(machine)", version: "2024-11-01")
            .at("properties", "storageProfile", "dataDisks")?.arrayValue ?? []
        return disks.contains { $0["toBeDetached"] == true }
    }
}
