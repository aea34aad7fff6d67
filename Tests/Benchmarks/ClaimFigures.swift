import Foundation
import KubernetesClient

/// Claims through the HTTP API, bound and deleted, and what keeping them costs.
enum ClaimFigures {
    static func measure(directory: String, claims: Int, present: Int) async throws -> [BenchmarkRow] {
        var rows: [BenchmarkRow] = []
        let empty = try BerthProcess.start(directory: directory)
        rows.append(
            BenchmarkRow(
                figure: "start-up, empty store", value: empty.startUp.seconds * 1000, unit: "ms",
                direction: .lowerIsBetter, floor: ("berth --version", try versionMilliseconds()), goal: .value(150)))
        rows.append(
            BenchmarkRow(
                figure: "memory, empty store", value: empty.residentMiB, unit: "MiB", direction: .lowerIsBetter,
                floor: nil, goal: .value(40)))
        rows += try await APIConnection.with(empty.config) { connection in
            try await throughput(ClaimLoad(connection: connection), empty, count: claims)
        }
        try await APIConnection.with(empty.config) { connection in
            _ = try await ClaimLoad(connection: connection).bind((0..<present).map { "kept-\($0)" }, inFlight: 64)
        }
        rows.append(
            BenchmarkRow(
                figure: "memory, \(present) claims and volumes", value: empty.residentMiB, unit: "MiB",
                direction: .lowerIsBetter, floor: nil, goal: nil))
        empty.stop()

        let full = try BerthProcess.start(directory: directory)
        defer { full.stop() }
        rows.append(
            BenchmarkRow(
                figure: "start-up, \(present) claims", value: full.startUp.seconds * 1000, unit: "ms",
                direction: .lowerIsBetter, floor: nil, goal: .value(1500)))
        rows += try await APIConnection.with(full.config) { connection in
            try await crowded(ClaimLoad(connection: connection), count: claims, present: present)
        }
        return rows
    }

    private static func throughput(
        _ load: ClaimLoad, _ berth: BerthProcess, count: Int
    ) async throws -> [BenchmarkRow] {
        try await load.makeClass()
        // Connections, caches, and the driver's first call are not what is measured.
        let warm = (0..<100).map { "warm-\($0)" }
        _ = try await load.bind(warm, inFlight: 16)
        _ = try await load.delete(warm, inFlight: 16)

        let single = try await load.bind((0..<300).map { "single-\($0)" }, inFlight: 1).latencies
        let singleWrite = try await load.makeConfigMaps((0..<300).map { "single-\($0)" }, inFlight: 1).latencies
        let writes = try await load.makeConfigMaps((0..<count).map { "map-\($0)" }, inFlight: 16).total.seconds
        let names = (0..<count).map { "claim-\($0)" }
        let before = berth.processorSeconds
        let bound = try await load.bind(names, inFlight: 16).total.seconds
        let deleted = try await load.delete(names, inFlight: 16).seconds
        let processor = (berth.processorSeconds - before) / Double(count) * 1000
        let floor = (name: "durable creates", value: Double(count) / writes)
        return [
            BenchmarkRow(
                figure: "claims Bound, 16 in flight", value: Double(count) / bound, unit: "a second",
                direction: .higherIsBetter, floor: floor, goal: .value(1500)),
            BenchmarkRow(
                figure: "claims deleted, 16 in flight", value: Double(count) / deleted, unit: "a second",
                direction: .higherIsBetter, floor: floor, goal: .value(1500)),
            BenchmarkRow(
                figure: "one claim, created to seen Bound, p50", value: single.percentile(0.5) * 1000, unit: "ms",
                direction: .lowerIsBetter, floor: ("one durable create", singleWrite.percentile(0.5) * 1000),
                goal: .value(4)),
            BenchmarkRow(
                figure: "processor time of a claim's life", value: processor, unit: "ms", direction: .lowerIsBetter,
                floor: nil, goal: .value(2)),
        ]
    }

    /// The same claims with many others there.
    private static func crowded(_ load: ClaimLoad, count: Int, present: Int) async throws -> [BenchmarkRow] {
        let names = (0..<count).map { "crowded-\($0)" }
        let bound = try await load.bind(names, inFlight: 16).total.seconds
        _ = try await load.delete(names, inFlight: 16)
        return [
            BenchmarkRow(
                figure: "claims Bound, \(present) others present", value: Double(count) / bound, unit: "a second",
                direction: .higherIsBetter, floor: nil, goal: .value(1250))
        ]
    }

    private static func versionMilliseconds() throws -> Double {
        var times: [Double] = []
        for _ in 0..<10 {
            let start = ContinuousClock.now
            try BareProcess.call(BuiltPrograms.path("berth"), "--version", input: [])
            times.append((ContinuousClock.now - start).seconds * 1000)
        }
        return times.percentile(0.5)
    }
}
