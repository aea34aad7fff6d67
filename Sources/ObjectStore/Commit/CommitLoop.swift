import Dispatch
import Foundation
import KubernetesAPI
import Logging
import Synchronization

/// The one writer. Mutations queue up while a commit syncs, and the next commit takes them all: one sync for many.
///
/// It is a thread of its own, because a commit blocks: it waits for the disk some hundred microseconds, thousands of
/// times a second. On Swift's pool that would take one of its threads (there are as many as processors, two on a small
/// machine) from all the work that could go on meanwhile. An actor with an executor of its own would need the same
/// thread, and hop to it for each mutation; this takes a lock for each, and wakes the thread once a commit.
final class CommitLoop: Sendable {
    private enum Submission: Sendable {
        case mutation(Mutation, IntentChange?, CheckedContinuation<MutationOutcome, Never>)
        /// Gets the refusal; `nil` when it is durable.
        case intent(IntentChange, CheckedContinuation<StatusError?, Never>)
    }

    private struct State {
        var queue: [Submission] = []
        /// Who waits to hear whether a commit can be made.
        var probes: [CheckedContinuation<CommitFailure?, Never>] = []
        var isParked = false
        /// Look for events to expire, whether or not there is anything to write.
        var isSweepDue = false
        var isClosing = false
        var isEnded = false
        var closing: [CheckedContinuation<Void, Never>] = []
        /// Why the last commit failed, as it was logged.
        var reportedFailure: String?

        /// - Returns: Whether the thread must be woken.
        mutating func unpark() -> Bool {
            defer { isParked = false }
            return isParked
        }
    }

    /// Bounds how long the first of a commit waits for the last.
    private static let batchLimit = 512
    private static let expiryBatch = 64

    private let objects: CommittedObjects
    private let database: ObjectDatabase
    private let now: @Sendable () -> Timestamp
    private let logger: Logger
    private let state = Mutex(State())
    /// Where the thread sleeps. A semaphore, because this thread is the one place that has to block.
    private let wakeup = DispatchSemaphore(value: 0)

    /// Starts the thread; it ends with ``close()``.
    init(
        _ objects: CommittedObjects, _ database: ObjectDatabase, retention: EventRetention,
        now: @escaping @Sendable () -> Timestamp, logger: Logger
    ) {
        self.objects = objects
        self.database = database
        self.now = now
        self.logger = logger
        let thread = Thread { self.run(retention) }
        thread.name = "berth-commit"
        thread.start()
    }

    /// Returns when the mutation, and with it the change of an intent, is durable and visible, or was turned down.
    func submit(_ mutation: Mutation, _ intent: IntentChange? = nil) async -> MutationOutcome {
        await withCheckedContinuation { continuation in
            if !accept(.mutation(mutation, intent, continuation)) { continuation.resume(returning: .refused(.closed)) }
        }
    }

    /// Tries whether a commit can be made.
    ///
    /// - Returns: Why not.
    func probe() async -> CommitFailure? {
        await withCheckedContinuation { continuation in
            let (isAccepted, mustWake) = state.withLock { state in
                guard !state.isClosing else { return (false, false) }
                state.probes.append(continuation)
                return (true, state.unpark())
            }
            if !isAccepted { continuation.resume(returning: CommitFailure("the store is closed")) }
            if mustWake { wakeup.signal() }
        }
    }

    /// Returns when the change is durable and visible.
    func submit(_ intent: IntentChange) async throws(StatusError) {
        let refusal = await withCheckedContinuation { continuation in
            if !accept(.intent(intent, continuation)) { continuation.resume(returning: .closed) }
        }
        if let refusal { throw refusal }
    }

    private func accept(_ submission: Submission) -> Bool {
        let (isAccepted, mustWake) = state.withLock { state in
            guard !state.isClosing else { return (false, false) }
            state.queue.append(submission)
            return (true, state.unpark())
        }
        if mustWake { wakeup.signal() }
        return isAccepted
    }

    /// Removes events that have had their time, soon.
    func sweep() {
        let mustWake = state.withLock { state in
            state.isSweepDue = true
            return state.unpark()
        }
        if mustWake { wakeup.signal() }
    }

