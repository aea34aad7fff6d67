import CloudDriverTesting
import CloudSimulators
import Foundation
import JSONTree
import TestSupport
import Testing

/// The simulated Compute Engine, served while a test runs, with operations that take milliseconds.
struct ComputeUnderTest: SimulatedCloud {
    static let cloud = Cloud.gce

    let url: String

    static let quick = """
        gce:
          milliseconds:
            pending: 2
            createDisk: 10
            deleteDisk: 10
            resizeDisk: 10
            updateDisk: 10
            setLabels: 5
            attachDisk: 10
            detachDisk: 10
            createSnapshot: 10
            uploadSnapshot: 10
            deleteSnapshot: 10

        """

    /// - Parameters:
    ///   - settings: Behind ``quick``, indented as what belongs to `gce`.
    ///   - contents: Whether disks have bytes; needs a data directory.
    static func run<Value: Sendable>(
        settings: String = "", faults: String? = nil, dataDirectory: String? = nil, contents: Bool = false,
        _ body: @Sendable (ComputeUnderTest) async throws -> Value
    ) async throws -> Value {
        try await simulate(
            configuration: quick + settings, faults: faults, dataDirectory: dataDirectory, contents: contents, body)
    }

    // MARK: The driver

    /// Sends no token: the simulator asks for none.
    static let anonymous: JSONObject = ["anonymous": true, "project": "berth-project", "region": "us-central1"]

    /// Runs a host with the driver, resident, against this Compute Engine.
    ///
    /// - Parameter config: Of drivers.json, beside the endpoint.
    func withDriver<Value: Sendable>(
        config: JSONObject = anonymous, environment: [String: String] = [:],
        _ body: @Sendable (DriverUnderTest) async throws -> Value
    ) async throws -> Value {
        let entry = try entry(config: config, environment: environment, provisioner: "pd.csi.storage.gke.io")
        return try await DriverUnderTest.running(entry, body)
    }

    /// Serves with the driver for `kubernetes.io/gce-pd` in drivers.json. Its project, zone and tokens are those of the
    /// simulated machine, whose metadata server it asks.
    func serving<Value: Sendable>(_ body: @Sendable (ServedBerth) async throws -> Value) async throws -> Value {
        let entry = try entry(
            config: ["dialect": "in-tree", "metadataEndpoint": .string(url)], provisioner: "kubernetes.io/gce-pd")
        return try await ServedBerth.running(entry, body)
    }

    private func entry(
        config: JSONObject, environment: [String: String] = [:], provisioner: String
    ) throws -> JSONValue {
        var all = config
        all["endpoint"] = .string(url)
        return try DriversFile.entry(
            name: "gce-pd", provisioner: provisioner, product: "gce-pd-driver", config: all, environment: environment)
    }

    // MARK: Asked without the driver

    struct Answer: Sendable {
        var status: Int
        var json: JSONValue
        var headers: [String: String]
    }

    /// One request, as curl would send it.
    func send(
        _ method: String, _ path: String, _ body: JSONValue? = nil, headers: [String: String] = [:]
    ) async throws -> Answer {
        var arguments = ["-sS", "-X", method, "-i", "--max-time", "30", url + path]
        for (name, value) in headers { arguments += ["-H", "\(name): \(value)"] }
        if let body { arguments += ["--data-binary", String(decoding: body.encoded, as: UTF8.self)] }
        let curl = ChildProcess(executable: "/usr/bin/curl", arguments: arguments, environment: [:])
        let result = try await curl.run()
        guard result.isSuccess, let end = result.output.range(of: "\r\n\r\n") else {
            throw TestFailure("curl \(method) \(path): \(result.errors)")
        }
        let head = result.output[..<end.lowerBound].components(separatedBy: "\r\n")
        var fields: [String: String] = [:]
        for line in head.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        }
        let status = head.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        let content = Array(result.output[end.upperBound...].utf8)
        return Answer(status: status, json: content.isEmpty ? .null : try JSONParser.parse(content), headers: fields)
    }

    /// Below `/compute/v1/projects/berth-project/`.
    func compute(_ method: String, _ path: String, _ body: JSONValue? = nil) async throws -> Answer {
        try await send(method, "/compute/v1/projects/berth-project/\(path)", body)
    }

    /// Every disk that reads show and that is not being deleted, by the API.
    func disks() async throws -> [JSONValue] {
        var disks: [JSONValue] = []
        var token = ""
        repeat {
            let page = try await compute("GET", "aggregated/disks?pageToken=\(token)")
            guard page.status == 200 else { throw TestFailure("disks.aggregatedList: \(page)") }
            for (_, scope) in page.json["items"]?.objectValue ?? [:] { disks += scope["disks"]?.arrayValue ?? [] }
            let next = page.json["nextPageToken"]?.stringValue ?? ""
            token = next.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        } while !token.isEmpty
        return disks.filter { $0["status"] != "DELETING" }
    }

    /// Runs one of the scripts in `Clients` with Google's own Python clients.
    func client(_ script: String, _ arguments: String...) async throws -> ChildProcess.Output {
        let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let path = directory.appendingPathComponent("Clients/\(script)").path
        return try await CloudClients.run("python", [path, url] + arguments)
    }
}

extension Trait where Self == ConditionTrait {
    static var withPythonClients: Self {
        .enabled(if: CloudClients.areInstalled, "BERTH_CLOUD_CLIENTS names no folder with Google's Python clients")
    }
}
