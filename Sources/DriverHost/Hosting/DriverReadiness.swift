import DriverProtocol
import Synchronization

/// A driver as it was found at its last start: one version of its file, and what that said of itself.
struct DriverGeneration: Sendable {
    enum Transport: Sendable {
        case once
        case resident(ResidentConnection)
        case flexVolume(FlexVolumeSession)
    }

    var identity: FileIdentity
    var info: DriverInfo
    var environment: DriverEnvironment
    var transport: Transport

    /// Whether this is what shall be called: the file is the same, and a resident process takes requests. Between calls
    /// is when a driver that was replaced on disk is taken over. The file is local, so the look costs a microsecond.
    func isCurrent(at path: String) -> Bool {
        if case .resident(let connection) = transport, !connection.takesRequests { return false }
        return FileIdentity.current(of: path) == identity
    }

    func isSame(as other: DriverGeneration) -> Bool {
        switch (transport, other.transport) {
        case (.once, .once), (.flexVolume, .flexVolume): identity == other.identity
        case (.resident(let one), .resident(let another)): one === another
        default: false
        }
    }

    var mode: DriverEntry.Mode {
        switch transport {
        case .once, .flexVolume: .once
        case .resident: .resident
        }
    }
}

/// Whether a driver can take calls. The supervisor sets it, callers read it and wait for it.
final class DriverReadiness: Sendable {
    enum Condition: Sendable {
        case starting
        case ready(DriverGeneration)
        /// It cannot be called as it is; the supervisor tries again when something changes.
        case broken(reason: String)
        /// A resident driver ended too often, and is started again later.
        case restarting(at: ContinuousClock.Instant, reason: String)
        /// Its entry is gone or was changed. Stays so.
        case retired
        /// The host is ending. Stays so.
        case ending
    }

    private struct State {
        var condition = Condition.starting
        var lastInfo: DriverInfo?
        var lastMode: DriverEntry.Mode?
        var waiters: [WakeSignal] = []
    }

    private let state = Mutex(State())

    var condition: Condition { state.withLock { $0.condition } }
    /// What the driver said of itself when it last was ready.
    var lastInfo: DriverInfo? { state.withLock { $0.lastInfo } }
    var lastMode: DriverEntry.Mode? { state.withLock { $0.lastMode } }

    var isOver: Bool {
        switch condition {
        case .retired, .ending: true
        default: false
        }
    }

    var isEnding: Bool {
        if case .ending = condition { true } else { false }
    }

    func set(_ condition: Condition) {
        let waiters: [WakeSignal] = state.withLock { state in
            switch (state.condition, condition) {
            case (.ending, _): return []
            case (.retired, .ending): break
            case (.retired, _): return []
            default: break
            }
            state.condition = condition
            if case .ready(let generation) = condition {
                state.lastInfo = generation.info
                state.lastMode = generation.mode
            }
            if case .starting = condition { return [] }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.signal() }
    }

    /// A caller saw that this generation is not current any more: nobody calls it again.
    ///
    /// - Returns: Whether this was news.
    func leave(_ old: DriverGeneration) -> Bool {
        state.withLock { state in
            guard case .ready(let generation) = state.condition, generation.isSame(as: old) else { return false }
            state.condition = .starting
            return true
        }
    }

    /// Returns when the driver is no longer starting, the time has passed or the task is cancelled; the caller looks
    /// which of them it was.
    func waitWhileStarting(atMost limit: Duration) async {
        let signal = WakeSignal()
        let mustWait: Bool = state.withLock { state in
            guard case .starting = state.condition else { return false }
            state.waiters.append(signal)
            return true
        }
        guard mustWait else { return }
        await signal.wait(atMost: limit)
        state.withLock { state in state.waiters.removeAll { $0 === signal } }
    }
}
