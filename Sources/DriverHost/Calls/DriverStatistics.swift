import DriverProtocol
import Synchronization

/// What a driver's calls came to, since the host started.
final class DriverStatistics: Sendable {
    struct Snapshot: Sendable, Hashable {
        var calls = 0
        /// Calls that failed, by whoever's fault.
        var errors = 0
        /// Those of them whose outcome is not known.
        var unknownOutcomes = 0
        /// Calls that were not made, since the driver was resting, broken or had too many waiting.
        var refused = 0
        /// How often a resident driver had to be started again.
        var restarts = 0
        /// Lines of a resident driver that answered no call: unknown, answered before, or given up.
        var strayReplies = 0
        var latencies = LatencyHistogram()
        var lastError: String?
        /// Names the record of the call that failed last.
        var lastErrorCallID: String?
        var lastErrorTime: WallClock?
    }

    private let state = Mutex(Snapshot())

    var snapshot: Snapshot { state.withLock { $0 } }

    func record(_ outcome: CallOutcome) {
        state.withLock { state in
            state.calls += 1
            state.latencies.record(outcome.record.duration)
            if case .failure(let error) = outcome.result {
                state.errors += 1
                if error.outcome == .unknown { state.unknownOutcomes += 1 }
                state.lastError = error.message
                state.lastErrorCallID = outcome.record.callID
                state.lastErrorTime = outcome.record.startTime
            }
        }
    }

    func recordRefusal() { state.withLock { $0.refused += 1 } }
    func recordRestart() { state.withLock { $0.restarts += 1 } }
    func recordStrayReply() { state.withLock { $0.strayReplies += 1 } }
}
