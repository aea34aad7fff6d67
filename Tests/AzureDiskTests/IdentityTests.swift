import CloudDriverTesting
import DriverHost
import DriverProtocol
import Foundation
import JSONTree
import TestSupport
import Testing

@Suite("Who the Azure Disk driver is to Azure, and where Azure is")
struct IdentityTests {
    private static let settings =
        SimulatedAzure.quick + """

              clients:
                - tenantID: 11111111-1111-1111-1111-111111111111
                  clientID: 22222222-2222-2222-2222-222222222222
                  clientSecret: right+secret
            """
    private static let application = [
        "AZURE_TENANT_ID": "11111111-1111-1111-1111-111111111111",
        "AZURE_CLIENT_ID": "22222222-2222-2222-2222-222222222222",
    ]

    @Test(
        "an application signs in with the secret of the environment, or of the call; a wrong one is refused, not told")
    func secrets() async throws {
        try await SimulatedAzure.run(Self.settings) { azure in
            let right = Self.application.merging(["AZURE_CLIENT_SECRET": "right+secret"]) { $1 }
            try await azure.withDriver(environment: right) { driver in
                for number in 0..<3 { _ = try await driver.provision("pvc-env-\(number)") }
            }
            let counts = try await azure.requestCounts()
            #expect(counts.at("operations", "tokens.clientCredentials", "requests") == 1, "\(counts)")
            try await azure.withDriver(environment: Self.application) { driver in
                _ = try await driver.provision("pvc-call") { $0.secrets = ["clientSecret": "right+secret"] }
                let unsigned = try await driver.failure {
                    () async throws(DriverCallError) in try await driver.provision("pvc-none")
                }
                #expect(unsigned.code == .unauthenticated)
                let wrong = try await driver.failure { () async throws(DriverCallError) in
                    try await driver.provision("pvc-wrong") { $0.secrets = ["clientSecret": "wrong+secret"] }
                }
                #expect(wrong.code == .unauthenticated)
                #expect(wrong.message.contains("AADSTS7000215"))
                #expect(!wrong.message.contains("wrong+secret"))
            }
        }
    }

    @Test("a managed identity's token, and the machine's own subscription, group and region, come from its metadata")
    func metadata() async throws {
        try await SimulatedAzure.run(Self.settings) { azure in
            let nowhere: JSONObject = ["subscriptionID": .null, "resourceGroup": .null, "location": .null]
            let service = ["AZURE_POD_IDENTITY_AUTHORITY_HOST": azure.url]
            try await azure.withDriver(config: nowhere, environment: service) { driver in
                for number in 0..<3 {
                    let volume = try await driver.provision("pvc-\(number)")
                    #expect(
                        volume.id == "/subscriptions/\(SimulatedAzure.subscription)/resourceGroups/berth/providers/"
                            + "Microsoft.Compute/disks/pvc-\(number)")
                }
            }
            let counts = try await azure.requestCounts()
            for operation in ["metadata.token", "metadata.instance"] {
                #expect(counts.at("operations", operation, "requests") == 1, "\(counts)")
            }
        }
    }

    @Test("when Azure takes a token no longer, one new one is fetched, and no call fails")
    func refused() async throws {
        let secret = Self.application.merging(["AZURE_CLIENT_SECRET": "right+secret"]) { $1 }
        let free = try await SimulatedAzure.run { $0 }
        let port = try #require(URL(string: free.url)?.port)
        try await free.withDriver(environment: secret) { driver in
            for turn in 1...2 {
                // Each signs its tokens with a key of its own.
                try await SimulatedAzure.run(Self.settings, port: port) { azure in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for number in 0..<8 {
                            group.addTask { _ = try await driver.provision("pvc-\(turn)-\(number)") }
                        }
                        try await group.waitForAll()
                    }
                    let counts = try await azure.requestCounts()
                    #expect(counts.at("operations", "tokens.clientCredentials", "requests") == 1, "\(counts)")
                }
            }
        }
    }

    @Test("what is missing is said, with what to do; http:// elsewhere is refused")
    func incomplete() async throws {
        try await SimulatedAzure.run { azure in
            try await azure.withDriver(config: ["resourceGroup": .null]) { driver in
                let failure = try await driver.failure {
                    () async throws(DriverCallError) in try await driver.provision("pvc-1")
                }
                #expect(failure.code == .failedPrecondition)
                #expect(failure.message.contains("AZURE_RESOURCE_GROUP"))
            }
            try await azure.withDriver(config: ["endpoint": "http://management.example.com"]) { driver in
                let failure = try await driver.failure {
                    () async throws(DriverCallError) in try await driver.provision("pvc-1")
                }
                #expect(failure.code == .invalidArgument)
                #expect(failure.message.contains("use https://"))
            }
        }
    }
}
