import CloudHTTP
import DriverProtocol
import Foundation
import Synchronization
import Testing

@Suite("The schedule of tries")
struct RetryScheduleTests {
    private let start = ContinuousClock.now

    private func pauses(
        _ policy: RetrySchedule.Policy, deadline: ContinuousClock.Instant?, chance: Double, count: Int
    ) -> [RetrySchedule.Decision] {
        var schedule = RetrySchedule(policy, deadline: deadline)
        return (0..<count).map { _ in schedule.next(now: start, chance: chance) }
    }

    @Test("pauses double up to the cap, with chance between nothing and the whole")
    func backoff() {
        let policy = RetrySchedule.Policy(maximumAttempts: 10, base: .seconds(1), cap: .seconds(5))
        #expect(
            pauses(policy, deadline: nil, chance: 1, count: 5)
                == [
                    .pause(.seconds(1)), .pause(.seconds(2)), .pause(.seconds(4)), .pause(.seconds(5)),
                    .pause(.seconds(5)),
                ])
        #expect(pauses(policy, deadline: nil, chance: 0, count: 2) == [.pause(.zero), .pause(.zero)])
        #expect(pauses(policy, deadline: nil, chance: 0.5, count: 2) == [.pause(.seconds(0.5)), .pause(.seconds(1))])
    }

    @Test("the server's wish is never undercut")
    func retryAfter() {
        var schedule = RetrySchedule(RetrySchedule.Policy(base: .seconds(1)), deadline: start + .seconds(60))
        #expect(schedule.next(now: start, retryAfter: .seconds(7), chance: 0) == .pause(.seconds(7)))
        #expect(schedule.next(now: start, retryAfter: .seconds(7), chance: 0.5) == .pause(.seconds(8)))
        #expect(schedule.next(now: start, retryAfter: .seconds(60), chance: 0) == .giveUp(after: .seconds(60)))
    }

    @Test("no try begins after the deadline, and none beyond their number")
    func bounds() {
        let policy = RetrySchedule.Policy(maximumAttempts: 3, base: .seconds(1), cap: .seconds(8))
        #expect(
            pauses(policy, deadline: nil, chance: 1, count: 3)
                == [.pause(.seconds(1)), .pause(.seconds(2)), .giveUp(after: .seconds(4))])
        #expect(
            pauses(policy, deadline: start + .seconds(2), chance: 1, count: 2)
                == [.pause(.seconds(1)), .giveUp(after: .seconds(2))])
    }

    @Test("a waiter's pauses, within its steps and its deadline")
    func polling() {
        var schedule = PollSchedule(first: .seconds(1), factor: 2, maximumDelay: .seconds(3), steps: 4)
        let all = (0..<5).map { _ in schedule.next(now: start, deadline: nil) }
        #expect(all == [.seconds(1), .seconds(2), .seconds(3), .seconds(3), nil])
        schedule = PollSchedule(first: .seconds(10))
        #expect(schedule.next(now: start, deadline: start + .seconds(5)) == .seconds(4))
        #expect(schedule.next(now: start, deadline: start) == nil)
    }

    @Test("a waiter looks until there is something, or no time is left")
    func waiting() async throws {
        let looks = Mutex(0)
        let schedule = PollSchedule(first: .milliseconds(1), maximumDelay: .milliseconds(2))
        let found = try await schedule.poll(deadline: nil) {
            looks.withLock { count in
                count += 1
                return count == 3 ? "here" : nil
            }
        }
        #expect(found == "here")
        #expect(looks.withLock(\.self) == 3)
        #expect(try await schedule.poll(deadline: .now + .milliseconds(20)) { () -> String? in nil } == nil)
    }
}

@Suite("The rate that an API bears")
struct AdaptiveRateTests {
    @Test("without throttling everything passes at once")
    func unthrottled() {
        var rate = AdaptiveRate(now: 0)
        for step in 0..<1000 {
            #expect(rate.take(now: Double(step) / 1000) == 0)
            rate.replied(isThrottled: false, now: Double(step) / 1000)
        }
        #expect(rate.currentRate == nil)
    }

    @Test("throttling lowers the rate, time without it raises it again")
    func throttled() throws {
        var rate = AdaptiveRate(now: 0)
        // 10 a second for 2 seconds, then one is throttled.
        for step in 0..<20 { rate.replied(isThrottled: false, now: Double(step) / 10) }
        rate.replied(isThrottled: true, now: 2)
        let lowered = try #require(rate.currentRate)
        #expect((5...8).contains(lowered), "\(lowered)")
        // Those who ask at the same moment, and find no token any more, wait one behind the other.
        let waits = (0..<20).map { _ in rate.take(now: 2) }.filter { $0 > 0 }
        #expect(waits.count >= 10)
        #expect(waits == waits.sorted() && Set(waits).count == waits.count)
        for step in 0..<100 { rate.replied(isThrottled: false, now: 2.1 + Double(step) / 10) }
        #expect(try #require(rate.currentRate) > lowered * 1.5)
        rate.replied(isThrottled: true, now: 12.1)
        rate.replied(isThrottled: true, now: 12.2)
        #expect(try #require(rate.currentRate) < lowered * 1.5)
    }

    @Test("it never falls to a standstill")
    func floor() throws {
        var rate = AdaptiveRate(now: 0)
        for step in 0..<50 { rate.replied(isThrottled: true, now: Double(step)) }
        #expect(try #require(rate.currentRate) == 0.5)
        #expect(rate.take(now: 50) <= 2)
    }

