/// How long to wait before an attempt is made again: exponential, with jitter, between ``base`` and ``cap``.
///
/// Pure: the caller brings the random number, and does the waiting.
public struct BackoffSchedule: Sendable, Hashable {
    public var base: Duration
    public var cap: Duration

    /// What claims and volumes get in production: 1 s to 5 min.
    public static let standard = BackoffSchedule(base: .seconds(1), cap: .seconds(300))

    public init(base: Duration, cap: Duration) {
        // Both are constants of the program at every caller; no configuration and no reply chooses them.
        precondition(base > .zero && cap >= base, "a backoff of \(base) to \(cap) is none")
        self.base = base
        self.cap = cap
    }

    /// - Parameters:
    ///   - failures: How many attempts failed in a row, the last one included; at least 1.
    ///   - random: From 0 to 1. Spreads the delay by a quarter to either side, so that many claims that failed
    ///     together do not come back together.
    public func delay(afterFailures failures: Int, random: Double) -> Duration {
        // 2^20 times any sensible base is beyond any sensible cap, and far from overflowing.
        let doublings = min(max(failures, 1) - 1, 20)
        let exact = min(base * (1 << doublings), cap)
        let spread = exact * (0.75 + 0.5 * min(max(random, 0), 1))
        return min(max(spread, base), cap)
    }
}
