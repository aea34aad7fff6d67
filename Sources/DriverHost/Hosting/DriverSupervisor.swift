import DriverProtocol
import Logging
import Synchronization

/// Keeps one driver ready: inspects its file, asks it what it is, starts a resident one, and does so again when the file
/// changes or the process ends.
struct DriverSupervisor: Sendable {
    let entry: DriverEntry
    /// `drivers.json:14`, for messages.
    let place: String
    let service: DriverRecordOfService
    let readiness: DriverReadiness
    let wake: WakeSignal
    let context: HostContext
    private let residents = ResidentCount()

    init(
        entry: DriverEntry, place: String, service: DriverRecordOfService, readiness: DriverReadiness, wake: WakeSignal,
        context: HostContext
    ) {
        self.entry = entry
        self.place = place
        self.service = service
        self.readiness = readiness
        self.wake = wake
        self.context = context
    }

    private enum End { case changed, ended(ResidentEnding), over }

    private static let restarts = BackoffSchedule(first: .milliseconds(100), most: .seconds(30))
    private static let retries = BackoffSchedule(first: .seconds(1), most: .seconds(60))
    /// A resident process that lived so long did not fail by its start.
    private static let soundLife = Duration.seconds(10)
    /// A file that is just being replaced changes several times.
    private static let settling = Duration.milliseconds(20)

    private var isOver: Bool { readiness.isOver || Task.isCancelled }
    private var limits: DriverLimits { context.configuration.limits }

    /// Returns when the driver is retired, or the task cancelled, and its resident process has ended.
    func run() async {
        await withDiscardingTaskGroup { group in
            await supervise(&group)
            // Resident processes that are left drain, until the host ends.
            while residents.count > 0, !readiness.isEnding, !Task.isCancelled {
                await wake.wait(atMost: context.configuration.checkInterval)
            }
            group.cancelAll()
        }
    }

    private func supervise(_ group: inout DiscardingTaskGroup) async {
        if entry.wireProtocol == .flexVolume {
            context.logger.warning("\(FlexVolume.secretsWarning)", metadata: ["driver": "\(entry.name)"])
        }
        var attempt = 0
        while !isOver {
            let identity: FileIdentity
            let environment: DriverEnvironment
            do throws(ExecutableProblem) {
                identity = try ExecutableInspection.inspect(entry.executable, sha256: entry.sha256)
                environment = try DriverEnvironment(
                    entry: entry, dataDirectory: context.configuration.dataDirectory)
            } catch {
                setBroken("driver '\(entry.name)': \(error.message)")
                await wake.wait(atMost: context.configuration.checkInterval)
                continue
            }
            readiness.set(.starting)
            switch await start(identity, environment, &group) {
            case .failure(let error):
                setBroken(error.message)
                await waitForChange(
                    of: identity, atMost: Self.retries.delay(attempt: attempt, random: .random(in: 0...1)))
                attempt += 1
            case .success(let generation):
                readiness.set(.ready(generation))
                context.logger.info(
                    "driver is ready",
                    metadata: [
                        "driver": "\(entry.name)", "version": "\(generation.info.version)",
                        "mode": "\(generation.mode.rawValue)",
                    ])
                let startedAt = ContinuousClock.now
                let end = await keep(generation)
                if startedAt.duration(to: .now) > Self.soundLife { attempt = 0 }
                await finish(generation, after: end, attempt: &attempt)
            }
        }
    }

    /// - Parameter reason: Begins with the driver's name.
    private func setBroken(_ reason: String) {
        let message = "\(place): \(reason)"
        if case .broken(message) = readiness.condition { return }
        context.logger.error("driver cannot be used", metadata: ["driver": "\(entry.name)", "reason": "\(message)"])
        readiness.set(.broken(reason: message))
    }

    // MARK: Starting

    private func start(
        _ identity: FileIdentity, _ environment: DriverEnvironment, _ group: inout DiscardingTaskGroup
    ) async -> Result<DriverGeneration, DriverCallError> {
        do throws(DriverCallError) {
            var generation: DriverGeneration
            if entry.wireProtocol == .flexVolume {
                generation = try await startFlexVolume(identity, environment)
            } else if entry.mode == .resident {
                generation = try await startResident(identity, environment, &group)
            } else {
                let info = try await initialize(environment)
                generation = DriverGeneration(
                    identity: identity, info: info, environment: environment, transport: .once)
                if entry.mode == nil, info.resident {
                    generation = try await startResident(identity, environment, &group)
                }
            }
            service.gate.setLimit(concurrency(of: generation))
            return .success(generation)
        } catch {
            return .failure(error)
        }
    }

    private func concurrency(of generation: DriverGeneration) -> Int {
        let standard = generation.mode == .resident ? limits.residentConcurrency : limits.onceConcurrency
        return min(entry.concurrency ?? standard, generation.info.maximumConcurrency ?? .max)
    }

    private var reference: DriverReference { DriverReference(name: entry.name, config: entry.config) }
    private var initializeTimeout: Duration { entry.callTimeouts.timeout(for: .initialize, info: nil) }

    private func initialize(_ environment: DriverEnvironment) async throws(DriverCallError) -> DriverInfo {
        let once = OnceCall(
            spawner: context.spawner, executable: entry.executable, environment: environment, driver: reference,
            owner: context.configuration.owner, limits: limits.exchange)
        return try checkedInfo(await once.run(DriverCall(.initialize), timeout: initializeTimeout))
    }

