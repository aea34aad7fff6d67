import DriverProtocol
import JSONTree
import Logging
import Synchronization

/// What every driver of a host shares with the others.
struct HostContext: Sendable {
    let configuration: DriverHostConfiguration
    let spawner: Spawner
    let records: CallRecordLog
    let logger: Logger
}

/// One entry of drivers.json at work: takes calls, as its supervisor finds the driver able to.
final class HostedDriver: Sendable {
    let entry: DriverEntry
    let service: DriverRecordOfService
    let readiness = DriverReadiness()
    private let context: HostContext
    private let supervisor: DriverSupervisor
    private let wake: WakeSignal
    private let calls = RunningCalls()

    /// - Parameter place: `drivers.json:14`, for messages.
    init(entry: DriverEntry, place: String, service: DriverRecordOfService, context: HostContext) {
        self.entry = entry
        self.service = service
        self.context = context
        wake = WakeSignal()
        supervisor = DriverSupervisor(
            entry: entry, place: place, service: service, readiness: readiness, wake: wake, context: context)
    }

    /// Keeps the driver ready until it is retired and its last call is done.
    func run() async {
        await supervisor.run()
        let limit = ContinuousClock.now + context.configuration.limits.shutdownGrace + .seconds(1)
        while calls.isStopping, calls.count > 0, .now < limit, !Task.isCancelled {
            await wake.wait(atMost: .milliseconds(100))
        }
    }

    /// Takes no further calls; those that run may end. A resident process ends after its last one.
    func retire() {
        readiness.set(.retired)
        wake.signal()
    }

    /// Takes no further calls, and ends those that run.
    func shutDown() {
        calls.stop()
        readiness.set(.ending)
        wake.signal()
    }

    /// Makes the call when it is its turn.
    ///
    /// - Throws: ``DriverCallError`` for a call that was not made.
    func call(_ call: DriverCall) async throws(DriverCallError) -> CallOutcome {
        // Before the turn as well: how many may run at a time is not known until the driver has said what it can do.
        do throws(DriverCallError) {
            _ = try await readyGeneration(for: call, looksAtFile: false)
        } catch {
            if error.reason != .retired { service.statistics.recordRefusal() }
            throw error
        }
        let result: Result<CallOutcome, DriverCallError>
        do throws(CallGate.Refusal) {
            result = try await service.gate.withTurn(call.serializationKey) { await self.attempt(call) }
        } catch {
            service.statistics.recordRefusal()
            switch error {
            case .cancelled: throw cancelledBefore(call)
            case .full:
                throw DriverCallError(
                    .busy, .unavailable,
                    "driver '\(entry.name)': \(call.subject) was not begun, since "
                        + "\(context.configuration.limits.maximumWaiting) calls of this driver are waiting already. Raise "
                        + "its 'concurrency', or find out why it is slow", driver: entry.name, retryAfter: .seconds(5))
            }
        }
        return try result.get()
    }

    private func attempt(_ call: DriverCall) async -> Result<CallOutcome, DriverCallError> {
        do throws(DriverCallError) {
            // A resident process may end between the look at it and the call: then the next one gets it.
            for _ in 0..<3 {
                let generation = try await readyGeneration(for: call)
                let isProbe = try admit(call)
                let outcome = await perform(call, with: generation)
                if !outcome.wasMade { context.records.forget(outcome.record.callID) }
                if case .failure(let error) = outcome.result, error.reason == .retired {
                    if isProbe { service.breaker.withLock { $0.abandoned(at: .now) } }
                    continue
                }
                guard outcome.wasMade else {
                    if isProbe { service.breaker.withLock { $0.abandoned(at: .now) } }
                    service.statistics.recordRefusal()
                    return outcome.result.map { _ in outcome }
                }
                account(for: outcome)
                return .success(outcome)
            }
            throw DriverCallError(
                .notReady, .unavailable,
                "driver '\(entry.name)': \(call.subject) was not begun, since the driver keeps "
                    + "ending. Its stderr is in the records of its calls", driver: entry.name, retryAfter: .seconds(1))
        } catch {
            if error.reason != .retired { service.statistics.recordRefusal() }
            return .failure(error)
        }
    }

    private func perform(_ call: DriverCall, with generation: DriverGeneration) async -> CallOutcome {
        let timeout = call.timeout ?? entry.callTimeouts.timeout(for: call.verb, info: generation.info)
        let driver = DriverReference(name: entry.name, config: entry.config)
        let records = context.records
        switch generation.transport {
        case .once:
            let once = OnceCall(
                spawner: context.spawner, executable: entry.executable, environment: generation.environment,
                driver: driver, owner: context.configuration.owner, limits: context.configuration.limits.exchange,
                began: { records.begin($0) })
            return await calls.run { cancellation in
                await once.run(call, timeout: timeout, cancellation: cancellation)
            } whenDone: {
                wake.signal()
            }
        case .flexVolume(let session):
            let flexVolume = FlexVolumeCall(
                spawner: context.spawner, executable: entry.executable, environment: generation.environment,
                driver: driver, owner: context.configuration.owner, limits: context.configuration.limits.exchange,
                session: session)
            return await calls.run { cancellation in
                await flexVolume.run(call, timeout: timeout, cancellation: cancellation)
            } whenDone: {
                wake.signal()
            }
        case .resident(let connection):
            let resident = ResidentCall(
                connection: connection, driver: driver, owner: context.configuration.owner,
                began: { records.begin($0) })
            return await resident.run(call, timeout: timeout)
        }
    }
}

