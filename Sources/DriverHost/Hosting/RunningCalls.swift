import Synchronization

/// The processes that run for calls just now, so that the end of the host can end them.
final class RunningCalls: Sendable {
    private struct State {
        var nextID: UInt64 = 0
        var running: [UInt64: EventDescriptor] = [:]
        var isStopping = false
    }

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.running.count } }
    var isStopping: Bool { state.withLock { $0.isStopping } }

    /// - Parameter body: Gets what ends its process; `nil` when the host has no descriptor left, which the start of the
    ///   process will say.
    func run<R>(
        _ body: (EventDescriptor?) async -> R, whenDone done: () -> Void
    ) async -> R {
        guard let cancellation = try? EventDescriptor() else { return await body(nil) }
        let id = state.withLock { state in
            state.nextID += 1
            state.running[state.nextID] = cancellation
            if state.isStopping { cancellation.signal() }
            return state.nextID
        }
        let result = await body(cancellation)
        let isStopping = state.withLock { state in
            state.running[id] = nil
            return state.isStopping
        }
        if isStopping { done() }
        return result
    }

    /// Ends those that run, and those that are yet to come.
    func stop() {
        state.withLock { state in
            state.isStopping = true
            for cancellation in state.running.values { cancellation.signal() }
        }
    }
}
