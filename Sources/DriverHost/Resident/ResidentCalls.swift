/// The requests that a resident driver has not answered, and those that nobody waits for any more. Pure: the owner sends
/// what it says, and resumes whom it names.
struct ResidentCalls {
    typealias Instant = ContinuousClock.Instant
    typealias Continuation = CheckedContinuation<(ResidentAnswer, String), Never>

    enum GivenUp: Sendable { case deadline, cancelled }

    struct Pending {
        var continuation: Continuation
        /// Calls about one thing are made one after the other, also after one was given up.
        var key: String?
        var deadline: Instant
        /// Where stderr was when the call began.
        var errorStart: Int
        /// The driver was told to give it up, and is waited for until then.
        var givingUp: (why: GivenUp, until: Instant)?
    }

    /// What is known about an answer that nobody waits for.
    enum Stray: String, Sendable {
        case answeredBefore = "a call that it has answered before"
        case givenUp = "a call that was given up"
        case unknown = "a call that was never made"
    }

    /// How many ids of answered calls are remembered, to tell a second answer from one to a call that never was.
    private static let memory = 512

    private(set) var pending: [String: Pending] = [:]
    /// Given up and not answered: the driver may still be at it.
    private var lingering: [String: (key: String?, since: Instant)] = [:]
    private var answered: [String] = []
    private var answeredStart = 0

    var isEmpty: Bool { pending.isEmpty }

    func lingeringCall(about key: String) -> String? {
        lingering.first { $0.value.key == key }?.key
    }

    mutating func begin(_ callID: String, _ call: Pending) {
        pending[callID] = call
    }

    /// The driver answered: who waits for it, or what the answer is instead.
    mutating func answer(_ callID: String) -> (Pending?, Stray?) {
        defer { remember(callID) }
        if let call = pending.removeValue(forKey: callID) { return (call, nil) }
        if lingering.removeValue(forKey: callID) != nil { return (nil, .givenUp) }
        return (nil, answered.contains(callID) ? .answeredBefore : .unknown)
    }

    /// - Returns: Whether the driver must be told.
    mutating func giveUp(_ callID: String, because why: GivenUp, until: Instant) -> Bool {
        guard var call = pending[callID], call.givingUp == nil else { return false }
        call.givingUp = (why, until)
        pending[callID] = call
        return true
    }

    /// The calls whose deadline has passed, and which the driver has not been told to give up.
    func due(at now: Instant) -> [String] {
        pending.compactMap { $0.value.givingUp == nil && $0.value.deadline <= now ? $0.key : nil }
    }

    /// Ends the wait for those that were to be given up by now.
    mutating func expire(at now: Instant) -> [(Pending, GivenUp)] {
        var expired: [(Pending, GivenUp)] = []
        for (callID, call) in pending {
            guard let (why, until) = call.givingUp, until <= now else { continue }
            pending[callID] = nil
            lingering[callID] = (call.key, now)
            expired.append((call, why))
        }
        return expired
    }

    func hasLingered(since limit: Instant) -> Bool {
        lingering.contains { $0.value.since <= limit }
    }

    /// When there is something to do next, if the driver does not answer.
    func nextMoment(lingerLimit: Duration) -> Instant? {
        let waits = pending.values.map { $0.givingUp?.until ?? $0.deadline }
        return (waits + lingering.values.map { $0.since + lingerLimit }).min()
    }

    mutating func removeAll() -> [Pending] {
        defer {
            pending = [:]
            lingering = [:]
        }
        return Array(pending.values)
    }

    private mutating func remember(_ callID: String) {
        if answered.count < Self.memory {
            answered.append(callID)
        } else {
            answered[answeredStart] = callID
            answeredStart = (answeredStart + 1) % Self.memory
        }
    }
}
