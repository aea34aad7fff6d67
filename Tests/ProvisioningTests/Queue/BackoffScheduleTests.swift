import Testing

@testable import Provisioning

@Suite("Backoff")
struct BackoffScheduleTests {
    let schedule = BackoffSchedule(base: .seconds(1), cap: .seconds(300))

    @Test(
        "doubles from the base to the cap",
        arguments: zip([1, 2, 3, 8, 9, 10, 100, .max], [1, 2, 4, 128, 256, 300, 300, 300]))
    func doubles(failures: Int, seconds: Int) {
        #expect(schedule.delay(afterFailures: failures, random: 0.5) == .seconds(seconds))
    }

    @Test("jitter spreads a delay by a quarter to either side")
    func jitter() {
        #expect(schedule.delay(afterFailures: 3, random: 0) == .seconds(3))
        #expect(schedule.delay(afterFailures: 3, random: 1) == .seconds(5))
    }

    @Test("jitter never leaves the range from base to cap", arguments: [0.0, 1.0])
    func bounds(random: Double) {
        #expect(schedule.delay(afterFailures: 1, random: random) >= .seconds(1))
        #expect(schedule.delay(afterFailures: 50, random: random) <= .seconds(300))
    }
}
