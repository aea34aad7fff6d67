import CloudDriverTesting
import DriverHost
import DriverProtocol
import Foundation
import JSONTree
import TestSupport
import Testing

@Suite("Credentials of the Persistent Disk driver, and how the simulator verifies them")
struct CredentialTests {
    private static let email = "driver@berth-project.iam.gserviceaccount.com"

    @Test("a service account's key signs tokens that are taken as they are, or exchanged; another's is refused")
    func serviceAccount() async throws {
        try await withTemporaryDirectory { directory in
            let key = try await ServiceAccountKey(directory, name: "key")
            let stranger = try await ServiceAccountKey(directory, name: "stranger")
            try await ComputeUnderTest.run(settings: Self.settings(key)) { compute in
                let file: JSONObject = ["credentialsFile": .string(key.file), "region": "us-central1"]
                try await compute.withDriver(config: file) { driver in
                    // The project is the file's.
                    let made = try await driver.provision("pvc-signed")
                    #expect(made.id.hasPrefix("projects/berth-project/zones/us-central1-"))
                }
                try await compute.withDriver(
                    config: ["region": "us-central1"], environment: ["GOOGLE_APPLICATION_CREDENTIALS": key.file]
                ) { driver in
                    _ = try await driver.provision("pvc-variable")
                }
                #expect(try await Self.exchanges(compute) == nil)
                let exchanging: JSONObject = [
                    "credentialsFile": .string(key.file), "region": "us-central1",
                    "tokenEndpoint": .string(compute.url + "/token"),
                ]
                try await compute.withDriver(config: exchanging) { driver in
                    for number in 0..<3 { _ = try await driver.provision("pvc-exchanged-\(number)") }
                }
                // One token for all calls.
                #expect(try await Self.exchanges(compute) == 1)

                for tokenEndpoint in [nil, compute.url + "/token"] {
                    var wrong: JSONObject = ["credentialsFile": .string(stranger.file), "region": "us-central1"]
                    wrong["tokenEndpoint"] = tokenEndpoint.map { .string($0) }
                    try await compute.withDriver(config: wrong) { driver in
                        let refused = try await driver.refusal("pvc-stranger")
                        #expect(refused.code == .unauthenticated)
                        #expect(!refused.message.contains("PRIVATE KEY"))
                    }
                }
                try await compute.withDriver { driver in
                    let refused = try await driver.refusal("pvc-anonymous")
                    #expect(refused.code == .unauthenticated)
                }
                #expect(try await compute.compute("GET", "aggregated/disks").status == 401)
            }
        }
    }

    @Test("on a machine of Google's, project, zone and tokens come from its metadata server, and are fetched anew")
    func metadata() async throws {
        // Each token is valid for less than the window in which it is renewed: every call fetches its own.
        let settings = "  credentials: {tokenLifetimeSeconds: 2}\n"
        try await ComputeUnderTest.run(settings: settings) { compute in
            try await compute.withDriver(config: ["metadataEndpoint": .string(compute.url)]) { driver in
                for number in 0..<3 {
                    let made = try await driver.provision("pvc-\(number)")
                    #expect(made.id.hasPrefix("projects/berth-project/zones/us-central1-"))
                }
            }
            let counts = try await compute.requestCounts()
            let asked = try #require(counts.at("operations", "metadata.get", "requests")?.integerValue)
            // The project and the zone, and no less than a token for each.
            #expect(asked >= 5, "\(counts)")
        }
    }

    @Test("Google's own client signs in with the same key file", .withPythonClients)
    func googlesClient() async throws {
        try await withTemporaryDirectory { directory in
            let key = try await ServiceAccountKey(directory, name: "key")
            let stranger = try await ServiceAccountKey(directory, name: "stranger")
            try await ComputeUnderTest.run(settings: Self.settings(key)) { compute in
                let result = try await compute.client("google_cloud_compute.py", key.file)
                #expect(result.isSuccess && result.output.hasSuffix("ok\n"), "\(result.output)\(result.errors)")
                let refused = try await compute.client("google_cloud_compute.py", stranger.file)
                #expect(!refused.isSuccess && refused.errors.contains("401"), "\(refused.errors)")
            }
        }
    }

    @Test("a key file that cannot be used is named, with what is wrong, and not quoted")
    func uselessFile() async throws {
        try await withTemporaryDirectory { directory in
            let file = directory + "/key.json"
            try #"{"type": "service_account", "private_key": "s3cret"}"#.write(
                toFile: file, atomically: true, encoding: .utf8)
            try await ComputeUnderTest.run { compute in
                let config: JSONObject = ["credentialsFile": .string(file), "project": "p", "region": "us-central1"]
                try await compute.withDriver(config: config) { driver in
                    let failure = try await driver.refusal("pvc-1")
                    #expect(failure.code == .failedPrecondition)
                    #expect(failure.message.contains(file) && failure.message.contains("client_email"))
                    #expect(!failure.message.contains("s3cret"))
                }
            }
        }
    }

    private static func exchanges(_ compute: ComputeUnderTest) async throws -> Int64? {
        try await compute.requestCounts().at("operations", "oauth2.token", "requests")?.integerValue
    }

    private static func settings(_ key: ServiceAccountKey) -> String {
        let lines = key.publicPEM.split(separator: "\n").map { "            \($0)\n" }.joined()
        return
            "  credentials:\n    serviceAccounts:\n      - email: \(email)\n        keys:\n          key-1: |\n\(lines)"
    }

    /// A key as `gcloud iam service-accounts keys create` writes it.
    private struct ServiceAccountKey: Sendable {
        let file: String
        let publicPEM: String

        init(_ directory: String, name: String) async throws {
            let path = "\(directory)/\(name)"
            _ = try await Self.openssl("genrsa", "-out", path + ".pem", "2048")
            publicPEM = try await Self.openssl("rsa", "-in", path + ".pem", "-pubout")
            file = path + ".json"
            let json: JSONValue = [
                "type": "service_account", "project_id": "berth-project", "private_key_id": "key-1",
                "private_key": .string(try String(contentsOfFile: path + ".pem", encoding: .utf8)),
                "client_email": .string(email), "client_id": "1", "token_uri": "https://oauth2.googleapis.com/token",
            ]
            try json.prettyPrinted().write(toFile: file, atomically: true, encoding: .utf8)
        }

        private static func openssl(_ arguments: String...) async throws -> String {
            let result = try await ChildProcess(
                executable: "/usr/bin/openssl", arguments: arguments, environment: [:]
            ).run()
            guard result.isSuccess else { throw TestFailure("openssl \(arguments): \(result.errors)") }
            return result.output
        }
    }
}
