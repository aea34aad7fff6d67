/// Rests a driver that keeps failing without an answer, so that its calls fail at once instead of each waiting for its
/// deadline; after a growing rest one call tries whether it works again.
///
/// Pure: the time comes in.
struct CircuitBreaker: Sendable {
    typealias Instant = ContinuousClock.Instant

    enum Admission: Sendable, Hashable {
        case allowed
        /// The one call that tries a resting driver.
        case probe
        case refused(until: Instant)
    }

    private enum State {
        case closed(failures: Int)
        /// - Parameter openings: How many rests there were since the driver last worked.
        case open(until: Instant, openings: Int)
        case halfOpen(openings: Int)
    }

    /// So many failures in a row open it.
    let threshold: Int
    private let rests: BackoffSchedule
    private var state = State.closed(failures: 0)
    private var lastIncident: UInt64?

    init(threshold: Int = 5, rests: BackoffSchedule = BackoffSchedule(first: .seconds(5), most: .seconds(300))) {
        self.threshold = threshold
        self.rests = rests
    }

    /// When the next call will be let through, while the driver rests.
    var restsUntil: Instant? {
        if case .open(let until, _) = state { until } else { nil }
    }

    /// How many calls in a row have failed without an answer; `threshold` while it rests.
    var failures: Int {
        if case .closed(let failures) = state { failures } else { threshold }
    }

    /// As an electrician calls it: `closed` lets calls through, `open` none, `half-open` one to try.
    var position: String {
        switch state {
        case .closed: "closed"
        case .open: "open"
        case .halfOpen: "half-open"
        }
    }

    mutating func admit(at now: Instant) -> Admission {
        switch state {
        case .closed: return .allowed
        case .open(let until, let openings):
            guard now >= until else { return .refused(until: until) }
            state = .halfOpen(openings: openings)
            return .probe
        // The probe is under way; who comes meanwhile is told to come again soon.
        case .halfOpen: return .refused(until: now + .seconds(1))
        }
    }

    /// The driver answered, be it with a failure of its own.
    mutating func answered() {
        state = .closed(failures: 0)
        lastIncident = nil
    }

    /// The driver did not answer as it must.
    ///
    /// - Parameter incident: Calls that failed by one and the same event, as by the crash of a resident driver, count
    ///   once; `nil`: an event of its own.
    /// - Returns: Whether this opened the breaker.
    mutating func failed(at now: Instant, incident: UInt64? = nil, random: Double) -> Bool {
        if let incident, incident == lastIncident { return false }
        lastIncident = incident
        switch state {
        case .closed(let failures):
            guard failures + 1 >= threshold else {
                state = .closed(failures: failures + 1)
                return false
            }
            state = .open(until: now + rests.delay(attempt: 0, random: random), openings: 1)
            return true
        case .halfOpen(let openings):
            state = .open(until: now + rests.delay(attempt: openings, random: random), openings: openings + 1)
            return true
        // A call that was let through before the breaker opened.
        case .open: return false
        }
    }

    /// The call came to nothing that tells about the driver: its caller gave it up.
    mutating func abandoned(at now: Instant) {
        if case .halfOpen(let openings) = state { state = .open(until: now, openings: openings) }
    }
}
