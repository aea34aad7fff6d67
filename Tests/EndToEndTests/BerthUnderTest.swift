import Foundation
import JSONTree
import KubernetesAPI
import KubernetesClient
import TestSupport

/// The built `berth`, its data in a directory of its own, driven as a person would.
struct BerthUnderTest: Sendable {
    let directory: String
    let drivers: String
    private let berth: String

    var kubeconfig: String { directory + "/data/kubeconfig" }
    var volumes: String { directory + "/data/volumes" }

    /// - Parameter drivers: More entries for drivers.json, beside the hostPath driver.
    init(directory: String, drivers extra: [JSONValue] = []) throws {
        self.directory = directory
        drivers = directory + "/drivers.json"
        berth = try BuiltProducts.path(of: "berth")
        let hostPath: JSONValue = [
            "name": "hostpath", "provisioners": ["berth.dev/hostpath", "kubernetes.io/host-path"],
            "exec": .string(try BuiltProducts.path(of: "hostpath-driver")), "mode": "resident",
        ]
        let file: JSONValue = ["apiVersion": "berth.dev/v1", "drivers": .array([hostPath] + extra)]
        try file.prettyPrinted().write(toFile: drivers, atomically: true, encoding: .utf8)
    }

    /// Runs `berth` with these arguments to its end.
    func command(_ arguments: String..., input: String? = nil) async throws -> ChildProcess.Output {
        try await command(arguments, input: input)
    }

    func command(_ arguments: [String], input: String? = nil) async throws -> ChildProcess.Output {
        try await process(arguments, input: input).run(deadline: .seconds(60))
    }

    /// Runs `berth` with these arguments while `body` does, which gets what it has printed so far.
    func running(
        _ arguments: String..., body: (_ outputSoFar: @Sendable () throws -> String) async throws -> Void
    ) async throws {
        try await process(arguments).running(body)
    }

    /// Runs a `kubectl` to its end.
    func kubectl(
        _ kubectl: Kubectl, _ arguments: String..., input: String? = nil
    ) async throws -> ChildProcess.Output {
        try await kubectl.command(arguments, home: directory, kubeconfig: kubeconfig, input: input)
            .run(deadline: .seconds(60))
    }

    func kubectl(
        _ kubectl: Kubectl, _ arguments: [String], input: String? = nil
    ) async throws -> ChildProcess.Output {
        try await kubectl.command(arguments, home: directory, kubeconfig: kubeconfig, input: input)
            .run(deadline: .seconds(60))
    }

    /// Serves while `body` runs, then ends the server by `signal` and waits for it.
    func serving<Value: Sendable>(
        endingWith signal: CInt = SIGTERM, _ body: @Sendable (ServedBerth) async throws -> Value
    ) async throws -> Value {
        try? FileManager.default.removeItem(atPath: kubeconfig)
        let log = directory + "/serve.log"
        let server = Process()
        server.executableURL = URL(fileURLWithPath: berth)
        server.arguments = [
            "serve", "--data-dir", directory + "/data", "--listen", "127.0.0.1:0", "--drivers", drivers,
        ]
        try Data().write(to: URL(fileURLWithPath: log))
        server.standardError = FileHandle(forWritingAtPath: log)
        server.standardOutput = FileHandle.nullDevice
        let (exits, exit) = AsyncStream<Void>.makeStream()
        server.terminationHandler = { _ in exit.finish() }
        try server.run()
        let pid = server.processIdentifier
        defer { if server.isRunning { kill(pid, SIGKILL) } }
        try await until("berth serve is ready (its log is \(log))", within: .seconds(30)) {
            guard server.isRunning else {
                throw TestFailure("berth serve ended: \(try String(contentsOfFile: log, encoding: .utf8))")
            }
            return FileManager.default.fileExists(atPath: kubeconfig)
        }
        let result = try await APIConnection.with(try Kubeconfig.load(path: kubeconfig)) { connection in
            try await body(ServedBerth(pid: pid, log: log, connection: connection))
        }
        kill(pid, signal)
        for await _ in exits {}
        return result
    }

    private func process(_ arguments: [String], input: String? = nil) -> ChildProcess {
        ChildProcess(
            executable: berth, arguments: arguments,
            environment: [
                "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "", "BERTH_DATA_DIR": directory + "/data",
                "BERTH_DRIVERS": drivers, "HOME": directory, "LANG": "C.UTF-8",
            ], input: input, workingDirectory: directory)
    }

    /// What lies on disk: each directory below the hostPath driver's base, its own records left out.
    func volumeDirectories() throws -> [String] {
        guard let walk = FileManager.default.enumerator(atPath: volumes) else { return [] }
        var found: [String] = []
        for case let path as String in walk where !path.hasPrefix(".berth") {
            if walk.fileAttributes?[.type] as? FileAttributeType == .typeDirectory { found.append(path) }
        }
        return found
    }
}

/// A running server, and a client of it.
struct ServedBerth: Sendable {
    let pid: pid_t
    let log: String
    let connection: APIConnection

    var client: ClusterClient { ClusterClient(connection) }

    /// Waits until `condition` holds for a claim, by a watch.
    func claim(
        _ name: String, within limit: Duration = .seconds(30), is condition: @escaping @Sendable (JSONValue) -> Bool
    ) async throws -> JSONValue {
        let options = WatchOptions(
            namespace: "default",
            fieldSelector: FieldSelector(requirements: [.init(field: "metadata.name", value: name)]))
        return try await withThrowingTaskGroup(of: JSONValue.self) { group in
            group.addTask {
                for try await batch in try await client.watch(.persistentVolumeClaim, options) {
                    for event in batch {
                        let claim = event.object.decoded()
                        if condition(claim) { return claim }
                    }
                }
                throw TestFailure("the watch of claim \(name) ended")
            }
            group.addTask {
                try await Task.sleep(for: limit)
                let claim = try await client.get(
                    .persistentVolumeClaim, ObjectKey(namespace: "default", name: name))
                throw TestFailure("claim \(name) after \(limit): \(claim.decoded().prettyPrinted())")
            }
            defer { group.cancelAll() }
            guard let claim = try await group.next() else { throw CancellationError() }
            return claim
        }
    }

    /// Waits until a driver has said what it can do.
    func driverIsReady(_ name: String) async throws {
        try await until("driver \(name) is ready", within: .seconds(30)) {
            let report = try await connection.send("GET", "/berth/v1/drivers").body.arrayValue ?? []
            return report.contains { $0["name"]?.stringValue == name && $0["state"] == "ready" }
        }
    }

    func isBound(_ name: String) async throws -> JSONValue {
        try await claim(name) { $0.at("status", "phase") == "Bound" }
    }
}

struct TestFailure: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

/// Asks again every 20 ms, for what no watch tells: files, processes.
func until(_ what: String, within limit: Duration, _ condition: () async throws -> Bool) async throws {
    let start = ContinuousClock.now
    while try await !condition() {
        guard ContinuousClock.now - start < limit else { throw TestFailure("not in \(limit): \(what)") }
        try await Task.sleep(for: .milliseconds(20))
    }
}