    /// Carries out what is queued, and ends the thread.
    func close() async {
        await withCheckedContinuation { continuation in
            let (isEnded, mustWake) = state.withLock { state in
                state.isClosing = true
                if !state.isEnded { state.closing.append(continuation) }
                return (state.isEnded, state.unpark())
            }
            if isEnded { continuation.resume() }
            if mustWake { wakeup.signal() }
        }
    }

    private func run(_ retention: EventRetention) {
        var retention = retention
        var revision = objects.revision
        var spare: [Submission] = []
        while true {
            enum Next { case work, probe([CheckedContinuation<CommitFailure?, Never>]), sleep, end }
            spare.removeAll(keepingCapacity: true)
            let next = state.withLock { state -> Next in
                if !state.queue.isEmpty || state.isSweepDue {
                    state.isSweepDue = false
                    if state.queue.count <= Self.batchLimit {
                        swap(&spare, &state.queue)
                    } else {
                        spare.append(contentsOf: state.queue[..<Self.batchLimit])
                        state.queue.removeFirst(Self.batchLimit)
                    }
                    return .work
                }
                if !state.probes.isEmpty {
                    defer { state.probes = [] }
                    return .probe(state.probes)
                }
                if state.isClosing { return .end }
                state.isParked = true
                return .sleep
            }
            switch next {
            case .work: commit(spare, &revision, &retention)
            case .probe(let waiting):
                let failure = store([], [], revision: revision) ?? database.failure
                for continuation in waiting { continuation.resume(returning: failure) }
            case .sleep: wakeup.wait()
            case .end:
                let closing = state.withLock { state in
                    state.isEnded = true
                    return state.closing
                }
                for continuation in closing { continuation.resume() }
                return
            }
        }
    }

    private func commit(_ batch: [Submission], _ revision: inout UInt64, _ retention: inout EventRetention) {
        var plan = CommitPlan(objects, revision: revision)
        var outcomes = batch.map { submission -> MutationOutcome? in
            switch submission {
            case .mutation(let mutation, let intent, _): return plan.admit(mutation, intent)
            case .intent(let change, _):
                plan.admit(change)
                return nil
            }
        }
        var failure: CommitFailure?
        let moment = now().seconds
        let due = retention.due(now: moment, count: objects.count(.event), batch: Self.expiryBatch) { key, version in
            objects.object(.event, key)?.resourceVersion == version
        }
        for event in due { plan.expire(.event, event.key, version: event.version) }
        if !plan.isEmpty {
            failure = store(plan.changes, plan.intents, revision: plan.revision, at: moment)
            if failure?.isStored ?? true {
                revision = plan.revision
                retention.note(plan.changes, writtenAt: moment)
                objects.publish(plan.changes, plan.intents, revision: revision)
            } else {
                retention.putBack(due)
            }
            if let failure {
                // All are refused: a mutation that lost to another one in this failed commit might succeed now.
                outcomes = outcomes.map { outcome in outcome.map { _ in .refused(failure.status) } }
            }
        }
        for (submission, outcome) in zip(batch, outcomes) {
            switch submission {
            case .mutation(_, _, let continuation): continuation.resume(returning: outcome ?? .lostRace)
            case .intent(_, let continuation): continuation.resume(returning: failure?.status)
            }
        }
        // More than one batch was due: go on until there is no more.
        if due.count == Self.expiryBatch { state.withLock { $0.isSweepDue = true } }
    }
}

extension CommitLoop {
    /// Commits, and logs when that begins or ceases to fail.
    ///
    /// - Returns: Why it failed.
    private func store(
        _ changes: [Change], _ intents: [IntentChange], revision: UInt64, at moment: Int64? = nil
    ) -> CommitFailure? {
        do throws(CommitFailure) {
            try database.commit(changes, intents, revision: revision, writtenAt: moment ?? now().seconds)
            let wasFailing = state.withLock { state in
                defer { state.reportedFailure = nil }
                return state.reportedFailure != nil
            }
            if wasFailing { logger.notice("writes are stored again") }
            return nil
        } catch {
            let isNew = state.withLock { state in
                defer { state.reportedFailure = error.reason }
                return state.reportedFailure != error.reason
            }
            logger.log(
                level: isNew ? .error : .debug, "a commit failed",
                metadata: ["reason": "\(error.reason)", "changes": "\(changes.count)"])
            return error
        }
    }
}

extension StatusError {
    static let closed = StatusError(
        code: 503, reason: .serviceUnavailable, message: "the store is closed: the server is shutting down")
}
