import CloudDriverTesting
import CloudSimulators
import Foundation
import FoundationXML
import JSONTree
import TestSupport

/// A simulated EC2 for the time of a test.
struct SimulatedEC2: SimulatedCloud {
    static let cloud = Cloud.aws

    let url: String

    /// - Parameters:
    ///   - settings: Of the section `aws`, in YAML, indented by two; states pass quickly by themselves.
    ///   - faults: Rules, in YAML.
    static func run<Value: Sendable>(
        settings: String = "", faults: String? = nil, dataDirectory: String? = nil, contents: Bool = false,
        _ body: @Sendable (SimulatedEC2) async throws -> Value
    ) async throws -> Value {
        try await simulate(
            configuration: "aws:\n\(quickStates)\(settings)", faults: faults, dataDirectory: dataDirectory,
            contents: contents, body)
    }

    private static let quickStates = """
          states:
            creating: 40ms
            deleting: 40ms
            attaching: 40ms
            detaching: 40ms
            modifying: 200ms
            optimizing: 60ms
            snapshotPending: 150ms

        """

    // MARK: The driver

    /// Runs a host with the driver, resident, against this EC2.
    ///
    /// - Parameters:
    ///   - config: More of what drivers.json gives.
    ///   - environment: Likewise.
    func withDriver<Value: Sendable>(
        config: JSONObject = [:], environment: [String: String] = [:],
        _ body: @Sendable (DriverUnderTest) async throws -> Value
    ) async throws -> Value {
        let entry = try Self.entry(config: config, environment: environment, endpoint: url)
        return try await DriverUnderTest.running(entry, body)
    }

    /// Serves with the driver for `kubernetes.io/aws-ebs` in drivers.json.
    func serving<Value: Sendable>(_ body: @Sendable (ServedBerth) async throws -> Value) async throws -> Value {
        let entry = try Self.entry(
            config: ["dialect": "in-tree"], endpoint: url, provisioner: "kubernetes.io/aws-ebs")
        return try await ServedBerth.running(entry, body)
    }

    static func entry(
        config: JSONObject = [:], environment: [String: String] = [:], endpoint: String?,
        provisioner: String = "ebs.csi.aws.com"
    ) throws -> JSONValue {
        var all = config
        if let endpoint, all["endpoint"] == nil { all["endpoint"] = .string(endpoint) }
        return try DriversFile.entry(
            name: "aws-ebs", provisioner: provisioner, product: "aws-ebs-driver", config: all, environment: environment)
    }

    // MARK: Asked without the driver

    /// What EC2 holds.
    func volumes() async throws -> [EC2Item] {
        try await items("DescribeVolumes", "volumeSet").filter { $0["status"] != "deleting" }
    }

    func snapshots() async throws -> [EC2Item] { try await items("DescribeSnapshots", "snapshotSet") }

    func post(_ form: String) async throws -> String {
        try await text("POST", "/", form, type: "application/x-www-form-urlencoded")
    }

    private func items(_ action: String, _ set: String) async throws -> [EC2Item] {
        try EC2Item.items(of: try await post("Action=\(action)&Version=2016-11-15"), set: set)
    }

    // MARK: Amazon's clients

    /// Runs the script in `Clients` with boto3.
    func runScript(environment: [String: String] = [:]) async throws -> ChildProcess.Output {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Clients/ec2_client.py").path
        return try await CloudClients.run("python", [script, url], environment: environment)
    }

    /// `aws ec2 ARGUMENTS`, with nothing but the endpoint and keys.
    func aws(_ arguments: [String]) async throws -> ChildProcess.Output {
        try await CloudClients.run(
            "aws", ["ec2"] + arguments,
            environment: [
                "AWS_ENDPOINT_URL_EC2": url, "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example",
                "AWS_DEFAULT_REGION": "us-east-1",
            ])
    }
}

/// An item of an answer: its members' texts, and its tags.
struct EC2Item: Sendable {
    private var members: [String: String] = [:]
    private(set) var tags: [String: String] = [:]

    subscript(name: String) -> String? { members[name] }

    static func items(of document: String, set: String) throws -> [EC2Item] {
        let whole = try XMLDocument(xmlString: document)
        let nodes = whole.rootElement()?.elements(forName: set).first?.elements(forName: "item") ?? []
        return nodes.map { node in
            var item = EC2Item()
            for child in node.children ?? [] {
                if let name = child.name { item.members[name] = child.stringValue }
            }
            for tag in node.elements(forName: "tagSet").first?.elements(forName: "item") ?? [] {
                let key = tag.elements(forName: "key").first?.stringValue ?? ""
                item.tags[key] = tag.elements(forName: "value").first?.stringValue ?? ""
            }
            return item
        }
    }
}
