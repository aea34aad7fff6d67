import Testing

@testable import CloudSimulators

@Suite("Fault plans")
struct FaultPlanTests {
    private func plan(_ yaml: String) throws -> FaultPlan {
        var plan = FaultPlan()
        _ = try plan.add(try FaultRule.rules(Array(yaml.utf8), file: "faults.yaml"))
        return plan
    }

    private func struck(_ yaml: String, count: Int) throws -> [Bool] {
        var plan = try plan(yaml)
        return (0..<count).map { _ in plan.faults(of: CloudOperation("CreateVolume")).outcome != nil }
    }

    @Test("a rate strikes its share, the same in every run with the same seed, another with another")
    func rate() throws {
        let first = try struck("{fault: resetAfter, rate: 0.2, seed: 7}", count: 5000)
        #expect(first == (try struck("{fault: resetAfter, rate: 0.2, seed: 7}", count: 5000)))
        #expect(first != (try struck("{fault: resetAfter, rate: 0.2, seed: 8}", count: 5000)))
        #expect((900...1100).contains(first.count { $0 }))
        #expect(try struck("{fault: resetAfter, rate: 0}", count: 100).allSatisfy { !$0 })
    }

    @Test("two rules with one rate and one seed do not strike the same requests")
    func independentDice() throws {
        var plan = try plan(
            "faults: [{fault: latency, delay: 1s, rate: 0.5}, {fault: latency, delay: 1ms, rate: 0.5}]")
        let decisions = (0..<200).map { _ in plan.faults(of: CloudOperation("A")).latency }
        #expect(Set(decisions) == [.zero, .seconds(1), .milliseconds(1), .milliseconds(1001)])
    }

    @Test("a count ends a rule")
    func count() throws {
        #expect(try struck("{fault: quota, count: 2}", count: 4) == [true, true, false, false])
    }

    @Test("patterns choose by operation, resource and zone")
    func patterns() throws {
        var plan = try plan(
            """
            faults:
              - {name: a, fault: latency, delay: 1ms, operation: [Create*, DeleteVolume]}
              - {name: b, fault: latency, delay: 1ms, resource: "vol-?1"}
              - {name: c, fault: latency, delay: 1ms, zone: us-east-1a}
            """)
        #expect(plan.faults(of: CloudOperation("CreateVolume")).names == ["a"])
        #expect(plan.faults(of: CloudOperation("DeleteVolume", resource: "vol-11")).names == ["a", "b"])
        #expect(plan.faults(of: CloudOperation("DescribeVolumes", resource: "vol-012")).names == [])
        #expect(plan.faults(of: CloudOperation("DescribeVolumes", zone: "us-east-1a")).names == ["c"])
    }

    @Test("the first fault that decides the outcome ends the asking; those before it join")
    func order() throws {
        var plan = try plan(
            """
            faults:
              - {fault: latency, delay: 1s}
              - {fault: invisible, duration: 2s}
              - {fault: stuck}
              - {fault: resetAfter, count: 1}
              - {name: last, fault: throttle, count: 1}
            """)
        let first = plan.faults(of: CloudOperation("A"))
        #expect(first.latency == .seconds(1))
        #expect(first.effects == FaultEffects(invisibleFor: .seconds(2), isStuck: true))
        #expect(first.outcome == .wire(.resetAfter))
        #expect(plan.faults(of: CloudOperation("A")).outcome == .answer(.throttled(retryAfter: nil)))
        #expect(plan.faults(of: CloudOperation("A")).outcome == nil)
    }

    @Test("a name is given once")
    func names() throws {
        var plan = try plan("{fault: quota, name: fault-1}")
        #expect(try plan.add([FaultRule(.wire(.halfReply))]) == ["fault-2"])
        var again = FaultRule(.wire(.halfReply))
        again.name = "fault-1"
        #expect(throws: SettingsError.self) { _ = try plan.add([again]) }
        #expect(plan.entries.count == 2)
    }
}
