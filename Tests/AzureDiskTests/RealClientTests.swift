import TestSupport
import Testing

@Suite("The simulated Azure with Microsoft's own clients", .withPython)
struct RealClientTests {
    @Test("disks and snapshots: pollers, pagers, model types, and what is refused")
    func disks() async throws {
        try await SimulatedAzure.run(SimulatedAzure.quick + "\n  pageSize: 3") { azure in
            let output = try await azure.runScript("disks.py")
            #expect(output == "done\n")
        }
    }

    @Test("machines: data disks are attached and detached as Azure does it")
    func machines() async throws {
        // Slow enough for the script to look meanwhile.
        let settings = SimulatedAzure.quick.replacing("detaching: 40", with: "detaching: 3000")
        try await SimulatedAzure.run(settings) { azure in
            let output = try await azure.runScript("machines.py")
            #expect(output == "done\n")
        }
    }

    @Test("tokens: a client secret, a managed identity, tokens that are wrong, and one whose time is over")
    func tokens() async throws {
        let settings =
            SimulatedAzure.quick + """

                  tokenSeconds: 5
                  clients:
                    - tenantID: 11111111-1111-1111-1111-111111111111
                      clientID: 22222222-2222-2222-2222-222222222222
                      clientSecret: right
                """
        try await SimulatedAzure.run(settings) { azure in
            let output = try await azure.runScript("tokens.py")
            #expect(output == "done\n")
        }
    }

    @Test("throttling: the client waits as Retry-After says")
    func throttling() async throws {
        let settings =
            SimulatedAzure.quick + """

                  rateLimits: {enforced: true, reads: {requests: 3, perSeconds: 3}}
                """
        try await SimulatedAzure.run(settings) { azure in
            let output = try await azure.runScript("throttled.py")
            #expect(output == "done\n")
        }
    }
}
