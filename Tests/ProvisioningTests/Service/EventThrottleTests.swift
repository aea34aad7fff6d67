import KubernetesAPI
import Testing

@testable import Provisioning

@Suite("Which events are written")
struct EventThrottleTests {
    private let start = ContinuousClock.now
    private let object = Objects.claim().reference
    private let notice = Notice(.warning, "ProvisioningFailed", "no (berth driver calls show c-1)", sameness: "no")

    @Test("the same again counts up the event that is there")
    func recurs() {
        var throttle = EventThrottle()
        #expect(throttle.admit(notice, about: object, now: start) == .create)
        let event = ObjectKey(namespace: "default", name: "data.1")
        throttle.wrote(notice, about: object, as: event)
        let again = Notice(.warning, "ProvisioningFailed", "no (berth driver calls show c-2)", sameness: "no")
        #expect(throttle.admit(again, about: object, now: start) == .recur(event, count: 2))
        #expect(throttle.admit(again, about: object, now: start) == .recur(event, count: 3))
    }

    @Test("another reason, text or object makes another event")
    func others() {
        var throttle = EventThrottle()
        _ = throttle.admit(notice, about: object, now: start)
        #expect(throttle.admit(Notice(.warning, "Other", "no"), about: object, now: start) == .create)
        #expect(throttle.admit(Notice(.warning, "ProvisioningFailed", "x"), about: object, now: start) == .create)
        let other = Objects.claim { $0.metadata.uid = "other" }.reference
        #expect(throttle.admit(notice, about: other, now: start) == .create)
    }

    @Test("one object gets 25 at once, then one in five minutes")
    func perObject() {
        var throttle = EventThrottle()
        let admitted = (0..<100).count { number in
            throttle.admit(Notice(.warning, "R", "\(number)"), about: object, now: start) != .drop
        }
        #expect(admitted == 25)
        #expect(throttle.admit(Notice(.warning, "R", "later"), about: object, now: start + .seconds(290)) == .drop)
        #expect(throttle.admit(Notice(.warning, "R", "later"), about: object, now: start + .seconds(301)) == .create)
    }

    @Test("news that all is well gives way when thousands come at once, warnings later")
    func flood() {
        func admitted(_ severity: Event.Severity) -> Int {
            var throttle = EventThrottle()
            return (0..<3000).count { number in
                let object = Objects.claim { $0.metadata.uid = "u\(number)" }.reference
                return throttle.admit(Notice(severity, "R", "m"), about: object, now: start) != .drop
            }
        }
        #expect(admitted(.normal) == 500)
        #expect(admitted(.warning) == 1000)
    }

    @Test("an event that was not written is a new one the next time")
    func forgotten() {
        var throttle = EventThrottle()
        _ = throttle.admit(notice, about: object, now: start)
        throttle.forget(notice, about: object)
        #expect(throttle.admit(notice, about: object, now: start) == .create)
    }
}
