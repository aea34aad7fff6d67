import DriverProtocol
import Glibc
import JSONTree
import Logging
import Synchronization

/// A resident driver's process: requests go in as lines and answers come back as lines, in any order.
///
/// Callers write their requests themselves (``RequestPipe``); one thread reads both outputs, keeps the deadlines and ends
/// the process (``ResidentLoop``).
final class ResidentConnection: Sendable {
    typealias Instant = ContinuousClock.Instant

    enum Phase {
        /// Starting, or at work.
        case open
        /// No further requests; ends when the last is answered.
        case draining
        /// Told to end.
        case ending
        case ended(ResidentEnding)
    }

    private struct State {
        var phase = Phase.open
        var calls = ResidentCalls()
        var errorTail: ErrorTail
        var secrets = KnownSecrets()
        /// When the loop looks at the deadlines again. Not moved back when calls are answered, so that the usual call,
        /// with its deadline far away, need not wake it.
        var wakeAt: Instant?

        func errorText(of call: ResidentCalls.Pending) -> String {
            errorTail.text(from: call.errorStart, secrets.scrubber)
        }
    }

    private static let counter = Atomic<UInt64>(0)

    /// Calls that fail by the end of this process fail by one and the same event.
    let id: UInt64
    let limits: DriverLimits
    let requests: RequestPipe
    /// What wakes the loop.
    let wakeUp: EventDescriptor
    private let process: SpawnRequest
    private let records: ProcessRecords?
    private let driver: String
    private let threads: WorkerThreads
    private let statistics: DriverStatistics
    private let logger: Logger
    private let state: Mutex<State>

    init(
        process: SpawnRequest, records: ProcessRecords?, driver: String, limits: DriverLimits,
        statistics: DriverStatistics, logger: Logger,
        threads: WorkerThreads = .shared
    ) throws(SpawnError) {
        id = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
        self.process = process
        self.records = records
        self.driver = driver
        self.limits = limits
        self.threads = threads
        self.statistics = statistics
        self.logger = logger
        let wakeUp = try EventDescriptor()
        self.wakeUp = wakeUp
        requests = RequestPipe { wakeUp.signal() }
        state = Mutex(State(errorTail: ErrorTail(limit: limits.maximumErrorBytes)))
    }

    /// `nil` while it runs.
    var ending: ResidentEnding? {
        state.withLock { if case .ended(let ending) = $0.phase { ending } else { nil } }
    }

    /// Of all secrets that the driver was given.
    var scrubber: SecretScrubber { state.withLock { $0.secrets.scrubber } }

    /// Whether a request would be sent.
    var takesRequests: Bool {
        state.withLock { if case .open = $0.phase { true } else { false } }
    }

    /// Runs the process to its end. Cancelling the task ends it, as ``shutDown()`` does.
    func run() async -> ResidentEnding {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                do throws(SpawnError) {
                    try threads.run { continuation.resume(returning: self.runOnThisThread()) }
                } catch {
                    continuation.resume(returning: self.finish(.notStarted("\(error)"), .unknown(errorNumber: 0)))
                }
            }
        } onCancel: {
            shutDown()
        }
    }

    private func runOnThisThread() -> ResidentEnding {
        do throws(SpawnError) {
            let (child, record) = try Spawner.start(process, records: records)
            var loop = ResidentLoop(connection: self, process: child)
            let (cause, status) = loop.run()
            record?.end(afterFailure: cause != .ended)
            return finish(cause, status)
        } catch {
            return finish(.notStarted("\(error)"), .unknown(errorNumber: error.errorNumber))
        }
    }

    /// Takes no more requests, and ends when the last one is answered.
    func drain() {
        state.withLock { if case .open = $0.phase { $0.phase = .draining } }
        wakeUp.signal()
    }

    /// Ends the process: SIGTERM to its group, and SIGKILL after ``DriverLimits/shutdownGrace``.
    func shutDown() {
        state.withLock { state in
            if case .ended = state.phase { return }
            state.phase = .ending
        }
        wakeUp.signal()
    }

    private func finish(_ cause: ResidentEnding.Cause, _ status: ExitStatus) -> ResidentEnding {
        let ending = ResidentEnding(cause: cause, status: status)
        let calls = state.withLock { state in
            state.phase = .ended(ending)
            return state.calls.removeAll().map { ($0.continuation, state.errorText(of: $0)) }
        }
        requests.discard()
        for (continuation, error) in calls { continuation.resume(returning: (.ended(ending), error)) }
        return ending
    }
}

// MARK: For callers

