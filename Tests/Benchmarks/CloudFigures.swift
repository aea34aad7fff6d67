import CloudSimulators
import DriverHost
import DriverProtocol
import Foundation
import FoundationNetworking
import Glibc
import JSONTree
import Logging

/// The drivers of clouds against their simulators, whose every answer takes 50 ms.
struct CloudFigures: Sendable {
    /// What sets one cloud apart.
    struct Subject: Sendable {
        /// For the table: `EBS`.
        var name: String
        var cloud: Cloud
        /// The product.
        var driver: String
        /// drivers.json's `config`, and `env`, for an endpoint.
        var config: @Sendable (_ endpoint: String) -> JSONValue
        var environment: @Sendable (_ endpoint: String) -> JSONValue = { _ in [:] }
        /// Of the class.
        var parameters: [String: String] = [:]
        /// Laid over the simulator's configuration: states must pass at once, so that only latency remains.
        var settings: String
        /// Those of a plain provision that wait for one another.
        var requestsInTurn: Double
    }

    /// One line for each cloud.
    static let subjects: [Subject] = [
        Subject(
            name: "EBS", cloud: .aws, driver: "aws-ebs-driver",
            config: { ["endpoint": .string($0), "zones": ["us-east-1a"]] },
            settings: "aws: {states: {creating: 0ms, deleting: 0ms}}", requestsInTurn: 2),
        Subject(
            name: "PD", cloud: .gce, driver: "gce-pd-driver",
            config: {
                ["endpoint": .string($0), "anonymous": true, "project": "berth-project", "zone": "us-central1-a"]
            },
            // A look for the name, the insert, and the operation's wait.
            settings: "gce: {milliseconds: {pending: 0, createDisk: 0, deleteDisk: 0}}", requestsInTurn: 3),
        Subject(
            name: "Azure Disk", cloud: .azure, driver: "azure-disk-driver",
            config: {
                [
                    "endpoint": .string($0), "subscriptionID": "00000000-0000-0000-0000-000000000001",
                    "resourceGroup": "berth", "location": "eastus",
                ]
            },
            settings: "azure: {retryAfterSeconds: 0, milliseconds: {creating: 0, deleting: 0}}", requestsInTurn: 2),
    ]

    private static let inFlight = 32
    private static let latency = 0.05
    /// Whole rounds of them: a last one that is not full would count as time lost.
    private static let volumes = 32 * inFlight

    static func measure(directory: String) async throws -> [BenchmarkRow] {
        var rows: [BenchmarkRow] = []
        for subject in subjects {
            rows += try await CloudFigures(subject: subject, directory: directory).rows()
        }
        return rows
    }

    let subject: Subject
    let directory: String

    private func rows() async throws -> [BenchmarkRow] {
        var options = CloudSimulatorOptions(addresses: [subject.cloud: .init(host: "127.0.0.1", port: 0)])
        options.configuration = .init(name: "bench.yaml", content: Array(subject.settings.utf8))
        let faults = "faults:\n  - {fault: latency, delay: \(Int(Self.latency * 1000))ms}\n"
        options.faults = .init(name: "bench-faults.yaml", content: Array(faults.utf8))
        var logger = Logger(label: "bench")
        logger.logLevel = .error
        let rows = try await CloudSimulator.running(options, logger: logger) { addresses in
            guard let address = addresses[subject.cloud] else { throw BenchmarkFailure("no address") }
            return try await provisionRows(endpoint: address.url)
        }
        return rows + [try startUp()]
    }

    private func provisionRows(endpoint: String) async throws -> [BenchmarkRow] {
        try await withHost(endpoint: endpoint) { host in
            // Connections, credentials, zones.
            for number in 0..<Self.inFlight { _ = try await host.call(driver: "cloud", call("warm-\(number)")) }
            try await forgetRequests(endpoint)
            _ = try await host.call(driver: "cloud", call("plain"))
            let requests = try await requestCount(endpoint)
            let start = ContinuousClock.now
            try await withThrowingTaskGroup(of: Void.self) { group in
                var next = 0
                for _ in 0..<Self.inFlight {
                    let number = next
                    next += 1
                    group.addTask { _ = try await host.call(driver: "cloud", call("bench-\(number)")) }
                }
                while try await group.next() != nil {
                    guard next < Self.volumes else { continue }
                    let number = next
                    next += 1
                    group.addTask { _ = try await host.call(driver: "cloud", call("bench-\(number)")) }
                }
            }
            let rate = Double(Self.volumes) / (ContinuousClock.now - start).seconds
            let allowed = Double(Self.inFlight) / (subject.requestsInTurn * Self.latency)
            return [
                BenchmarkRow(
                    figure: "\(subject.name) provisions, \(Self.inFlight) in flight at 50 ms", value: rate, unit: "/s",
                    direction: .higherIsBetter, floor: ("what latency allows", allowed), goal: .ratio(1 / 0.9)),
                BenchmarkRow(
                    figure: "requests of a plain \(subject.name) provision", value: requests, unit: "",
                    direction: .lowerIsBetter, floor: nil, goal: .value(5)),
                BenchmarkRow(
                    figure: "memory of the \(subject.name) driver", value: try residentMemory() / 1024, unit: "MiB",
                    direction: .lowerIsBetter, floor: nil, goal: .value(64)),
            ]
        }
    }

