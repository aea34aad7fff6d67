/// The pauses of a waiter: how often to look whether something in the cloud has come about. Pure.
public struct PollSchedule: Sendable, Hashable {
    private var delay: Duration
    private let factor: Double
    private let maximumDelay: Duration
    private var remainingSteps: Int

    /// - Parameters:
    ///   - first: Before the first look.
    ///   - factor: From one pause to the next, from 1.
    ///   - steps: Looks in all; `nil`: until the deadline.
    public init(
        first: Duration, factor: Double = 1.5, maximumDelay: Duration = .seconds(10), steps: Int? = nil
    ) {
        delay = first
        self.factor = max(1, factor)
        self.maximumDelay = maximumDelay
        remainingSteps = steps ?? .max
    }

    /// The pause before the next look; `nil` when there is none left. The last one ends at the deadline, with a little
    /// time to look.
    public mutating func next(now: ContinuousClock.Instant, deadline: ContinuousClock.Instant?) -> Duration? {
        guard remainingSteps > 0 else { return nil }
        remainingSteps -= 1
        let pause = min(delay, maximumDelay)
        delay = min(maximumDelay, delay * factor)
        guard let deadline else { return pause }
        let left = deadline - now
        guard left > .zero else { return nil }
        return min(pause, left * 0.8)
    }

    /// Looks until there is a result.
    ///
    /// - Parameter look: `nil`: not yet.
    /// - Returns: `nil`: neither the steps nor the time until `deadline` sufficed.
    /// - Throws: `CancellationError`, and what `look` throws.
    public func poll<Value>(
        deadline: ContinuousClock.Instant?, _ look: () async throws -> Value?
    ) async throws -> Value? {
        var schedule = self
        while let pause = schedule.next(now: .now, deadline: deadline) {
            try await Task.sleep(for: pause)
            if let value = try await look() { return value }
        }
        return nil
    }
}
