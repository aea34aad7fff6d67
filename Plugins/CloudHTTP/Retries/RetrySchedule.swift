/// When to try again: exponential backoff with full jitter, never before what the server asked for, never past the
/// call's deadline. Pure: time and chance come in.
///
/// Source: AWS Architecture Blog, "Exponential Backoff And Jitter" (full jitter).
public struct RetrySchedule: Sendable {
    public struct Policy: Sendable, Hashable {
        /// The first try included.
        public var maximumAttempts: Int
        /// The bound of the first pause; each further one is twice the one before.
        public var base: Duration
        /// The bound of every pause.
        public var cap: Duration

        /// The default stays within the time of a call: the deadline is what ends it, mostly.
        public init(
            maximumAttempts: Int = 50, base: Duration = .milliseconds(200), cap: Duration = .seconds(20)
        ) {
            self.maximumAttempts = maximumAttempts
            self.base = base
            self.cap = cap
        }
    }

    public enum Decision: Sendable, Hashable {
        case pause(Duration)
        /// The next try would come too late, or there were enough: `after` is what would have been waited.
        case giveUp(after: Duration)
    }

    private let policy: Policy
    private let deadline: ContinuousClock.Instant?
    /// Tries so far.
    public private(set) var attempts = 0
    private var bound: Duration

    public init(_ policy: Policy = Policy(), deadline: ContinuousClock.Instant?) {
        self.policy = policy
        self.deadline = deadline
        bound = policy.base
    }

    /// To be asked after each try that failed.
    ///
    /// - Parameters:
    ///   - retryAfter: The server's own wish: never earlier than that, and jitter on top.
    ///   - chance: From 0 up to 1.
    public mutating func next(
        now: ContinuousClock.Instant, retryAfter: Duration? = nil, chance: Double
    ) -> Decision {
        attempts += 1
        let jitter = bound * chance
        bound = min(policy.cap, bound * 2)
        let pause = (retryAfter ?? .zero) + jitter
        guard attempts < policy.maximumAttempts else { return .giveUp(after: pause) }
        if let deadline, now + pause >= deadline { return .giveUp(after: pause) }
        return .pause(pause)
    }
}