    private func call(_ name: String) -> DriverCall {
        DriverCall(
            .provision, volume: VolumeRequest(name: name, capacityBytes: 8 << 30), parameters: subject.parameters)
    }

    private func withHost<R: Sendable>(
        endpoint: String, _ body: @escaping (DriverHost) async throws -> R
    ) async throws -> R {
        let file = directory + "/bench-\(subject.cloud.rawValue)-drivers.json"
        let drivers: JSONValue = [
            "apiVersion": "berth.dev/v1",
            "drivers": [
                [
                    "name": "cloud", "provisioners": ["berth.dev/bench"], "mode": "resident",
                    "exec": .string(BuiltPrograms.path(subject.driver)), "config": subject.config(endpoint),
                    "env": subject.environment(endpoint), "concurrency": .integer(Int64(Self.inFlight)),
                ]
            ],
        ]
        try drivers.prettyPrinted().write(toFile: file, atomically: true, encoding: .utf8)
        var logger = Logger(label: "bench")
        logger.logLevel = .error
        let host = DriverHost(
            configuration: DriverHostConfiguration(driversFile: file, dataDirectory: directory), logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await host.run() }
            defer { group.cancelAll() }
            return try await body(host)
        }
    }

    // MARK: Measuring

    /// In KiB: VmHWM of the resident process, as proc(5) has it.
    private func residentMemory() throws -> Double {
        let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")
        // A thread or a process that has ended meanwhile is none of those looked for.
        let children = threads.compactMap { thread in
            try? String(contentsOfFile: "/proc/self/task/\(thread)/children", encoding: .utf8)
        }
        for child in children.joined(separator: " ").split(separator: " ") {
            guard let command = try? String(contentsOfFile: "/proc/\(child)/cmdline", encoding: .utf8),
                command.contains(subject.driver),
                let status = try? String(contentsOfFile: "/proc/\(child)/status", encoding: .utf8),
                let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
                let kibibytes = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
            else { continue }
            return Double(kibibytes) ?? 0
        }
        throw BenchmarkFailure("the resident \(subject.driver) is not among the children")
    }

    /// From the start of a once-per-call driver to its first request at the cloud.
    private func startUp(count: Int = 60) throws -> BenchmarkRow {
        var times: [Double] = []
        for _ in 0..<count {
            let listener = try LoopbackListener()
            defer { listener.close() }
            let endpoint = "http://127.0.0.1:\(listener.port)"
            var request: JSONValue = [
                "protocol": "1.0", "verb": "get", "callID": "bench", "timeoutSeconds": 1,
                "volume": ["name": "pvc-1", "id": "vol-0123456789abcdef0"],
            ]
            request["driver"] = ["name": "bench", "config": subject.config(endpoint)]
            let bytes = request.encoded
            let driver = BuiltPrograms.path(subject.driver)
            let start = ContinuousClock.now
            try BareProcess.start(driver, "get", input: bytes) {
                try listener.waitForBytes()
                times.append((ContinuousClock.now - start).seconds * 1000)
            }
        }
        return BenchmarkRow(
            figure: "a once-per-call \(subject.name) driver to its first request, p50", value: times.percentile(0.5),
            unit: "ms", direction: .lowerIsBetter, floor: nil, goal: .value(15))
    }

    private func requestCount(_ endpoint: String) async throws -> Double {
        let json = try await admin("GET", endpoint)
        return Double(json["total"]?.integerValue ?? 0)
    }

    private func forgetRequests(_ endpoint: String) async throws { _ = try await admin("DELETE", endpoint) }

    private func admin(_ method: String, _ endpoint: String) async throws -> JSONValue {
        guard let url = URL(string: endpoint + "/_berth/requests") else { throw BenchmarkFailure("no URL") }
        var request = URLRequest(url: url)
        request.httpMethod = method
        let bytes = Array(try await URLSession.shared.data(for: request).0)
        return bytes.isEmpty ? .null : try JSONParser.parse(bytes)
    }
}

/// A socket that accepts one connection and answers nothing.
private struct LoopbackListener {
    let descriptor: CInt
    let port: UInt16

    init() throws {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) | listen(descriptor, 4) | getsockname(descriptor, address, &length)
            }
        }
        guard status == 0 else { throw BenchmarkFailure("no loopback socket: errno \(errno)") }
        port = UInt16(bigEndian: address.sin_port)
    }

    func waitForBytes() throws {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else { throw BenchmarkFailure("nobody connects: errno \(errno)") }
        var byte: UInt8 = 0
        guard read(connection, &byte, 1) == 1 else { throw BenchmarkFailure("nobody asks") }
        Glibc.close(connection)
    }

    func close() { Glibc.close(descriptor) }
}
