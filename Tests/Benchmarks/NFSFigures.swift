import DriverHost
import DriverProtocol
import Foundation
import JSONTree
import Logging
import NFSTestServer

/// The NFS driver against a real server, nfs-ganesha on loopback, and against libnfs alone on the same server.
enum NFSFigures {
    private static let inFlight = 8

    /// - Returns: No rows, and a line on stderr, where there can be no server.
    static func measure(directory: String, volumes: Int, files: Int) async throws -> [BenchmarkRow] {
        if let reason = GaneshaServer.reasonToSkip {
            FileHandle.standardError.write(Data("No figures of the NFS driver: \(reason).\n".utf8))
            return []
        }
        let server = try GaneshaServer()
        defer { server.remove() }
        for name in ["bare", "driven"] { try Disk.makeDirectory("\(server.directory)/rw/\(name)") }
        let bare = try BareNFS(
            path: server.share("rw/bare", version: "3"), nfsPort: server.nfsPort, mountPort: server.mountPort)
        let config = configuration(server)
        return try await withHost(directory: directory, config: config) { host in
            var rows = try await provisioning(host, bare, count: volumes)
            rows.append(try once(config, directory: directory))
            rows.append(try await deleting(host, bare, server, files: files))
            rows.append(try memory())
            return rows
        }
    }

    private static func configuration(_ server: GaneshaServer) -> JSONValue {
        [
            "server": "127.0.0.1", "share": .string(server.share("rw/driven", version: "3")), "version": "3",
            "port": .integer(Int64(server.nfsPort)), "mountPort": .integer(Int64(server.mountPort)),
        ]
    }

    /// Volumes made by the resident driver, against as many directories made by libnfs; a batch of these, a batch of
    /// those, so that both meet the same server on the same disk.
    private static func provisioning(_ host: DriverHost, _ bare: BareNFS, count: Int) async throws -> [BenchmarkRow] {
        var bareTime = Duration.zero
        var drivenTime = Duration.zero
        for first in stride(from: 0, to: count, by: 200) {
            let numbers = first..<min(first + 200, count)
            let start = ContinuousClock.now
            for number in numbers { try bare.makeDirectory("/bare-\(number)") }
            let second = ContinuousClock.now
            bareTime += second - start
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in numbers {
                    if number - first >= inFlight { try await group.next() }
                    group.addTask { _ = try await host.call(driver: "nfs", call(.provision, "pvc-\(number)")) }
                }
                try await group.waitForAll()
            }
            drivenTime += .now - second
        }
        let floor = Double(count) / bareTime.seconds
        let rate = Double(count) / drivenTime.seconds
        return [BenchmarkRow.Goal.value(500), .ratio(1.5)].map { goal in
            BenchmarkRow(
                figure: "NFS volumes made, \(inFlight) in flight", value: rate, unit: "a second",
                direction: .higherIsBetter, floor: ("a loop of nfs_mkdir", floor), goal: goal)
        }
    }

    /// The whole life of a process that makes one volume.
    private static func once(_ config: JSONValue, directory: String, count: Int = 50) throws -> BenchmarkRow {
        setenv("BERTH_DATA_DIR", directory, 1)
        var times: [Double] = []
        for number in 0..<count {
            let request: JSONValue = [
                "protocol": "1.0", "verb": "provision", "callID": "bench", "timeoutSeconds": 10,
                "driver": ["name": "nfs", "config": config],
                "volume": ["name": .string("pvc-once-\(number)"), "capacityBytes": 1_048_576],
            ]
            let start = ContinuousClock.now
            let reply = try BareProcess.call(BuiltPrograms.path("nfs-driver"), "provision", input: request.encoded)
            times.append((ContinuousClock.now - start).seconds * 1000)
            guard try JSONParser.parse(reply)["status"]?.stringValue == "Success" else {
                throw BenchmarkFailure("nfs-driver does not provision: \(String(decoding: reply, as: UTF8.self))")
            }
        }
        return BenchmarkRow(
            figure: "an NFS volume made once per call, p50", value: times.percentile(0.5), unit: "ms",
            direction: .lowerIsBetter, floor: nil, goal: .value(25))
    }

    /// Small files erased by the driver, against libnfs walking an equal tree.
    private static func deleting(
        _ host: DriverHost, _ bare: BareNFS, _ server: GaneshaServer, files: Int
    ) async throws -> BenchmarkRow {
        _ = try await host.call(driver: "nfs", call(.provision, "pvc-full"))
        try Disk.makeDirectory("\(server.directory)/rw/bare/full")
        for root in ["bare/full", "driven/pvc-full"] { try fill("\(server.directory)/rw/\(root)", files: files) }
        let start = ContinuousClock.now
        try bare.removeTree("/full")
        let floor = Double(files) / (ContinuousClock.now - start).seconds
        let second = ContinuousClock.now
        while try await host.call(driver: "nfs", call(.delete, "pvc-full")).status == .pending {}
        return BenchmarkRow(
            figure: "NFS files erased by a delete of \(files)",
            value: Double(files) / (ContinuousClock.now - second).seconds, unit: "a second",
            direction: .higherIsBetter, floor: ("libnfs, walking and unlinking", floor), goal: .ratio(2))
    }

    private static func fill(_ path: String, files: Int) throws {
        for number in 0..<files {
            let parent = "\(path)/\(number / 1000)"
            if number % 1000 == 0 { try Disk.makeDirectory(parent) }
            try Disk.write("\(number)\n", to: "\(parent)/\(number)")
        }
    }

    /// The most that the resident driver ever held.
    private static func memory() throws -> BenchmarkRow {
        // A child is listed under the thread that started it.
        let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")
        let children = threads.compactMap { thread in
            try? String(contentsOfFile: "/proc/self/task/\(thread)/children", encoding: .utf8)
        }
        let peaks = children.joined().split(separator: " ").compactMap { child -> Double? in
            guard let status = try? String(contentsOfFile: "/proc/\(child)/status", encoding: .utf8),
                status.hasPrefix("Name:\tnfs-driver\n"),
                let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
            else { return nil }
            return line.split(separator: " ").dropFirst().first.flatMap { Double($0) }
        }
        guard let peak = peaks.max() else { throw BenchmarkFailure("the resident nfs-driver is not among \(children)") }
        return BenchmarkRow(
            figure: "memory of the NFS driver, at most", value: peak / 1024, unit: "MiB", direction: .lowerIsBetter,
            floor: nil, goal: .value(64))
    }

    private static func call(_ verb: Verb, _ name: String) -> DriverCall {
        DriverCall(verb, volume: VolumeRequest(name: name, capacityBytes: verb == .provision ? 1 << 20 : nil))
    }

    private static func withHost<R: Sendable>(
        directory: String, config: JSONValue, _ body: @escaping (DriverHost) async throws -> R
    ) async throws -> R {
        let file = directory + "/bench-nfs-drivers.json"
        let drivers: JSONValue = [
            "apiVersion": "berth.dev/v1",
            "drivers": [
                [
                    "name": "nfs", "provisioners": ["berth.dev/nfs"], "mode": "resident",
                    "exec": .string(BuiltPrograms.path("nfs-driver")), "config": config,
                    "concurrency": .integer(Int64(inFlight)),
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
            _ = try await host.call(driver: "nfs", DriverCall(.status))
            return try await body(host)
        }
    }
}
