public import DriverProtocol
public import JSONTree
public import Logging
public import ServiceLifecycle
import Synchronization

/// Loads storage drivers out of tree, as drivers.json lists them, and calls them.
///
/// Drivers are executables that share nothing with the host but JSON on their standard streams. The host gives each a
/// clean environment and a deadline, trusts nothing that comes back, and keeps one driver's faults from the others.
/// What drivers.json says is followed while the host runs; see ``DriversFile``.
///
/// Calls are answered while ``run()`` runs; one that is made before waits until its driver is ready.
public final class DriverHost: Service, Sendable {
    public static let version = "0.1.0"

    private struct State {
        var drivers: [String: HostedDriver] = [:]
        /// The drivers' names in the file's order.
        var order: [String] = []
        var provisioners: [String: String] = [:]
        /// Entries that cannot be used, by the driver's name.
        var rejected: [String: DriversFileProblem] = [:]
        var problems: [DriversFileProblem] = []
        /// What outlives a change of an entry.
        var services: [String: DriverRecordOfService] = [:]
        /// Loaded, and not yet running.
        var unstarted: [HostedDriver] = []
        /// Running still, though no longer in the file.
        var retiring: [HostedDriver] = []
        var fileIdentity: FileIdentity?
        var flexVolumeDirectory: FlexVolumeDirectory?
        /// What was found in it.
        var found = FlexVolumeDirectory.Content()
        var isEnding = false
    }

    private let configuration: DriverHostConfiguration
    private let context: HostContext
    private let logger: Logger
    private let records: CallRecordLog
    private let journal: CallJournal
    private let leftovers: LeftoverProcesses
    private let groups: ControlGroups
    private let wake = WakeSignal()
    private let state = Mutex(State())

    /// Reads drivers.json; ``problems`` tells what is wrong with it.
    public init(configuration: DriverHostConfiguration, logger: Logger) {
        var configuration = configuration
        configuration.driversFile = absolutePath(configuration.driversFile)
        configuration.dataDirectory = absolutePath(configuration.dataDirectory)
        self.configuration = configuration
        self.logger = logger
        journal = CallJournal(
            directory: Self.journalDirectory(configuration.dataDirectory),
            maximumCount: configuration.limits.recordCount, maximumBytes: configuration.limits.recordBytes,
            logger: logger)
        records = CallRecordLog(
            maximumCount: configuration.limits.recordCount, maximumBytes: configuration.limits.recordBytes,
            journal: journal)
        groups = ControlGroups(logger: logger)
        let running = ProcessRecords(
            dataDirectory: configuration.dataDirectory, owner: configuration.owner, groups: groups)
        context = HostContext(
            configuration: configuration, spawner: Spawner(records: running), records: records, logger: logger)
        leftovers = LeftoverProcesses(directory: running.directory, logger: logger)
        reload()
    }

    /// Kills what an earlier host, which was itself killed, has left running. Then keeps the drivers ready and follows
    /// drivers.json until the service is told to end: running calls are then ended as at their deadline, and resident
    /// drivers with SIGTERM.
    public func run() async throws {
        try await leftovers.end()
        await withDiscardingTaskGroup { group in
            group.addTask { await self.journal.run() }
            await runDrivers()
            group.cancelAll()
        }
        await journal.flush()
        groups.close()
    }

    private func runDrivers() async {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                while !state.withLock({ $0.isEnding }), !Task.isCancelled {
                    reloadWhenChanged()
                    for driver in state.withLock({ state in exchange(&state.unstarted, with: []) }) {
                        group.addTask {
                            await driver.run()
                            self.state.withLock { state in state.retiring.removeAll { $0 === driver } }
                        }
                    }
                    await wake.wait(atMost: configuration.checkInterval)
                }
                shutDown()
            }
        } onGracefulShutdown: {
            self.state.withLock { $0.isEnding = true }
            self.wake.signal()
        }
    }

    private func shutDown() {
        let drivers = state.withLock { state in
            state.isEnding = true
            return Array(state.drivers.values) + state.retiring
        }
        for driver in drivers { driver.shutDown() }
    }
}

// MARK: Calls