extension HostedDriver {
    /// - Throws: ``DriverCallError`` when the driver cannot be called.
    private func readyGeneration(
        for call: DriverCall, looksAtFile: Bool = true
    ) async throws(DriverCallError) -> DriverGeneration {
        let limit = ContinuousClock.now + context.configuration.limits.startWait
        while true {
            guard !Task.isCancelled else { throw cancelledBefore(call) }
            switch readiness.condition {
            case .ready(let generation):
                if !looksAtFile || generation.isCurrent(at: entry.executable) { return generation }
                if readiness.leave(generation) { wake.signal() }
            case .starting:
                guard .now < limit else {
                    throw notBegun(
                        call, "it is still starting after \(context.configuration.limits.startWait.readable)")
                }
                await readiness.waitWhileStarting(atMost: ContinuousClock.now.duration(to: limit))
            // The reason names the driver, and where it is registered.
            case .broken(let reason):
                throw DriverCallError(
                    .notReady, .unavailable, "\(call.subject) was not begun: \(reason)", driver: entry.name)
            case .restarting(let time, let reason):
                throw notBegun(call, reason, retryAfter: max(.zero, ContinuousClock.now.duration(to: time)))
            case .ending: throw notBegun(call, "the host is ending")
            case .retired:
                throw DriverCallError(
                    .retired, .unavailable, "driver '\(entry.name)' is no longer in drivers.json", driver: entry.name)
            }
        }
    }

    private func notBegun(_ call: DriverCall, _ why: String, retryAfter: Duration? = nil) -> DriverCallError {
        DriverCallError(
            .notReady, .unavailable, "driver '\(entry.name)': \(call.subject) was not begun: \(why)",
            driver: entry.name,
            retryAfter: retryAfter)
    }

    private func cancelledBefore(_ call: DriverCall) -> DriverCallError {
        DriverCallError(
            .cancelledBefore, .cancelled, "driver '\(entry.name)': \(call.subject) was given up before it began",
            driver: entry.name)
    }

    /// - Returns: Whether the call tries a resting driver.
    private func admit(_ call: DriverCall) throws(DriverCallError) -> Bool {
        switch service.breaker.withLock({ $0.admit(at: .now) }) {
        case .allowed: return false
        case .probe: return true
        case .refused(let until):
            let remaining = max(.zero, ContinuousClock.now.duration(to: until))
            throw DriverCallError(
                .resting, .unavailable,
                // Without the time, which is another one each time: equal events are one event.
                "driver '\(entry.name)': \(call.subject) was not begun. The driver rests after \(restReason)",
                driver: entry.name, retryAfter: remaining)
        }
    }

    private var restReason: String {
        let failures = "\(context.configuration.limits.failuresBeforeRest) failures in a row without an answer"
        return failures + (service.statistics.snapshot.lastError.map { ", the last: \($0)" } ?? "")
    }

    private func account(for outcome: CallOutcome) {
        service.statistics.record(outcome)
        context.records.append(outcome.record)
        guard case .failure(let error) = outcome.result else {
            service.breaker.withLock { $0.answered() }
            return
        }
        context.logger.debug("driver call failed", metadata: ["error": "\(error)", "driver": "\(entry.name)"])
        switch error.reason {
        case .driverFailure, .notSupported: service.breaker.withLock { $0.answered() }
        case .cancelled: service.breaker.withLock { $0.abandoned(at: .now) }
        default:
            let opened = service.breaker.withLock {
                $0.failed(at: .now, incident: outcome.incident, random: .random(in: 0...1))
            }
            guard opened else { return }
            context.logger.warning(
                "driver rests after repeated failures", metadata: ["driver": "\(entry.name)", "last": "\(error)"])
        }
    }
}

extension HostedDriver {
    var description: DriverDescription {
        let counted = service.statistics.snapshot
        let statistics = DriverDescription.Statistics(
            calls: counted.calls, errors: counted.errors, unknownOutcomes: counted.unknownOutcomes,
            refused: counted.refused, restarts: counted.restarts, strayReplies: counted.strayReplies,
            inFlight: service.gate.running, waiting: service.gate.waiting, p50: counted.latencies.quantile(0.5),
            p99: counted.latencies.quantile(0.99), lastError: counted.lastError,
            lastErrorCallID: counted.lastErrorCallID, lastErrorAt: counted.lastErrorTime?.rfc3339)
        let breaker = service.breaker.withLock { breaker in
            DriverDescription.Breaker(
                position: breaker.position, failures: breaker.failures, threshold: breaker.threshold)
        }
        return DriverDescription(
            name: entry.name, provisioners: entry.provisioners, executable: entry.executable,
            entry: entry, mode: readiness.lastMode ?? entry.mode, state: driverState, info: readiness.lastInfo,
            concurrency: service.gate.limit, breaker: breaker, statistics: statistics)
    }

    private var driverState: DriverState {
        let now = ContinuousClock.now
        switch readiness.condition {
        case .starting, .retired, .ending: return .starting
        case .broken(let reason): return .broken(reason: reason)
        case .restarting(let time, let reason):
            return .restarting(remaining: max(.zero, now.duration(to: time)), reason: reason)
        case .ready:
            guard let until = service.breaker.withLock({ $0.restsUntil }) else { return .ready }
            return .resting(remaining: max(.zero, now.duration(to: until)), reason: restReason)
        }
    }
}
