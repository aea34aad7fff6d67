import CloudDriverTesting
import CloudSimulators
import Foundation
import JSONTree
import TestSupport
import Testing

/// A simulated Azure of a test's own, on a free port.
struct SimulatedAzure: SimulatedCloud {
    static let cloud = Cloud.azure
    static let subscription = "00000000-0000-0000-0000-000000000001"
    static let group = "berth"

    let url: String

    /// Quick, so that no test waits for a cloud.
    static let quick = """
        azure:
          subscriptions: ["\(subscription)"]
          retryAfterSeconds: 0
          milliseconds: {creating: 40, copyingPerGB: 0, updating: 20, deleting: 20, attaching: 40, detaching: 40}
        """

    /// - Parameters:
    ///   - settings: Laid over the defaults.
    ///   - faults: A fault file.
    ///   - port: 0: any that is free.
    static func run<Value: Sendable>(
        _ settings: String = quick, faults: String? = nil, dataDirectory: String? = nil, contents: Bool = false,
        port: Int = 0, _ body: @Sendable (SimulatedAzure) async throws -> Value
    ) async throws -> Value {
        try await simulate(
            configuration: settings, faults: faults, dataDirectory: dataDirectory, contents: contents, port: port, body)
    }

    // MARK: The driver

    /// Where the driver's disks go.
    var place: JSONObject {
        [
            "endpoint": .string(url), "subscriptionID": .string(Self.subscription),
            "resourceGroup": .string(Self.group),
            "location": "eastus",
        ]
    }

    /// Runs a host with the driver, resident, against this Azure.
    ///
    /// - Parameters:
    ///   - config: More of what drivers.json gives; a `null` takes away what it gives otherwise.
    ///   - environment: Likewise.
    func withDriver<Value: Sendable>(
        config: JSONObject = [:], environment: [String: String] = [:],
        _ body: @Sendable (DriverUnderTest) async throws -> Value
    ) async throws -> Value {
        let entry = try entry(config: config, environment: environment, provisioner: "disk.csi.azure.com")
        return try await DriverUnderTest.running(entry, body)
    }

    /// Serves with the driver for `kubernetes.io/azure-disk` in drivers.json.
    func serving<Value: Sendable>(_ body: @Sendable (ServedBerth) async throws -> Value) async throws -> Value {
        let entry = try entry(config: ["dialect": "in-tree"], provisioner: "kubernetes.io/azure-disk")
        return try await ServedBerth.running(entry, body)
    }

    private func entry(
        config: JSONObject, environment: [String: String] = [:], provisioner: String
    ) throws -> JSONValue {
        var all = place
        for (name, value) in config { all[name] = value.isNull ? nil : value }
        return try DriversFile.entry(
            name: "azure-disk", provisioner: provisioner, product: "azure-disk-driver", config: all,
            environment: environment)
    }

    // MARK: Asked without the driver

    /// What Azure holds.
    func disks() async throws -> [JSONValue] { try await resources("disks") }

    func snapshots() async throws -> [JSONValue] { try await resources("snapshots") }

    /// A disk of 2 GiB that nobody's driver has made.
    func makeDisk(_ name: String) async throws {
        let body: JSONValue = [
            "location": "eastus", "properties": ["creationData": ["createOption": "Empty"], "diskSizeGB": 2],
        ]
        _ = try await text("PUT", path("disks/\(name)"), String(decoding: body.encoded, as: UTF8.self))
    }

    /// - Parameter name: `virtualMachines/vm-1`
    func resource(_ name: String, version: String = "2025-01-02") async throws -> JSONValue {
        try JSONParser.parse(Array(try await text("GET", path(name, version)).utf8))
    }

    private func path(_ name: String, _ version: String = "2025-01-02") -> String {
        "/subscriptions/\(Self.subscription)/resourceGroups/\(Self.group)/providers/Microsoft.Compute/\(name)"
            + "?api-version=\(version)"
    }

    private func resources(_ kind: String) async throws -> [JSONValue] {
        var page: String? = path(kind)
        var resources: [JSONValue] = []
        while let address = page {
            let json = try JSONParser.parse(Array(try await text("GET", address).utf8))
            resources += json["value"]?.arrayValue ?? []
            page = json["nextLink"]?.stringValue
        }
        return resources.filter { $0.at("properties", "provisioningState") != "Deleting" }
    }

    // MARK: Microsoft's clients

    private static let scripts = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Clients").path

    /// Runs a script of `Clients`, which must come to its end.
    func runScript(
        _ name: String, _ arguments: [String] = [], environment: [String: String] = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let usual = ["SIMULATOR": url, "LOCAL": ProcessInfo.processInfo.hostName]
        let output = try await CloudClients.run(
            "python", ["\(Self.scripts)/\(name)"] + arguments, environment: usual.merging(environment) { $1 })
        #expect(output.isSuccess, "\(output.errors)", sourceLocation: sourceLocation)
        return output.output
    }
}

extension Trait where Self == ConditionTrait {
    static var withPython: Self {
        .enabled(if: CloudClients.areInstalled, "BERTH_CLOUD_CLIENTS names no folder with Azure's Python clients")
    }
}
