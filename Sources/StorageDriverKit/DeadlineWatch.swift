/// A thread that gives up calls whose deadline has come. It starts with the first call that has one, and sleeps until
/// the earliest deadline that it knew when it fell asleep: a call that ends in time never wakes it.
final class DeadlineWatch: Sendable {
    private struct State: Sendable {
        var calls: [ObjectIdentifier: CallInProgress] = [:]
        var wakesAt: UInt64?
        var isRunning = false
        var isStopped = false
    }

    private let state = Monitor(State())

    func add(_ call: CallInProgress) {
        guard let deadline = call.deadline else { return }
        let (mustStart, mustWake) = state.withLock { state in
            state.calls[ObjectIdentifier(call)] = call
            let mustStart = !state.isRunning
            state.isRunning = true
            return (mustStart, deadline < state.wakesAt ?? .max)
        }
        if mustStart {
            let status = SystemThread.start { [self] in watch() }
            if status != 0 {
                state.withLock { $0.isRunning = false }
                DriverLog.write("cannot start the thread that watches deadlines: errno \(status); the host's own holds")
            }
        } else if mustWake {
            state.signal()
        }
    }

    func remove(_ call: CallInProgress) {
        guard call.deadline != nil else { return }
        _ = state.withLock { $0.calls.removeValue(forKey: ObjectIdentifier(call)) }
    }

    /// Ends the thread.
    func stop() {
        state.withLock { $0.isStopped = true }
        state.broadcast()
    }

    private func watch() {
        while true {
            let now = SystemThread.now
            let due = state.withLock { state -> [CallInProgress]? in
                guard !state.isStopped else { return nil }
                let due = state.calls.values.filter { $0.deadline ?? .max <= now }
                for call in due { state.calls[ObjectIdentifier(call)] = nil }
                state.wakesAt = state.calls.values.compactMap(\.deadline).min()
                return due
            }
            guard let due else { return }
            for call in due { call.interrupt(.deadline) }
            guard due.isEmpty else { continue }
            let wakesAt = state.withLock { $0.wakesAt }
            state.waitOnce(until: wakesAt) { state in
                // A call that came in between, with a deadline before the one to be slept for.
                state.isStopped || state.calls.values.contains { $0.deadline ?? .max < wakesAt ?? .max }
            }
        }
    }
}