    private func startFlexVolume(
        _ identity: FileIdentity, _ environment: DriverEnvironment
    ) async throws(DriverCallError) -> DriverGeneration {
        let flexVolume = FlexVolumeCall(
            spawner: context.spawner, executable: entry.executable, environment: environment, driver: reference,
            owner: context.configuration.owner, limits: limits.exchange, session: nil)
        let (session, outcome) = await flexVolume.begin(timeout: initializeTimeout)
        return DriverGeneration(
            identity: identity, info: try checkedInfo(outcome), environment: environment,
            transport: .flexVolume(session ?? FlexVolumeSession(FlexVolumeCapabilities())))
    }

    private func checkedInfo(_ outcome: CallOutcome) throws(DriverCallError) -> DriverInfo {
        context.records.append(outcome.record)
        return try DriverInfo(checking: outcome, driver: entry.name)
    }

    private func startResident(
        _ identity: FileIdentity, _ environment: DriverEnvironment, _ group: inout DiscardingTaskGroup
    ) async throws(DriverCallError) -> DriverGeneration {
        var process = SpawnRequest(
            executable: entry.executable, arguments: ["serve"], environment: environment.variables,
            directory: environment.directory, user: environment.user)
        process.purpose = SpawnRequest.Purpose(callID: CallID.next(), driver: entry.name, isCall: false)
        let connection: ResidentConnection
        do throws(SpawnError) {
            connection = try ResidentConnection(
                process: process, records: context.spawner.records, driver: entry.name, limits: limits,
                statistics: service.statistics, logger: context.logger)
        } catch {
            throw DriverCallError(
                .notStarted, .unavailable, "driver '\(entry.name)': \(error)", driver: entry.name)
        }
        residents.begin()
        group.addTask {
            _ = await connection.run()
            residents.end()
            wake.signal()
        }
        do throws(DriverCallError) {
            let resident = ResidentCall(connection: connection, driver: reference, owner: context.configuration.owner)
            let info = try checkedInfo(await resident.run(DriverCall(.initialize), timeout: initializeTimeout))
            return DriverGeneration(
                identity: identity, info: info, environment: environment, transport: .resident(connection))
        } catch {
            connection.shutDown()
            throw error
        }
    }

    // MARK: Watching

    /// Returns when the generation can no longer be used.
    private func keep(_ generation: DriverGeneration) async -> End {
        while true {
            if isOver { return .over }
            if case .resident(let connection) = generation.transport, let ending = connection.ending {
                return .ended(ending)
            }
            if FileIdentity.current(of: entry.executable) != generation.identity { return .changed }
            await wake.wait(atMost: context.configuration.checkInterval)
        }
    }

    private func finish(_ generation: DriverGeneration, after end: End, attempt: inout Int) async {
        switch (end, generation.transport) {
        case (.changed, let transport):
            readiness.set(.starting)
            if case .resident(let connection) = transport { connection.drain() }
            context.logger.info("driver was replaced on disk", metadata: ["driver": "\(entry.name)"])
            await waitUntilSettled()
        case (.ended(let ending), _):
            service.statistics.recordRestart()
            let delay = Self.restarts.delay(attempt: attempt, random: .random(in: 0...1))
            attempt += 1
            context.logger.warning(
                "resident driver ended; it is started again",
                metadata: ["driver": "\(entry.name)", "ending": "\(ending)", "in": "\(delay.readable)"])
            // Calls wait out a short pause, and are told of a long one.
            if delay < .milliseconds(500) {
                readiness.set(.starting)
            } else {
                let reason = "the resident driver ended (\(ending)) and is started again in \(delay.readable)"
                readiness.set(.restarting(at: .now + delay, reason: reason))
            }
            await waitForChange(of: generation.identity, atMost: delay)
        case (.over, .resident(let connection)): connection.drain()
        case (.over, .once), (.over, .flexVolume): break
        }
    }

    /// Returns when the file is another one, the time has passed, or the driver is retired.
    private func waitForChange(of identity: FileIdentity, atMost limit: Duration) async {
        let end = ContinuousClock.now + limit
        while !isOver, .now < end, FileIdentity.current(of: entry.executable) == identity {
            await wake.wait(atMost: min(context.configuration.checkInterval, ContinuousClock.now.duration(to: end)))
        }
    }

    private func waitUntilSettled() async {
        var last = FileIdentity.current(of: entry.executable)
        while !isOver {
            // Cancelled, it ends at once, and the loop with it.
            try? await Task.sleep(for: Self.settling)
            let current = FileIdentity.current(of: entry.executable)
            if current == last { return }
            last = current
        }
    }
}

/// How many resident processes of a driver there are: the one that serves, and those that drain.
private final class ResidentCount: Sendable {
    private let number = Atomic<Int>(0)

    var count: Int { number.load(ordering: .acquiring) }

    func begin() { number.wrappingAdd(1, ordering: .acquiringAndReleasing) }
    func end() { number.wrappingSubtract(1, ordering: .acquiringAndReleasing) }
}

extension DriverInfo {
    /// What a driver answered to `init`, when this host can work with it.
    init(checking outcome: CallOutcome, driver: String) throws(DriverCallError) {
        let callID = outcome.record.callID
        guard let info = try outcome.result.get().info else {
            throw DriverCallError(
                .malformedReply, .internal, "driver '\(driver)': init is still pending; it must answer at once",
                driver: driver, callID: callID)
        }
        guard info.protocolVersions.contains(where: ProtocolVersion.isSupported) else {
            throw DriverCallError(
                .notReady, .failedPrecondition,
                "driver '\(driver)' speaks the protocol versions \(info.protocolVersions.joined(separator: ", ")), and this "
                    + "host speaks \(ProtocolVersion.current). Install a version of the driver that speaks it",
                driver: driver, callID: callID)
        }
        self = info
    }
}
