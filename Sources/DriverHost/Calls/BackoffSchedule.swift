/// Delays that double from try to try, up to a bound, each a little different so that many do not come back at once.
struct BackoffSchedule: Sendable, Hashable {
    var first: Duration
    var most: Duration
    /// The share by which a delay may be longer or shorter.
    var jitter = 0.2

    /// - Parameters:
    ///   - attempt: Counted from 0.
    ///   - random: From 0 to 1.
    func delay(attempt: Int, random: Double) -> Duration {
        let doubled = first * (1 << min(max(attempt, 0), 24))
        return min(doubled, most) * (1 + jitter * (2 * random - 1))
    }
}
