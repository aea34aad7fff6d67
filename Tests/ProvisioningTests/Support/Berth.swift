import DriverHost
import Foundation
import JSONTree
import KubernetesAPI
import Logging
import ObjectStore
import Provisioning
import ServiceLifecycle
import TestSupport

/// The real thing without its HTTP side: store, driver host and controllers over one directory.
struct Berth: Sendable {
    struct Options: Sendable {
        /// Short, so that tests of what is retried take no minutes.
        var backoff = BackoffSchedule(base: .milliseconds(20), cap: .milliseconds(200))
        var nodeName: String?
        var callsPerProvisioner = 128
        var volumeCheckInterval: Duration?
        var validationTime = Duration.seconds(30)
        /// What the driver says of itself; see ``DirectoryDriver``.
        var info: JSONValue?
        /// What the controllers see of the store.
        var client: @Sendable (ObjectStore) -> any ResourceClient = { $0 }

        init(_ change: (inout Options) -> Void = { _ in }) { change(&self) }

        var provisioning: ProvisioningConfiguration {
            var configuration = ProvisioningConfiguration(
                nodeName: nodeName, callsPerProvisioner: callsPerProvisioner, backoff: backoff,
                volumeCheckInterval: volumeCheckInterval)
            configuration.validationTime = validationTime
            return configuration
        }
    }

    let store: any ResourceClient
    let driver: DirectoryDriver
    let host: DriverHost

    /// Starts everything over `directory`, runs `body`, and stops everything, as SIGTERM would.
    static func run(
        in directory: String, _ options: Options = Options(), _ body: @escaping @Sendable (Berth) async throws -> Void
    ) async throws {
        let driver = try DirectoryDriver(
            directory: directory, isRegistered: !FileManager.default.fileExists(atPath: directory + "/drivers.json"),
            info: options.info)
        let host = host(driver, directory)
        let admission = ProvisioningAdmission(host: host, configuration: options.provisioning)
        try await withStore(in: directory, admission: [admission.rule]) { store in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for service in services(store, host, options, admission) {
                    group.addTask { try await service.run() }
                }
                defer { group.cancelAll() }
                try await body(Berth(store: store, driver: driver, host: host))
            }
        }
    }

    /// In a new directory.
    static func run(
        _ options: Options = Options(), _ body: @escaping @Sendable (Berth) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in try await run(in: directory, options, body) }
    }

    /// Only the store: what users do while the controllers do not run.
    static func withStore(
        in directory: String, admission: [AdmissionRule] = [], _ body: (ObjectStore) async throws -> Void
    ) async throws {
        var configuration = ObjectStore.Configuration()
        configuration.admission = admission
        let store = try await ObjectStore.open(
            directory: directory + "/data", configuration: configuration, logger: logger)
        do {
            try await body(store)
        } catch {
            try await store.close()
            throw error
        }
        try await store.close()
    }

    /// The services that are to run, for those who stop them in another way.
    static func services(
        _ store: ObjectStore, _ driver: DirectoryDriver, _ directory: String, _ options: Options
    ) -> [any Service] {
        services(store, host(driver, directory), options, nil)
    }

    private static func services(
        _ store: ObjectStore, _ host: DriverHost, _ options: Options, _ admission: ProvisioningAdmission?
    ) -> [any Service] {
        let provisioning = ProvisioningService(
            client: options.client(store), host: host, configuration: options.provisioning, admission: admission,
            logger: logger)
        return [store, host, provisioning]
    }

    private static func host(_ driver: DirectoryDriver, _ directory: String) -> DriverHost {
        var configuration = DriverHostConfiguration(driversFile: driver.driversFile, dataDirectory: directory)
        configuration.checkInterval = .milliseconds(50)
        return DriverHost(configuration: configuration, logger: logger)
    }

    /// Waits until the driver has said what it can do.
    func driverIsReady() async throws {
        try await eventually("the driver is ready") {
            host.driver(serving: DirectoryDriver.provisioner)?.state == .ready
        }
    }

    static let logger: Logger = {
        var logger = Logger(label: "test")
        logger.logLevel = ProcessInfo.processInfo.environment["LOG"] == nil ? .critical : .trace
        return logger
    }()
}
