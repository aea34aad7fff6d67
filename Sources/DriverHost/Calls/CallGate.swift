import Synchronization

/// Lets calls of one driver through: at most `limit` at a time, and of those about one volume only one, in the order in
/// which they came. A call that must wait for its volume does not hold up those behind it.
///
/// Each driver has its own, so that one that is slow takes nothing from the others.
final class CallGate: Sendable {
    enum Refusal: Error { case cancelled, full }

    private struct Waiter {
        var id: UInt64
        var key: String?
        var continuation: CheckedContinuation<Refusal?, Never>
    }

    private struct State {
        var limit: Int
        var running = 0
        var busyKeys: Set<String> = []
        var waiting: [Waiter] = []
        var cancelled: Set<UInt64> = []
        var nextID: UInt64 = 0

        func isFree(_ key: String?) -> Bool {
            running < limit && key.map { !busyKeys.contains($0) } ?? true
        }

        mutating func enter(_ key: String?) {
            running += 1
            if let key { busyKeys.insert(key) }
        }

        /// Those who may go now, in their order.
        mutating func admit() -> [Waiter] {
            var admitted: [Waiter] = []
            while running < limit, let position = waiting.firstIndex(where: { isFree($0.key) }) {
                let waiter = waiting.remove(at: position)
                enter(waiter.key)
                admitted.append(waiter)
            }
            return admitted
        }
    }

    private let maximumWaiting: Int
    private let state: Mutex<State>

    init(limit: Int, maximumWaiting: Int) {
        self.maximumWaiting = maximumWaiting
        state = Mutex(State(limit: limit))
    }

    var limit: Int { state.withLock { $0.limit } }
    var running: Int { state.withLock { $0.running } }
    var waiting: Int { state.withLock { $0.waiting.count } }

    func setLimit(_ limit: Int) {
        resume(
            state.withLock { state in
                state.limit = limit
                return state.admit()
            })
    }

    /// Runs `body` when it is its turn.
    ///
    /// - Throws: ``Refusal`` when the task was cancelled while it waited, or too many wait already.
    func withTurn<R>(_ key: String?, _ body: () async -> R) async throws(Refusal) -> R {
        try await enter(key)
        let result = await body()
        leave(key)
        return result
    }

    private func enter(_ key: String?) async throws(Refusal) {
        let entered: Bool = state.withLock { state in
            guard state.isFree(key) else { return false }
            state.enter(key)
            return true
        }
        if entered { return }
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        let refusal = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                join(Waiter(id: id, key: key, continuation: continuation))
            }
        } onCancel: {
            cancel(id)
        }
        if Task.isCancelled { _ = state.withLock { $0.cancelled.remove(id) } }
        if let refusal { throw refusal }
    }

    private func join(_ waiter: Waiter) {
        // Decided under one lock with the cancellation and the leaving, so that no wake-up is missed.
        enum Decision { case wait, go, refuse(Refusal) }
        let decision: Decision = state.withLock { state in
            if state.cancelled.contains(waiter.id) { return .refuse(.cancelled) }
            if state.isFree(waiter.key) {
                state.enter(waiter.key)
                return .go
            }
            guard state.waiting.count < maximumWaiting else { return .refuse(.full) }
            state.waiting.append(waiter)
            return .wait
        }
        switch decision {
        case .wait: break
        case .go: waiter.continuation.resume(returning: nil)
        case .refuse(let refusal): waiter.continuation.resume(returning: refusal)
        }
    }

    private func cancel(_ id: UInt64) {
        let waiter: Waiter? = state.withLock { state in
            guard let position = state.waiting.firstIndex(where: { $0.id == id }) else {
                state.cancelled.insert(id)  // it has not joined yet, or is through already
                return nil
            }
            return state.waiting.remove(at: position)
        }
        waiter?.continuation.resume(returning: .cancelled)
    }

    private func leave(_ key: String?) {
        resume(
            state.withLock { state in
                state.running -= 1
                if let key { state.busyKeys.remove(key) }
                return state.admit()
            })
    }

    private func resume(_ waiters: [Waiter]) {
        for waiter in waiters { waiter.continuation.resume(returning: nil) }
    }
}
