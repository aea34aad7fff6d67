import Synchronization

/// How often what failed, and when it may be tried again.
///
/// In memory only: after a restart everything is tried at once, and what must not be forgotten stands in the objects.
final class Attempts: Sendable {
    /// What an attempt was made with. When it changes, a failure says nothing about the next attempt.
    struct Basis: Sendable, Hashable {
        /// A class that was deleted and made again is another one.
        var classUID = ""
        var requestBytes: Int64 = 0
        var nodeName = ""
        /// Somebody waits for it to go.
        var isBeingDeleted = false
        /// Changes with the driver's entry or executable.
        var driver = 0
    }

    enum Key: Sendable, Hashable {
        /// Calls of a driver for this claim or volume.
        case uid(String)
        /// The work on it as a whole, when the API fails.
        case item(WorkItem)
    }

    enum Outcome: Sendable, Hashable {
        case failed
        /// Only a change from outside helps.
        case failedForGood
        /// Under way; nothing is wrong.
        case pending
    }

    private struct Record {
        var basis: Basis
        var failures = 0
        var polls = 0
        var notBefore: ContinuousClock.Instant
    }

    private let schedule: BackoffSchedule
    /// Something that is under way is looked after more often than something that failed.
    private let polling: BackoffSchedule
    private let random: @Sendable () -> Double
    private let clock = ContinuousClock()
    private let records = Mutex<[Key: Record]>([:])

    /// - Parameter random: From 0 to 1.
    init(_ schedule: BackoffSchedule, random: @escaping @Sendable () -> Double = { .random(in: 0...1) }) {
        self.schedule = schedule
        self.random = random
        polling = BackoffSchedule(base: schedule.base, cap: max(schedule.base, min(schedule.cap, .seconds(10))))
    }

    /// How long the next attempt has to wait; `nil`: it may be made.
    func wait(for key: Key, _ basis: Basis) -> Duration? {
        records.withLock { records in
            guard let record = records[key], record.basis == basis else { return nil }
            let left = record.notBefore - clock.now
            return left > .zero ? left : nil
        }
    }

    /// - Parameter least: What the driver asked for.
    /// - Returns: How long the next attempt has to wait.
    func note(_ outcome: Outcome, _ key: Key, _ basis: Basis, least: Duration? = nil) -> Duration {
        records.withLock { records in
            let now = clock.now
            var record = records[key].flatMap { $0.basis == basis ? $0 : nil } ?? Record(basis: basis, notBefore: now)
            var delay: Duration
            switch outcome {
            case .failed:
                record.failures += 1
                delay = schedule.delay(afterFailures: record.failures, random: random())
            case .failedForGood:
                record.failures += 1
                delay = schedule.delay(afterFailures: .max, random: random())
            case .pending:
                record.polls += 1
                delay = polling.delay(afterFailures: record.polls, random: random())
            }
            if let least { delay = max(delay, min(least, schedule.cap)) }
            record.notBefore = now + delay
            records[key] = record
            return delay
        }
    }

    func forget(_ key: Key) {
        records.withLock { _ = $0.removeValue(forKey: key) }
    }
}