extension DriverHost {
    /// Calls a driver, when it is its turn: one call at a time about a volume, a bounded number per driver.
    ///
    /// Cancelling the task ends the call; its outcome is unknown then.
    ///
    /// - Returns: A reply of the status `Success` or `Pending`, with the content that the verb must have.
    /// - Throws: ``DriverCallError`` for everything else.
    public func call(driver name: String, _ call: DriverCall) async throws(DriverCallError) -> DriverReply {
        try await outcome(driver: name, call).result.get()
    }

    /// The same, with the record of the call.
    ///
    /// - Throws: ``DriverCallError`` for a call that was not made.
    public func outcome(driver name: String, _ call: DriverCall) async throws(DriverCallError) -> CallOutcome {
        while true {
            let driver = try hosted(name)
            do throws(DriverCallError) {
                return try await driver.call(call)
            } catch {
                // Its entry was changed while the call waited: the new one gets it.
                guard error.reason == .retired, !Task.isCancelled else { throw error }
                guard state.withLock({ $0.drivers[name] }) !== driver else { throw error }
            }
        }
    }

    /// Calls the driver that serves a StorageClass's provisioner.
    ///
    /// - Throws: ``DriverCallError``; `notRegistered` lists the provisioners that are served.
    public func call(provisioner: String, _ call: DriverCall) async throws(DriverCallError) -> DriverReply {
        guard let name = state.withLock({ $0.provisioners[provisioner] }) else {
            let served = provisioners()
            throw DriverCallError(
                .notRegistered, .unavailable,
                "no driver serves the provisioner \"\(provisioner)\". "
                    + (served.isEmpty
                        ? "No driver is registered in \(configuration.driversFile)"
                        : "There are \(served.joined(separator: ", "))"),
                driver: "")
        }
        return try await self.call(driver: name, call)
    }

    private func hosted(_ name: String) throws(DriverCallError) -> HostedDriver {
        let (driver, problem, names) = state.withLock { ($0.drivers[name], $0.rejected[name], $0.order) }
        if let driver { return driver }
        if let problem {
            throw DriverCallError(.notReady, .unavailable, problem.description, driver: name)
        }
        throw DriverCallError(
            .notRegistered, .unavailable,
            "there is no driver '\(name)' in \(configuration.driversFile)"
                + (names.isEmpty ? "" : "; there are \(names.joined(separator: ", "))"), driver: name)
    }
}

// MARK: What there is

extension DriverHost {
    /// The driver that serves a provisioner; `nil` when none does.
    public func driver(serving provisioner: String) -> DriverDescription? {
        state.withLock { $0.provisioners[provisioner] }.flatMap(describe)
    }

    /// All provisioners that are served, sorted.
    public func provisioners() -> [String] {
        state.withLock { $0.provisioners.keys.sorted() }
    }

    /// - Returns: `nil` when there is no driver of this name.
    public func describe(_ name: String) -> DriverDescription? {
        let (driver, problem) = state.withLock { ($0.drivers[name], $0.rejected[name]) }
        if let driver { return driver.description }
        return problem.map { problem in
            DriverDescription(
                name: name, provisioners: problem.provisioners, executable: "", entry: nil, mode: nil,
                state: .broken(reason: problem.description), info: nil, concurrency: nil, breaker: nil,
                statistics: DriverDescription.Statistics())
        }
    }

    /// Every driver, in the file's order; those whose entry is wrong are last.
    public func descriptions() -> [DriverDescription] {
        let names = state.withLock { state in
            state.order + state.rejected.keys.filter { state.drivers[$0] == nil }.sorted()
        }
        return names.compactMap(describe)
    }

    /// What `berth driver list` shows: an array of drivers, each with name, provisioners, mode, version, capabilities,
    /// state and counts.
    public func report() -> JSONValue {
        .array(descriptions().map(\.json))
    }

    /// What is wrong in drivers.json.
    public var problems: [DriversFileProblem] { state.withLock { $0.problems } }

    /// The calls of this host on record that the filter lets through, in the order in which they were made.
    public func callRecords(_ filter: CallRecordFilter = CallRecordFilter()) -> [CallRecord] {
        records.records(filter)
    }

    /// The same, with those that earlier hosts have left in the data directory.
    public func callRecordsWithEarlier(_ filter: CallRecordFilter = CallRecordFilter()) async -> [CallRecord] {
        await records.recordsWithEarlier(filter)
    }

