import Synchronization

/// An ``AdaptiveRate`` for each API of a cloud, shared by all calls of a resident driver: when one call is throttled,
/// the others slow down too, and each API on its own.
public final class APIRateLimiter: Sendable {
    private let start = ContinuousClock.now
    private let rates = Mutex<[String: AdaptiveRate]>([:])

    /// How long nobody sleeps without asking again.
    private static let look = Duration.milliseconds(100)

    public init() {}

    /// Waits until a request to `api` may be sent.
    ///
    /// - Parameter api: Whatever the cloud counts by: `CreateVolume`, `writes`.
    /// - Returns: `nil`, or the time that would have to be waited where that is longer than until `deadline`.
    /// - Throws: `CancellationError`.
    public func admit(_ api: String, deadline: ContinuousClock.Instant?) async throws -> Duration? {
        while true {
            let seconds = rates.withLock { rates in
                let seconds = rates[api, default: AdaptiveRate(now: now)].take(now: now)
                // Taken when its time has come, not in advance: the rate that it would wait by may rise meanwhile.
                if seconds > 0 { rates[api]?.giveBack() }
                return seconds
            }
            guard seconds > 0 else { return nil }
            let wait = Duration.seconds(seconds)
            if let deadline, .now + wait >= deadline { return wait }
            try await Task.sleep(for: min(wait, Self.look))
        }
    }

    public func replied(_ api: String, isThrottled: Bool) {
        rates.withLock { $0[api, default: AdaptiveRate(now: now)].replied(isThrottled: isThrottled, now: now) }
    }

    private var now: Double { (ContinuousClock.now - start) / .seconds(1) }
}
