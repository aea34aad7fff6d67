import Hummingbird
import HummingbirdCore
import JSONTree
public import Logging
import NIOCore
public import ServiceLifecycle

/// Serves simulated clouds that real clients of those clouds accept, until it is cancelled or gracefully shut down.
///
/// Each cloud has an address of its own. The simulator's own requests are answered on each: see ``AdminEndpoint``.
public struct CloudSimulator: Service {
    private let options: CloudSimulatorOptions
    private let clouds: [SimulatedCloud]
    private let onReady: @Sendable ([Cloud: CloudSimulatorOptions.Address]) async throws -> Void
    private let logger: Logger
    private let configuration: SimulatorConfiguration
    private let directory: StateDirectory?

    /// Reads the files and the state.
    ///
    /// - Parameter onReady: Called once, when all clouds accept connections, with the real ports. When it throws, the
    ///   simulators end with that error.
    /// - Throws: ``SettingsError`` for what is wrong in the files or options; what the store or a service threw.
    public init(
        _ options: CloudSimulatorOptions, logger: Logger,
        onReady: @escaping @Sendable ([Cloud: CloudSimulatorOptions.Address]) async throws -> Void = { _ in }
    ) throws {
        try self.init(options, services: CloudServices.all, logger: logger, onReady: onReady)
    }

    init(
        _ options: CloudSimulatorOptions, services: [Cloud: CloudServices.Factory], logger: Logger,
        onReady: @escaping @Sendable ([Cloud: CloudSimulatorOptions.Address]) async throws -> Void = { _ in }
    ) throws {
        self.options = options
        self.logger = logger
        self.onReady = onReady
        let configuration = try SimulatorConfiguration(options.configuration)
        self.configuration = configuration
        directory = try options.dataDirectory.map { path throws(SettingsError) in try StateDirectory(path) }
        let clock =
            if let directory {
                try SimulatorClock(speed: configuration.clockSpeed, file: directory.path + "/clock.json")
            } else {
                SimulatorClock(speed: configuration.clockSpeed)
            }
        let rules = try options.faults.map { file throws(SettingsError) in
            try FaultRule.rules(file.content, file: file.name)
        }
        let contents = { [directory] (cloud: Cloud) throws -> DiskContents? in
            guard options.hasDiskContents else { return nil }
            guard let directory else { throw SettingsError("disks with bytes need a data directory") }
            return try DiskContents(
                directory: "\(directory.path)/\(cloud.rawValue)", devices: "\(directory.path)/devices")
        }
        var clouds: [SimulatedCloud] = []
        for cloud in Cloud.allCases where options.addresses[cloud] != nil {
            guard let factory = services[cloud] else {
                throw SettingsError("this berth does not simulate \(cloud.rawValue)")
            }
            var logger = logger
            logger[metadataKey: "cloud"] = "\(cloud.rawValue)"
            let settings = try configuration.settings(cloud)
            let contents = try contents(cloud)
            let service = try factory(
                SimulatorContext(
                    clock: clock, store: try ResourceStore(path: directory.map { "\($0.path)/\(cloud.rawValue).db" }),
                    settings: settings, contents: contents, logger: logger))
            // The service has read its settings: what nobody asked for is a mistake.
            try settings.checkAllRead()
            let simulated = SimulatedCloud(service: service, clock: clock)
            _ = try simulated.add(rules ?? [])
            clouds.append(simulated)
        }
        self.clouds = clouds
    }

    /// - Throws: ``SettingsError`` when an address cannot be listened on; what `onReady` threw.
    public func run() async throws {
        defer { directory?.release() }
        let (bound, binding) = AsyncStream<(Cloud, CloudSimulatorOptions.Address)>.makeStream()
        enum End { case server, deadline }
        try await withThrowingTaskGroup(of: End.self) { group in
            for cloud in clouds {
                group.addTask {
                    try await serve(cloud) { binding.yield((cloud.cloud, $0)) }
                    return .server
                }
            }
            group.addTask {
                var addresses: [Cloud: CloudSimulatorOptions.Address] = [:]
                for await (cloud, address) in bound {
                    addresses[cloud] = address
                    if addresses.count == clouds.count { break }
                }
                try await onReady(addresses)
                // Stays until the servers end.
                try await gracefulShutdown()
                // An answer that its client does not read would hold the process for ever.
                try await Task.sleep(for: options.shutdown)
                return .deadline
            }
            defer { group.cancelAll() }
            var serving = clouds.count
            while serving > 0, try await group.next() == .server { serving -= 1 }
        }
    }

    /// The environment variables that make the cloud's own clients speak to an address that is simulated.
    public func clientVariables(
        _ cloud: Cloud, at address: CloudSimulatorOptions.Address
    ) -> [(name: String, value: String)] {
        ClientVariables.all(cloud, at: address, configuration.root.value[cloud.rawValue] ?? .null)
    }

    /// Serves while `body` runs.
    ///
    /// - Throws: As ``run()`` does, and what `body` throws.
    public static func running<Value: Sendable>(
        _ options: CloudSimulatorOptions, logger: Logger,
        _ body: @Sendable ([Cloud: CloudSimulatorOptions.Address]) async throws -> Value
    ) async throws -> Value {
        try await running(options, services: CloudServices.all, logger: logger, body)
    }

    static func running<Value: Sendable>(
        _ options: CloudSimulatorOptions, services: [Cloud: CloudServices.Factory], logger: Logger,
        _ body: @Sendable ([Cloud: CloudSimulatorOptions.Address]) async throws -> Value
    ) async throws -> Value {
        let (addresses, ready) = AsyncStream<[Cloud: CloudSimulatorOptions.Address]>.makeStream()
        let simulator = try CloudSimulator(options, services: services, logger: logger) { ready.yield($0) }
        let group = ServiceGroup(configuration: .init(services: [.init(service: simulator)], logger: logger))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { ready.finish() }
                try await group.run()
            }
            guard let addresses = await addresses.first(where: { _ in true }) else {
                try await tasks.next()
                throw CancellationError()
            }
            do {
                let value = try await body(addresses)
                await group.triggerGracefulShutdown()
                try await tasks.next()
                return value
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
        }
    }

    private func serve(
        _ cloud: SimulatedCloud, onRunning: @escaping @Sendable (CloudSimulatorOptions.Address) -> Void
    ) async throws {
        guard let address = options.addresses[cloud.cloud] else { return }
        // The HTTP library's own messages, at `info` and below, are about itself.
        var quietLogger = logger
        quietLogger.logLevel = max(logger.logLevel, .warning)
        let application = Application(
            responder: CloudResponder(cloud: cloud, maximumBodyBytes: options.maximumBodyBytes, logger: logger),
            server: .http1(configuration: .init(idleTimeout: .minutes(2))),
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port), serverName: nil, backlog: 1024,
                reuseAddress: true),
            onServerRunning: { channel in
                onRunning(.init(host: address.host, port: channel.localAddress?.port ?? address.port))
            }, logger: quietLogger)
        do {
            try await application.run()
        } catch let error as IOError {
            throw SettingsError(
                "cannot listen on \(address.host):\(address.port) for \(cloud.cloud.rawValue): \(error). "
                    + "Stop what uses the address, or choose another one")
        }
    }
}

/// As the service group logs it.
extension CloudSimulator: CustomStringConvertible {
    public var description: String { "CloudSimulator" }
}
