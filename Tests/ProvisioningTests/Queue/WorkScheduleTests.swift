import Testing

@testable import Provisioning

@Suite("Work schedule")
struct WorkScheduleTests {
    let start = ContinuousClock.now

    @Test("an item that is added twice is taken once")
    func once() {
        var schedule = WorkSchedule<String>()
        schedule.add("a")
        schedule.add("a")
        #expect(schedule.take(now: start) == "a")
        #expect(schedule.take(now: start) == nil)
    }

    @Test("items come in the order in which they were added")
    func order() {
        var schedule = WorkSchedule<Int>()
        for number in 0..<500 { schedule.add(number) }
        let taken = (0..<500).compactMap { _ in schedule.take(now: start) }
        #expect(taken == Array(0..<500))
    }

    @Test("an item that is added while in hand comes again when it is finished, and not before")
    func again() {
        var schedule = WorkSchedule<String>()
        schedule.add("a")
        _ = schedule.take(now: start)
        schedule.add("a")
        #expect(schedule.take(now: start) == nil)
        schedule.finish("a")
        #expect(schedule.take(now: start) == "a")
    }

    @Test("a delayed item comes when it is due")
    func delayed() {
        var schedule = WorkSchedule<String>()
        schedule.add("a", at: start + .seconds(5))
        #expect(schedule.take(now: start + .seconds(4)) == nil)
        #expect(schedule.nextDue() == start + .seconds(5))
        #expect(schedule.take(now: start + .seconds(5)) == "a")
        #expect(schedule.nextDue() == nil)
    }

    @Test("of two times for one item the earlier counts, in whatever order they come", arguments: [[3, 7], [7, 3]])
    func earlier(seconds: [Int]) {
        var schedule = WorkSchedule<String>()
        for second in seconds { schedule.add("a", at: start + .seconds(second)) }
        #expect(schedule.take(now: start + .seconds(3)) == "a")
        schedule.finish("a")
        #expect(schedule.take(now: start + .seconds(8)) == nil)
    }

    @Test("many delayed items come in the order of their times")
    func heap() {
        var schedule = WorkSchedule<Int>()
        for number in (0..<200).shuffled() { schedule.add(number, at: start + .seconds(number)) }
        var taken: [Int] = []
        for number in 0..<200 {
            while let item = schedule.take(now: start + .seconds(number)) { taken.append(item) }
        }
        #expect(taken == Array(0..<200))
    }
}
