import Synchronization

/// What outlives a change of a driver's entry: who waits for a volume, what was counted, whether the driver rests.
final class DriverRecordOfService: Sendable {
    let gate: CallGate
    let statistics = DriverStatistics()
    let breaker: Mutex<CircuitBreaker>

    init(limits: DriverLimits) {
        gate = CallGate(limit: limits.onceConcurrency, maximumWaiting: limits.maximumWaiting)
        let rests = BackoffSchedule(first: limits.firstRest, most: limits.longestRest)
        breaker = Mutex(CircuitBreaker(threshold: limits.failuresBeforeRest, rests: rests))
    }
}
