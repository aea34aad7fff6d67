import CloudDriverTesting
import DriverHost
import DriverProtocol
import Foundation
import JSONTree
import TestSupport
import Testing

@Suite("Credentials and endpoints of the EBS driver")
struct AccountTests {
    private static let settings = "  credentials: [{accessKeyId: AKIATEST, secretAccessKey: s3cret/+x}]\n"

    @Test("keys come from the environment, from shared files, or with the call")
    func keys() async throws {
        try await SimulatedEC2.run(settings: Self.settings) { ec2 in
            let keys = ["AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "s3cret/+x"]
            try await ec2.withDriver(environment: keys) { _ = try await $0.provision("pvc-env") }
            try await withTemporaryDirectory { directory in
                let file =
                    "[other]\naws_access_key_id = AKIATEST\naws_secret_access_key = s3cret/+x\nregion = us-east-1\n"
                try file.write(toFile: directory + "/credentials", atomically: true, encoding: .utf8)
                let files = ["AWS_SHARED_CREDENTIALS_FILE": directory + "/credentials", "AWS_PROFILE": "other"]
                try await ec2.withDriver(environment: files) { _ = try await $0.provision("pvc-file") }
            }
            try await ec2.withDriver { driver in
                _ = try await driver.provision("pvc-secret") {
                    $0.secrets = ["key_id": "AKIATEST", "access_key": "s3cret/+x"]
                }
                let unsigned = try await driver.failure {
                    () async throws(DriverCallError) in try await driver.provision("pvc-none")
                }
                #expect(unsigned.code == .unauthenticated)
            }
            let wrong = ["AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "wrong-secret"]
            try await ec2.withDriver(environment: wrong) { driver in
                let refused = try await driver.failure {
                    () async throws(DriverCallError) in try await driver.provision("pvc-wrong")
                }
                #expect(refused.code == .unauthenticated)
                #expect(!refused.message.contains("wrong-secret"))
            }
        }
    }

    @Test("temporary credentials come from the instance's metadata and from a web identity, and are fetched anew")
    func temporary() async throws {
        // Each is valid for less than the window in which it is renewed: every call fetches its own.
        let settings = Self.settings + "  temporaryCredentials: {lifetime: 2s}\n"
        try await SimulatedEC2.run(settings: settings) { ec2 in
            try await ec2.withDriver(config: ["metadataEndpoint": .string(ec2.url)]) { driver in
                for number in 0..<3 { _ = try await driver.provision("pvc-imds-\(number)") }
            }
            try await withTemporaryDirectory { directory in
                let token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2ln\n"
                try token.write(toFile: directory + "/token", atomically: true, encoding: .utf8)
                let identity = [
                    "AWS_WEB_IDENTITY_TOKEN_FILE": directory + "/token",
                    "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/ebs", "AWS_ENDPOINT_URL_STS": ec2.url,
                ]
                try await ec2.withDriver(environment: identity) { _ = try await $0.provision("pvc-irsa") }
            }
            let counts = try await ec2.requestCounts()
            #expect(counts.at("operations", "AssumeRoleWithWebIdentity", "requests") != nil)
        }
    }

    @Test(
        "the endpoint is found where the clouds' own tools look",
        arguments: ["AWS_ENDPOINT_URL_EC2", "AWS_EC2_ENDPOINT", "AWS_ENDPOINT_URL"])
    func endpoints(variable: String) async throws {
        try await SimulatedEC2.run { ec2 in
            try await withTemporaryDirectory { directory in
                let entry = try SimulatedEC2.entry(environment: [variable: ec2.url], endpoint: nil)
                let file = try DriversFile.write([entry], in: directory)
                let result = try await ChildProcess(
                    executable: try BuiltProducts.path(of: "berth"),
                    arguments: ["driver", "call", "aws-ebs", "status", "--drivers", file],
                    environment: ["PATH": "/usr/bin:/bin", "BERTH_DATA_DIR": directory + "/data"]
                ).run()
                #expect(result.isSuccess, "\(result.output)\(result.errors)")
            }
        }
    }

    @Test("an endpoint elsewhere that is not encrypted is refused, with what to do")
    func plainHTTP() async throws {
        try await SimulatedEC2.run { ec2 in
            try await ec2.withDriver(config: ["endpoint": "http://ec2.example.com"]) { driver in
                let failure = try await driver.failure {
                    () async throws(DriverCallError) in try await driver.provision("pvc-1")
                }
                #expect(failure.code == .invalidArgument)
                #expect(failure.message.contains("use https://"))
            }
        }
    }
}
