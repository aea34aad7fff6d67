public import DriverHost
public import DriverProtocol
import Foundation
public import JSONTree
import Logging
import TestSupport

/// A driver behind a host.
public struct DriverUnderTest: Sendable {
    let host: DriverHost
    let name: String

    /// Runs a host with the driver of this entry of drivers.json.
    public static func running<Value: Sendable>(
        _ entry: JSONValue, _ body: @Sendable (DriverUnderTest) async throws -> Value
    ) async throws -> Value {
        try await withTemporaryDirectory { directory in
            var configuration = DriverHostConfiguration(
                driversFile: try DriversFile.write([entry], in: directory), dataDirectory: directory + "/data",
                owner: "test-host")
            configuration.limits.residentConcurrency = 32
            let host = DriverHost(
                configuration: configuration,
                logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await host.run() }
                let value = try await body(
                    DriverUnderTest(host: host, name: entry["name"]?.stringValue ?? ""))
                group.cancelAll()
                try await group.waitForAll()
                return value
            }
        }
    }

    @discardableResult
    public func call(
        _ verb: Verb, _ change: (inout DriverCall) -> Void
    ) async throws(DriverCallError) -> DriverReply {
        var call = DriverCall(verb)
        change(&call)
        return try await host.call(driver: name, call)
    }

    /// The reply to the call for a claim's volume. `change` may say more.
    public func ask(
        _ volume: String, gibibytes: Int64 = 1, parameters: [String: String] = [:],
        _ change: (inout DriverCall) -> Void = { _ in }
    ) async throws(DriverCallError) -> DriverReply {
        try await call(.provision) {
            $0.volume = VolumeRequest(name: volume, capacityBytes: gibibytes << 30)
            $0.parameters = parameters
            $0.claim = ClaimReference(namespace: "default", name: "claim-of-\(volume)")
            change(&$0)
        }
    }

    /// A claim's volume. Where the driver says that it is under way still, it is asked again, as the host asks, for at most
    /// as many times as a quick simulator gives reason for.
    public func provision(
        _ volume: String, gibibytes: Int64 = 1, parameters: [String: String] = [:],
        _ change: (inout DriverCall) -> Void = { _ in }
    ) async throws(DriverCallError) -> ProvisionedVolume {
        var reply = try await ask(volume, gibibytes: gibibytes, parameters: parameters, change)
        for _ in 0..<3 where reply.volume == nil {
            reply = try await ask(volume, gibibytes: gibibytes, parameters: parameters, change)
        }
        guard let made = reply.volume else { preconditionFailure("\(volume) is still not made: \(reply)") }
        return made
    }

    public func delete(_ volume: String, id: String? = nil) async throws(DriverCallError) {
        try await call(.delete) { $0.volume = VolumeRequest(name: volume, id: id) }
    }

    public func attach(_ volume: String, to node: NodeReference) async throws(DriverCallError) -> String? {
        try await call(.attach) {
            $0.volume = VolumeRequest(name: volume)
            $0.node = node
        }.device
    }

    public func detach(_ volume: String, from node: NodeReference) async throws(DriverCallError) {
        try await call(.detach) {
            $0.volume = VolumeRequest(name: volume)
            $0.node = node
        }
    }

    // MARK: Failures

    /// The failure that `body` must end with.
    public func failure<Value>(
        _ body: () async throws(DriverCallError) -> Value
    ) async throws -> DriverCallError {
        let value: Value
        do throws(DriverCallError) {
            value = try await body()
        } catch {
            return error
        }
        throw TestFailure("a failure was expected, and there is \(value)")
    }

    /// The failure that a claim's call must end with.
    public func refusal(
        _ volume: String, gibibytes: Int64 = 1, parameters: [String: String] = [:],
        _ change: (inout DriverCall) -> Void = { _ in }
    ) async throws -> DriverCallError {
        try await failure { () async throws(DriverCallError) in
            try await ask(volume, gibibytes: gibibytes, parameters: parameters, change)
        }
    }

    /// Asks again, as the host's user does, until the answer is final.
    public func untilFinal<Value: Sendable>(
        _ body: @Sendable () async throws(DriverCallError) -> Value
    ) async throws -> Value {
        let end = ContinuousClock.now + .seconds(120)
        while true {
            do throws(DriverCallError) {
                return try await body()
            } catch {
                guard ContinuousClock.now < end, error.outcome == .unknown || error.code == .failedPrecondition else {
                    throw error
                }
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}

/// drivers.json, as the tests write it.
public enum DriversFile {
    /// - Returns: The file.
    public static func write(_ entries: [JSONValue], in directory: String) throws -> String {
        let file = directory + "/drivers.json"
        let content: JSONValue = ["apiVersion": "berth.dev/v1", "drivers": .array(entries)]
        try content.prettyPrinted().write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }

    /// The entry of a resident driver.
    public static func entry(
        name: String, provisioner: String, product: String, config: JSONObject, environment: [String: String] = [:]
    ) throws -> JSONValue {
        [
            "name": .string(name), "provisioners": [.string(provisioner)],
            "exec": .string(try BuiltProducts.path(of: product)), "mode": "resident", "config": .object(config),
            "env": JSONValue(environment),
        ]
    }
}