    @Test("each API on its own, and no waiting beyond the deadline")
    func limiter() async throws {
        let limiter = APIRateLimiter()
        for _ in 0..<5 { limiter.replied("CreateVolume", isThrottled: true) }
        #expect(try await limiter.admit("DescribeVolumes", deadline: nil) == nil)
        // The first may find a token; not all of them do.
        var waits: [Duration?] = []
        for _ in 0..<5 { waits.append(try await limiter.admit("CreateVolume", deadline: .now)) }
        #expect(waits.contains { $0 != nil })
    }
}

@Suite("Trying again")
struct RetriesTests {
    private let quick = RetrySchedule.Policy(base: .milliseconds(1), cap: .milliseconds(2))

    /// Tries with these outcomes, one after another; the last one again and again.
    private func run(
        _ outcomes: [Result<HTTPReply, HTTPFailure>], _ policy: RetrySchedule.Policy? = nil,
        deadline: ContinuousClock.Instant? = nil, retriesRefusals: Bool = false
    ) async -> Attempts {
        let count = Mutex(0)
        return await Retries(policy ?? quick).run("Api", deadline: deadline) { outcome in
            switch outcome {
            case .success(let reply):
                reply.status >= 500 || retriesRefusals && reply.status == 401
                    ? .again(after: reply.retryAfter) : .settled
            case .failure: .again()
            }
        } attempt: { () throws(HTTPFailure) in
            let number = count.withLock { count in
                defer { count += 1 }
                return min(count, outcomes.count - 1)
            }
            return try outcomes[number].get()
        }
    }

    private static let lost = HTTPFailure(.lost, mayHaveArrived: true, "lost")
    private static let refused = HTTPFailure(.notSent, mayHaveArrived: false, "refused")

    @Test("until it is settled")
    func settled() async throws {
        let attempts = await run([
            .success(HTTPReply(status: 503)), .failure(Self.refused), .success(HTTPReply(status: 400)),
        ])
        #expect(try attempts.outcome.get().status == 400)
        #expect(attempts.count == 3)
        #expect(attempts.verdict == .settled)
        #expect(!attempts.earlierMayHaveArrived)
    }

    @Test("a lost reply is remembered when a later try is answered")
    func lostReply() async throws {
        let attempts = await run([.failure(Self.lost), .success(HTTPReply(status: 409))])
        #expect(try attempts.outcome.get().status == 409)
        #expect(attempts.earlierMayHaveArrived)
        #expect(attempts.mayHaveArrived)
        #expect(await run([.failure(Self.refused), .success(HTTPReply(status: 200))]).mayHaveArrived == false)
    }

    @Test("a server's fault may have come after the effect; that it is not available, or throttles, may not")
    func faults() async {
        for (status, mayHave) in [(500, true), (502, true), (504, true), (503, false)] {
            let attempts = await run([.success(HTTPReply(status: status)), .success(HTTPReply(status: 409))])
            #expect(attempts.earlierMayHaveArrived == mayHave, "\(status)")
        }
    }

    @Test("without time for another, the last outcome is given with the pause that there would have been")
    func noTime() async throws {
        let busy = HTTPReply(status: 503, headers: ["Retry-After": "30"])
        let attempts = await run([.success(busy)], deadline: .now + .seconds(20))
        #expect(try attempts.outcome.get().status == 503)
        #expect(attempts.count == 1)
        #expect(try #require(attempts.nextTryAfter) >= .seconds(30))
        #expect(attempts.verdict == .again(after: .seconds(30)))
    }

    @Test("what met the deadline or was given up is not tried again")
    func ended() async {
        for kind in [HTTPFailure.Kind.deadline, .cancelled] {
            let attempts = await run([.failure(HTTPFailure(kind, mayHaveArrived: true, "ended"))])
            #expect(attempts.count == 1)
            #expect(attempts.verdict == .settled)
        }
    }

    @Test("when the deadline cuts a try short, what the server answered before it is what is told")
    func cutShort() async throws {
        let busy = HTTPReply(status: 503, headers: ["Retry-After": "0"])
        let late = HTTPFailure(.deadline, mayHaveArrived: true, "late")
        let attempts = await run([.success(busy), .failure(late)])
        #expect(try attempts.outcome.get().status == 503)
        #expect(attempts.count == 2)
        #expect(attempts.nextTryAfter != nil)
        #expect(attempts.mayHaveArrived)
        // No reply, or one that the next try was to do better than, as with new credentials: the time was the reason.
        for first in [.failure(Self.lost), .success(HTTPReply(status: 401))] as [Result<HTTPReply, HTTPFailure>] {
            let others = await run([first, .failure(late)], retriesRefusals: true)
            #expect(throws: HTTPFailure.self) { try others.outcome.get() }
            #expect(others.count == 2 && others.nextTryAfter == nil)
        }
    }

    @Test("a task that is cancelled between two tries ends there")
    func cancelled() async throws {
        let slow = RetrySchedule.Policy(base: .seconds(600), cap: .seconds(600))
        let attempts = try await withThrowingTaskGroup(of: Attempts.self) { group in
            group.addTask { await run([.failure(Self.lost)], slow) }
            group.cancelAll()
            return try #require(try await group.next())
        }
        guard case .failure(let failure) = attempts.outcome else {
            Issue.record("no failure")
            return
        }
        #expect(failure.kind == .cancelled)
        #expect(attempts.mayHaveArrived)
    }
}
