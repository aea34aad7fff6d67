import DriverHost
import DriverProtocol
import JSONTree
import KubernetesClient

/// What is known of the drivers: from the server that runs, else from the drivers themselves.
struct DriverReports {
    let file: DriversFileOptions
    let connection: ConnectionOptions

    /// One element for each driver, as the server gives it at `/berth/v1/drivers`.
    func all() async throws -> [JSONValue] {
        do {
            return try await connection.connect { server in
                for problem in try await server.send("GET", "/berth/v1/problems").body.arrayValue ?? [] {
                    Output.error("Warning: \(problem.stringValue ?? "")")
                }
                return try await server.send("GET", "/berth/v1/drivers").body.arrayValue ?? []
            }
        } catch let error as ClientError where error.code != .badAnswer {
            Output.error("berth serve is not running; querying the drivers of \(file.path) directly.")
            return try await askEach()
        }
    }

    /// Waits until the server that runs has read of a driver in drivers.json and has it ready, for at most 3 seconds.
    ///
    /// - Returns: Whether it knows the driver; `nil` where no server of Berth's runs.
    func isTakenUp(_ name: String) async throws -> Bool? {
        do {
            return try await connection.connect(timeout: .seconds(3)) { server in
                let end = ContinuousClock.now + .seconds(3)
                while true {
                    let drivers = try await server.send("GET", "/berth/v1/drivers").body.arrayValue ?? []
                    let driver = drivers.first { $0["name"]?.stringValue == name }
                    if driver?["state"] == "ready" || .now >= end { return driver != nil }
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            // Not running, or a cluster that is not Berth's: nobody takes it up now, and nothing is wrong with that.
            return nil
        }
    }

    private func askEach() async throws -> [JSONValue] {
        guard let bytes = try DriversFile.bytes(at: file.path) else { return [] }
        let registry = try DriversFile(parsing: bytes, path: file.path).withFoundDrivers()
        for problem in registry.problems { Output.error("\(problem)") }
        var drivers: [JSONValue] = []
        for entry in registry.entries.map(\.driver) { drivers.append(await Self.ask(entry)) }
        return drivers
    }

    /// Asks an executable for `init`, alone. It has no calls to tell of.
    static func ask(_ entry: DriverEntry) async -> JSONValue {
        let outcome = await DriverHost.probe(
            executable: entry.executable, name: entry.name, config: entry.config, environment: entry.environment,
            dataDirectory: Locations.dataDirectory(), wireProtocol: entry.wireProtocol)
        var driver: JSONValue = [
            "name": .string(entry.name), "provisioners": JSONValue(entry.provisioners),
            "exec": .string(entry.executable), "protocol": .string(entry.wireProtocol.rawValue),
        ]
        if !entry.warnings.isEmpty { driver["warnings"] = JSONValue(entry.warnings) }
        if !entry.config.isEmpty { driver["config"] = .object(entry.config) }
        if !entry.environment.isEmpty { driver["env"] = JSONValue(entry.environment.keys.sorted()) }
        driver["runAs"] = entry.runAs.map { .string($0) }
        driver["sha256"] = entry.sha256.map { .string($0) }
        switch outcome.result {
        case .success(let reply):
            driver["state"] = "ready"
            driver["version"] = reply.info.map { .string($0.version) }
            driver["capabilities"] = reply.info.map { JSONValue($0.capabilities.map(\.rawValue)) }
            driver["mode"] = .string((entry.mode ?? (reply.info?.resident == true ? .resident : .once)).rawValue)
            driver["info"] = reply.info?.json
        case .failure(let error):
            driver["state"] = "broken"
            driver["reason"] = .string(error.message)
        }
        return driver
    }
}
