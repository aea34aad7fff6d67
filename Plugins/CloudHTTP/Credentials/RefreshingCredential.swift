public import DriverProtocol
import Synchronization

/// Something that a service gives for a while: a token, temporary keys. Fetched when it is first needed and again before
/// it ends, by one call at a time; the others use the old one as long as it holds, and wait when there is none.
///
/// A fetch that fails is the failure of those who waited for it, unless the old value still holds. A fetch that is given
/// up with its call is taken over by one of those who wait.
public final class RefreshingCredential<Value: Sendable>: Sendable {
    /// What a fetch brings.
    public struct Fetched: Sendable {
        public var value: Value
        /// `nil`: never ends.
        public var expiration: RFC3339Time?

        public init(_ value: Value, expiration: RFC3339Time?) {
            self.value = value
            self.expiration = expiration
        }
    }

    public typealias Fetch = @Sendable (_ deadline: ContinuousClock.Instant?) async throws -> Fetched

    private struct State {
        var current: Fetched?
        var isFetching = false
        var lastFailure: RFC3339Time?
        var waiters: [UInt64: CheckedContinuation<Turn, Never>] = [:]
        var nextWaiter: UInt64 = 0
    }

    /// What a call is to do next.
    private enum Turn: Sendable {
        case use(Value)
        case fetch
        case lookAgain
        case fail(any Error)
    }

    private let fetch: Fetch
    private let refreshWindow: Int64
    private let retryPause: Int64
    private let now: @Sendable () -> RFC3339Time
    private let state = Mutex(State())

    /// - Parameters:
    ///   - refreshWindow: So long before the end it is fetched anew: a request that begins with it must not outlive it.
    ///   - retryPause: So long after a failure, while the old value holds, there is no new attempt.
    ///   - fetch: Throws ``DriverError`` or `CancellationError`.
    public init(
        refreshWindow: Duration = .seconds(300), retryPause: Duration = .seconds(10),
        now: @escaping @Sendable () -> RFC3339Time = { WallClock.now }, fetch: @escaping Fetch
    ) {
        self.refreshWindow = refreshWindow.components.seconds
        self.retryPause = retryPause.components.seconds
        self.now = now
        self.fetch = fetch
    }

    /// The value, valid now.
    ///
    /// - Throws: What the fetch threw, or `CancellationError`.
    public func value(deadline: ContinuousClock.Instant?) async throws -> Value {
        while true {
            try Task.checkCancellation()
            switch await turn() {
            case .use(let value): return value
            case .fail(let error): throw error
            case .lookAgain: continue
            case .fetch: if let value = try await fetchNow(deadline) { return value }
            }
        }
    }

    /// Forgets the value: a server has refused it although it should still hold. It is fetched anew when it is next
    /// asked for.
    ///
    /// - Parameter isSame: Whether the value is still the one that was refused.
    public func invalidate(where isSame: (Value) -> Bool = { _ in true }) {
        state.withLock { state in
            if let current = state.current, isSame(current.value) { state.current = nil }
        }
    }

    private func turn() async -> Turn {
        let waiter = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let turn = state.withLock { state -> Turn? in
                    if let turn = immediateTurn(&state) { return turn }
                    // Cancelled before it could wait: the handler below has found nobody to wake.
                    if Task.isCancelled { return .lookAgain }
                    state.waiters[waiter] = continuation
                    return nil
                }
                if let turn { continuation.resume(returning: turn) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: waiter) }?.resume(returning: .lookAgain)
        }
    }

    /// `nil`: somebody else fetches, and there is nothing to use meanwhile.
    private func immediateTurn(_ state: inout State) -> Turn? {
        let time = now()
        if let current = state.current {
            guard let end = current.expiration else { return .use(current.value) }
            if time < end {
                let isFresh = time.seconds < end.seconds - refreshWindow
                let isResting = state.lastFailure.map { time.seconds < $0.seconds + retryPause } ?? false
                if isFresh || isResting || state.isFetching { return .use(current.value) }
            }
        }
        if state.isFetching { return nil }
        state.isFetching = true
        return .fetch
    }

    /// - Returns: `nil`: it failed, and an old value may still hold.
    private func fetchNow(_ deadline: ContinuousClock.Instant?) async throws -> Value? {
        do {
            let fetched = try await fetch(deadline)
            finish { state in
                state.current = fetched
                state.lastFailure = nil
                return .use(fetched.value)
            }
            return fetched.value
        } catch {
            // This call's time is up, not the service: whoever waits tries for itself.
            let isOwnEnd = Task.isCancelled || deadline.map { .now >= $0 } ?? false
            let time = now()
            let holds = state.withLock { $0.current.map { $0.expiration.map { time < $0 } ?? true } ?? false }
            finish { state in
                if !isOwnEnd { state.lastFailure = time }
                return isOwnEnd || holds ? .lookAgain : .fail(error)
            }
            if holds, !isOwnEnd { return nil }
            throw error
        }
    }

    private func finish(_ change: (inout State) -> Turn) {
        let (waiters, turn) = state.withLock { state in
            state.isFetching = false
            let turn = change(&state)
            defer { state.waiters = [:] }
            return (Array(state.waiters.values), turn)
        }
        for waiter in waiters { waiter.resume(returning: turn) }
    }
}