extension ResidentConnection {
    /// Sends a request and waits for its answer.
    ///
    /// At the deadline, and when the task is cancelled, the driver is told to give the call up; it then has
    /// ``DriverLimits/terminationGrace`` to answer all the same.
    ///
    /// - Parameters:
    ///   - line: One JSON object, without a newline.
    ///   - key: What the call is about.
    ///   - secrets: What the line holds and nothing else may.
    /// - Returns: The answer, and what the driver wrote on stderr meanwhile.
    func exchange(
        _ callID: String, line: [UInt8], key: String?, secrets: [String: String], deadline: Instant
    ) async -> (ResidentAnswer, String) {
        state.withLock { $0.secrets.begin(secrets) }
        defer { state.withLock { $0.secrets.end(secrets) } }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if let refusal = begin(callID, key, deadline, continuation) {
                    continuation.resume(returning: (refusal, ""))
                } else {
                    requests.send(line)
                }
            }
        } onCancel: {
            giveUp(callID)
        }
    }

    /// - Returns: Why the request is not to be sent; `nil` when it is, and its continuation is kept.
    private func begin(
        _ callID: String, _ key: String?, _ deadline: Instant,
        _ continuation: ResidentCalls.Continuation
    ) -> ResidentAnswer? {
        state.withLock { state in
            guard case .open = state.phase, !Task.isCancelled else { return .notSent }
            if let key, let other = state.calls.lingeringCall(about: key) { return .heldUp(byCall: other) }
            let call = ResidentCalls.Pending(
                continuation: continuation, key: key, deadline: deadline, errorStart: state.errorTail.end)
            state.calls.begin(callID, call)
            wake(at: deadline, &state)
            return nil
        }
    }

    private func giveUp(_ callID: String) {
        let until = ContinuousClock.now + limits.terminationGrace
        let isNews = state.withLock { state in
            guard state.calls.giveUp(callID, because: .cancelled, until: until) else { return false }
            wake(at: until, &state)
            return true
        }
        if isNews { sendCancel(callID) }
    }

    private func sendCancel(_ callID: String) {
        requests.send(ResidentMessage.cancel(callID: callID).json.encoded)
    }

    private func wake(at moment: Instant, _ state: inout State) {
        if let wakeAt = state.wakeAt, wakeAt <= moment { return }
        state.wakeAt = moment
        wakeUp.signal()
    }
}

// MARK: For the loop

extension ResidentConnection {
    var phase: Phase { state.withLock { $0.phase } }
    var hasCalls: Bool { state.withLock { !$0.calls.isEmpty } }
    /// When there is something to do at the latest.
    var wakeAt: Instant? { state.withLock { $0.wakeAt } }

    /// Tells the driver of the calls whose deadline has passed, and those who wait of the calls that it did not answer.
    ///
    /// - Returns: Whether the driver has kept silent about a call for too long.
    func checkDeadlines(at now: Instant) -> Bool {
        var due: [String] = []
        var isUnresponsive = false
        let expired: [(ResidentCalls.Continuation, ResidentAnswer, String)] = state.withLock { state in
            guard let wakeAt = state.wakeAt, wakeAt <= now else { return [] }
            due = state.calls.due(at: now).filter {
                state.calls.giveUp($0, because: .deadline, until: now + limits.terminationGrace)
            }
            let expired = state.calls.expire(at: now).map { call, why in
                (
                    call.continuation, why == .deadline ? ResidentAnswer.deadline : .cancelled,
                    state.errorText(of: call)
                )
            }
            isUnresponsive = state.calls.hasLingered(since: now - limits.abandonedCallLimit)
            state.wakeAt = isUnresponsive ? nil : state.calls.nextMoment(lingerLimit: limits.abandonedCallLimit)
            return expired
        }
        for callID in due { sendCancel(callID) }
        for (continuation, answer, error) in expired { continuation.resume(returning: (answer, error)) }
        return isUnresponsive
    }

    /// Hands a line to the call that it answers.
    ///
    /// - Returns: Whether the line is a JSON object, or empty.
    func take(_ line: [UInt8]) -> Bool {
        guard line.contains(where: { $0 != 0x20 && $0 != 0x0D && $0 != 0x09 }) else { return true }
        guard let json = try? JSONParser.parse(line), json.objectValue != nil else { return false }
        let callID = json["callID"]?.stringValue ?? ""
        let (call, stray, error) = state.withLock { state in
            let (call, stray) = state.calls.answer(callID)
            return (call, stray, call.map { state.errorText(of: $0) } ?? "")
        }
        if let call {
            call.continuation.resume(returning: (.reply(JSONLine(bytes: line, json: json)), error))
        } else if let stray {
            statistics.recordStrayReply()
            logger.warning(
                "resident driver answered \(callID.isEmpty ? "without a callID" : stray.rawValue); the answer is dropped",
                metadata: ["driver": "\(driver)", "callID": "\(excerpt(Array(callID.utf8)))"])
        }
        return true
    }

    /// The beginning of a line, for messages.
    func excerpt(_ line: [UInt8]) -> String {
        let text = String(decoding: scrubber.scrub(line, keeping: 320), as: UTF8.self)
        return String(text.prefix(80).map { $0.isNewline || $0 < " " ? " " : $0 })
    }

    func takeError(_ bytes: UnsafeRawBufferPointer) {
        state.withLock { $0.errorTail.append(bytes) }
    }
}
