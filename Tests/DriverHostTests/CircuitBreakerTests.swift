import Testing

@testable import DriverHost

@Suite("Resting a driver")
struct CircuitBreakerTests {
    private let start = ContinuousClock.now

    private func breaker() -> CircuitBreaker {
        CircuitBreaker(
            threshold: 3, rests: BackoffSchedule(first: .seconds(5), most: .seconds(40), jitter: 0))
    }

    private func fail(_ breaker: inout CircuitBreaker, _ times: Int, at time: ContinuousClock.Instant) {
        for _ in 0..<times { _ = breaker.failed(at: time, random: 0.5) }
    }

    @Test("failures below the threshold change nothing")
    func below() {
        var breaker = breaker()
        fail(&breaker, 2, at: start)
        #expect(breaker.admit(at: start) == .allowed)
    }

    @Test("an answer in between starts the count again")
    func answered() {
        var breaker = breaker()
        fail(&breaker, 2, at: start)
        breaker.answered()
        fail(&breaker, 2, at: start)
        #expect(breaker.admit(at: start) == .allowed)
    }

    @Test("at the threshold it opens, and says so once")
    func opens() {
        var breaker = breaker()
        let opened = (0..<4).map { _ in breaker.failed(at: start, random: 0.5) }
        #expect(opened == [false, false, true, false])
        #expect(breaker.admit(at: start + .seconds(4)) == .refused(until: start + .seconds(5)))
        #expect(breaker.restsUntil == start + .seconds(5))
    }

    @Test("after the rest one call tries, and others wait for it")
    func probe() {
        var breaker = breaker()
        fail(&breaker, 3, at: start)
        let later = start + .seconds(5)
        #expect(breaker.admit(at: later) == .probe)
        #expect(breaker.admit(at: later) == .refused(until: later + .seconds(1)))
        breaker.answered()
        #expect(breaker.admit(at: later) == .allowed)
    }

    @Test("each trial that fails doubles the rest, up to the longest")
    func growing() {
        var breaker = breaker()
        fail(&breaker, 3, at: start)
        var now = start
        for rest in [5, 10, 20, 40, 40] {
            #expect(breaker.restsUntil == now + .seconds(rest))
            now = now + .seconds(rest)
            #expect(breaker.admit(at: now) == .probe)
            let opened = breaker.failed(at: now, random: 0.5)
            #expect(opened)
        }
    }

    @Test("a trial that its caller gave up is followed by another at once")
    func abandoned() {
        var breaker = breaker()
        fail(&breaker, 3, at: start)
        #expect(breaker.admit(at: start + .seconds(5)) == .probe)
        breaker.abandoned(at: start + .seconds(5))
        #expect(breaker.admit(at: start + .seconds(5)) == .probe)
    }

    @Test("one event counts once")
    func incident() {
        var breaker = breaker()
        for _ in 0..<10 { _ = breaker.failed(at: start, incident: 1, random: 0.5) }
        #expect(breaker.admit(at: start) == .allowed)
        for incident in 2...3 { _ = breaker.failed(at: start, incident: UInt64(incident), random: 0.5) }
        #expect(breaker.restsUntil != nil)
    }

    @Test("delays double from try to try, up to the bound, and vary by a fifth")
    func backoff() {
        let schedule = BackoffSchedule(first: .seconds(1), most: .seconds(10))
        #expect((0..<6).map { schedule.delay(attempt: $0, random: 0.5) } == [1, 2, 4, 8, 10, 10].map { .seconds($0) })
        #expect(schedule.delay(attempt: 1000, random: 0.5) == .seconds(10))
        #expect(schedule.delay(attempt: 0, random: 0) < .milliseconds(801))
        #expect(schedule.delay(attempt: 0, random: 1) > .milliseconds(1199))
    }
}

@Suite("Counting latencies")
struct LatencyHistogramTests {
    @Test("quantiles are right to an eighth, whatever the scale", arguments: [1, 100, 10_000, 1_000_000, 600_000_000])
    func quantiles(microseconds: Int) throws {
        var histogram = LatencyHistogram()
        for number in 1...1000 { histogram.record(.microseconds(microseconds * number / 100)) }
        for (quantile, exact) in [(0.5, 500), (0.99, 990)] {
            let found = try #require(histogram.quantile(quantile)).microseconds
            let expected = Int64(microseconds * exact / 100)
            #expect(found >= expected && found <= expected + expected / 8 + 1)
        }
    }

    @Test("without calls there is none, and no duration is too long")
    func bounds() {
        var histogram = LatencyHistogram()
        #expect(histogram.quantile(0.5) == nil)
        histogram.record(.seconds(1_000_000_000))
        histogram.record(.zero)
        #expect(histogram.count == 2)
        #expect(histogram.quantile(0.5) == .zero)
    }
}
