import Synchronization

/// The line of work of one host: many add, one dispatcher takes.
///
/// At most `limit` items are at work at a time, not counting those that wait for a driver
/// (``whileSuspended(_:)``): a slow driver never takes the places of others.
final class WorkQueue: Sendable {
    private struct State {
        var schedule = WorkSchedule<WorkItem>()
        var atWork = 0
        var dispatcher: CheckedContinuation<Void, Never>?
        /// Counts what happened, so that nothing is slept through between a look and a wait.
        var changes: UInt64 = 0

        mutating func takeDispatcher() -> CheckedContinuation<Void, Never>? {
            defer { dispatcher = nil }
            return dispatcher
        }
    }

    private let limit: Int
    private let clock = ContinuousClock()
    private let state = Mutex(State())

    init(limit: Int) {
        self.limit = limit
    }

    func add(_ item: WorkItem) {
        wake { $0.schedule.add(item) }
    }

    func add(_ items: some Sequence<WorkItem>) {
        wake { state in
            for item in items { state.schedule.add(item) }
        }
    }

    func add(_ item: WorkItem, after delay: Duration) {
        let due = clock.now + delay
        wake { $0.schedule.add(item, at: due) }
    }

    func finish(_ item: WorkItem) {
        wake { state in
            state.atWork -= 1
            state.schedule.finish(item)
        }
    }

    /// Gives this item's place to another for the time of `body`.
    func whileSuspended<Value>(_ body: () async -> Value) async -> Value {
        wake { $0.atWork -= 1 }
        let value = await body()
        // Taken back without waiting: for a moment there may be a few more at work than `limit`.
        state.withLock { $0.atWork += 1 }
        return value
    }

    /// Waits for an item and a free place. `nil` when the task is cancelled. For one dispatcher only.
    func next() async -> WorkItem? {
        while !Task.isCancelled {
            let now = clock.now
            let (item, due, seen) = state.withLock { state -> (WorkItem?, ContinuousClock.Instant?, UInt64) in
                guard state.atWork < limit else { return (nil, nil, state.changes) }
                if let item = state.schedule.take(now: now) {
                    state.atWork += 1
                    return (item, nil, state.changes)
                }
                return (nil, state.schedule.nextDue(), state.changes)
            }
            if let item { return item }
            await waitForChange(since: seen, until: due)
        }
        return nil
    }

    private func wake(_ change: (inout State) -> Void) {
        let dispatcher = state.withLock { state in
            change(&state)
            state.changes += 1
            return state.takeDispatcher()
        }
        dispatcher?.resume()
    }

    private func waitForChange(since seen: UInt64, until due: ContinuousClock.Instant?) async {
        guard let due else { return await waitForWake(since: seen) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.waitForWake(since: seen) }
            group.addTask { [clock] in
                // Cancelled when something else woke the dispatcher first.
                try? await clock.sleep(until: due)
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func waitForWake(since seen: UInt64) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustResume = state.withLock { state -> Bool in
                    if Task.isCancelled || state.changes != seen { return true }
                    state.dispatcher = continuation
                    return false
                }
                if mustResume { continuation.resume() }
            }
        } onCancel: {
            wake { _ in }
        }
    }
}
