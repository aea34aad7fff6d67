import Foundation
import TestSupport
import Testing

@Suite("The simulated Compute Engine, as Google's own clients find it", .withPythonClients)
struct RealClientTests {
    @Test("google-cloud-compute makes, grows, attaches, snapshots and deletes disks, and is refused what is wrong")
    func cloudClient() async throws {
        try await ComputeUnderTest.run { compute in
            let result = try await compute.client("google_cloud_compute.py")
            #expect(result.isSuccess && result.output.hasSuffix("ok\n"), "\(result.output)\(result.errors)")
        }
    }

    @Test("google-api-python-client waits, pages and understands errors")
    func discoveryClient() async throws {
        try await ComputeUnderTest.run { compute in
            let result = try await compute.client("discovery_client.py")
            #expect(result.isSuccess && result.output.hasSuffix("ok\n"), "\(result.output)\(result.errors)")
        }
    }

    @Test("every answer is as the discovery document says")
    func discoveryDocument() async throws {
        try await ComputeUnderTest.run { compute in
            let result = try await compute.client("discovery_check.py")
            #expect(result.isSuccess, "\(result.output)\(result.errors)")
        }
    }
}