    /// What a host that runs no more has left in its data directory.
    public static func callRecords(
        dataDirectory: String, _ filter: CallRecordFilter = CallRecordFilter()
    ) -> [CallRecord] {
        filter.select(CallJournal.records(in: journalDirectory(dataDirectory)))
    }

    private static func journalDirectory(_ dataDirectory: String) -> String { dataDirectory + "/calls" }
}

// MARK: drivers.json

extension DriverHost {
    private func reloadWhenChanged() {
        let identity = FileIdentity.current(of: configuration.driversFile)
        let (known, directory, found) = state.withLock { ($0.fileIdentity, $0.flexVolumeDirectory, $0.found) }
        if known == identity, directory.map({ $0.content() == found }) ?? true { return }
        reload()
    }

    /// Reads drivers.json now, as the host does by itself within ``DriverHostConfiguration/checkInterval`` of a change.
    ///
    /// A file that cannot be used as a whole leaves the drivers as they were.
    public func reload() {
        // Looked at before it is read: a change in between is seen as one.
        let identity = FileIdentity.current(of: configuration.driversFile)
        do throws(DriversFileProblem) {
            guard let bytes = try DriversFile.bytes(at: configuration.driversFile) else {
                try reportMissing()
                state.withLock { $0.fileIdentity = identity }
                return
            }
            let file = try DriversFile(parsing: bytes, path: configuration.driversFile)
            let directory = file.flexVolumeDirectory.map(FlexVolumeDirectory.init)
            let found = directory?.content() ?? FlexVolumeDirectory.Content()
            state.withLock { state in
                state.flexVolumeDirectory = directory
                state.found = found
            }
            apply(file.adding(found), identity: identity)
        } catch {
            let isKnown = state.withLock { state in
                defer {
                    state.problems = [error]
                    // Looked at again and again until it is trusted, and reported once.
                    state.fileIdentity = error.isUntrusted ? nil : identity
                }
                return error.isUntrusted && state.problems == [error]
            }
            if isKnown { return }
        }
        for problem in problems { logger.error("\(problem)") }
        wake.signal()
    }

    /// A host without a file is one to which nobody has registered a driver yet. A file that is gone, as it is for a
    /// moment while some editors save, takes no driver from those who use it.
    private func reportMissing() throws(DriversFileProblem) {
        guard state.withLock({ $0.drivers.isEmpty }) else {
            throw DriversFileProblem(
                file: configuration.driversFile, line: nil, driver: nil,
                message: "the file is gone. Its drivers are kept until it is back, or the host starts again")
        }
        logger.notice("no drivers are registered", metadata: ["driversFile": "\(configuration.driversFile)"])
    }

    private func apply(_ file: DriversFile, identity: FileIdentity?) {
        let entries = file.entries
        let problems = file.problems
        let retired: [HostedDriver] = state.withLock { state in
            guard !state.isEnding else { return [] }
            state.fileIdentity = identity
            state.problems = problems
            var drivers: [String: HostedDriver] = [:]
            state.provisioners = [:]
            for entry in entries {
                let name = entry.driver.name
                if let old = state.drivers[name], old.entry == entry.driver {
                    drivers[name] = old
                } else {
                    let service = state.services[name] ?? DriverRecordOfService(limits: configuration.limits)
                    state.services[name] = service
                    let driver = HostedDriver(
                        entry: entry.driver, place: file.place(of: entry), service: service, context: context)
                    drivers[name] = driver
                    state.unstarted.append(driver)
                }
                for provisioner in entry.driver.provisioners { state.provisioners[provisioner] = name }
            }
            state.rejected = [:]
            for problem in problems {
                guard let name = problem.driver, drivers[name] == nil else { continue }
                state.rejected[name] = problem
                for provisioner in problem.provisioners where state.provisioners[provisioner] == nil {
                    state.provisioners[provisioner] = name
                }
            }
            let retired = state.drivers.filter { drivers[$0.key] !== $0.value }.map(\.value)
            state.unstarted.removeAll { driver in retired.contains { $0 === driver } }
            state.retiring += retired
            state.drivers = drivers
            state.order = entries.map(\.driver.name)
            return retired
        }
        for driver in retired { driver.retire() }
    }
}

/// Puts a new value in and gives the old one back.
private func exchange<T>(_ value: inout T, with new: T) -> T {
    defer { value = new }
    return value
}
