import Testing

@testable import Provisioning

@Suite("Attempts")
struct AttemptsTests {
    let attempts = Attempts(BackoffSchedule(base: .seconds(100), cap: .seconds(1000)), random: { 0.5 })
    let key = Attempts.Key.uid("u")

    @Test("what failed waits, longer each time")
    func waits() {
        #expect(attempts.note(.failed, key, Attempts.Basis()) == .seconds(100))
        #expect(attempts.note(.failed, key, Attempts.Basis()) == .seconds(200))
        #expect(attempts.wait(for: key, Attempts.Basis()) != nil)
    }

    @Test("what only a change can help waits longest at once")
    func forGood() {
        #expect(attempts.note(.failedForGood, key, Attempts.Basis()) == .seconds(1000))
    }

    @Test(
        "another class, size, node or driver makes the next attempt a first one",
        arguments: [
            Attempts.Basis(classUID: "other"), Attempts.Basis(requestBytes: 1), Attempts.Basis(nodeName: "n"),
            Attempts.Basis(driver: 2),
        ])
    func reset(basis: Attempts.Basis) {
        _ = attempts.note(.failedForGood, key, Attempts.Basis())
        #expect(attempts.wait(for: key, basis) == nil)
        #expect(attempts.note(.failed, key, basis) == .seconds(100))
    }

    @Test("the driver's own wish is the least")
    func least() {
        #expect(attempts.note(.failed, key, Attempts.Basis(), least: .seconds(700)) == .seconds(700))
    }

    @Test("a success forgets the failures")
    func forget() {
        _ = attempts.note(.failed, key, Attempts.Basis())
        attempts.forget(key)
        #expect(attempts.wait(for: key, Attempts.Basis()) == nil)
    }

    @Test("what is under way is asked for again sooner than what failed")
    func polling() {
        let standard = Attempts(.standard, random: { 0.5 })
        for _ in 0..<20 { _ = standard.note(.pending, key, Attempts.Basis()) }
        #expect(standard.note(.pending, key, Attempts.Basis()) == .seconds(10))
    }
}
