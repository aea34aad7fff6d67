import DriverProtocol
import JSONTree
import Logging
import TestSupport

@testable import DriverHost

/// A host over a drivers.json of this test's own, with scripted drivers in it.
final class DriverBench: Sendable {
    let scratch = ScratchDirectory()

    var driversFile: String { scratch.file("drivers.json") }

    /// Writes a plan, and returns the entry of a driver that follows it.
    func entry(
        _ name: String = "x", mode: String? = "once", provisioners: [String]? = nil, more: JSONObject = [:],
        _ build: (inout ScriptedDriverPlan) -> Void = { _ in }
    ) throws -> JSONValue {
        var plan = ScriptedDriverPlan()
        plan.log = scratch.file("\(name).log")
        build(&plan)
        let path = scratch.write("\(name).plan", String(decoding: plan.json.encoded, as: UTF8.self))
        var entry: JSONValue = [
            "name": .string(name), "provisioners": JSONValue(provisioners ?? ["test/\(name)"]),
            "exec": .string(try BuiltProducts.path(of: "ScriptedDriver")), "env": ["BERTH_SCRIPT": .string(path)],
        ]
        entry["mode"] = mode.map { .string($0) }
        for (key, value) in more { entry[key] = value }
        return entry
    }

    func writeDriversFile(_ entries: JSONValue...) {
        let json: JSONValue = ["apiVersion": "berth.dev/v1", "drivers": .array(entries)]
        scratch.write("drivers.json", json.prettyPrinted())
    }

    /// Looks are frequent, so that tests are quick; deadlines are each test's own.
    func host(_ change: (inout DriverHostConfiguration) -> Void = { _ in }) -> DriverHost {
        var configuration = DriverHostConfiguration(
            driversFile: driversFile, dataDirectory: scratch.file("data"), owner: "test-host")
        configuration.checkInterval = .milliseconds(20)
        configuration.limits.terminationGrace = .seconds(2)
        configuration.limits.shutdownGrace = .seconds(1)
        change(&configuration)
        return DriverHost(
            configuration: configuration, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    /// Runs a host over these entries, hands it over, and ends it.
    func withHost<R: Sendable>(
        _ entries: JSONValue..., configure: (inout DriverHostConfiguration) -> Void = { _ in },
        _ body: (DriverHost) async throws -> R
    ) async throws -> R {
        scratch.write(
            "drivers.json", (["apiVersion": "berth.dev/v1", "drivers": .array(entries)] as JSONValue).prettyPrinted())
        return try await run(host(configure), body)
    }

    func run<R: Sendable>(_ host: DriverHost, _ body: (DriverHost) async throws -> R) async throws -> R {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await host.run() }
            let result = try await body(host)
            group.cancelAll()
            try await group.waitForAll()
            return result
        }
    }

    /// The calls that a scripted driver has logged, `init` left out.
    func log(_ name: String = "x", verb: String? = nil) throws -> [JSONValue] {
        try (scratch.read("\(name).log") ?? "").split(separator: "\n").map { try JSONParser.parse($0.utf8) }
            .filter { verb == nil ? $0["verb"] != "init" : $0["verb"]?.stringValue == verb }
    }
}

extension DriverCall {
    /// A provision of a volume with this name.
    static func provision(_ name: String = "pvc-1", timeout: Duration = .seconds(30)) -> DriverCall {
        DriverCall(
            .provision, volume: VolumeRequest(name: name, capacityBytes: 1 << 30, accessModes: ["ReadWriteOnce"]),
            timeout: timeout)
    }
}

/// The error of a call that must fail.
func failure(_ body: () async throws(DriverCallError) -> DriverReply) async throws -> DriverCallError {
    let reply: DriverReply
    do throws(DriverCallError) {
        reply = try await body()
    } catch {
        return error
    }
    throw UnexpectedSuccess(reply: reply)
}

struct UnexpectedSuccess: Error {
    var reply: DriverReply
}
