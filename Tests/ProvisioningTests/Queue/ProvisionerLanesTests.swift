import Testing

@testable import Provisioning

@Suite("Lanes of provisioners")
struct ProvisionerLanesTests {
    @Test("a full lane keeps the rest in line, and each that leaves lets the next in")
    func inLine() {
        var lanes = ProvisionerLanes(width: 1)
        let entered = ["a", "b", "c"].map { lanes.enter("p", .volume($0)) }
        #expect(entered == [true, false, false])
        #expect(lanes.leave("p", .volume("a")) == .volume("b"))
    }

    @Test("who asks twice stands in line once")
    func onceInLine() {
        var lanes = ProvisionerLanes(width: 1)
        _ = lanes.enter("p", .volume("a"))
        _ = lanes.enter("p", .volume("b"))
        _ = lanes.enter("p", .volume("b"))
        #expect(lanes.leave("p", .volume("a")) == .volume("b"))
        #expect(lanes.leave("p", .volume("b")) == nil)
    }

    @Test("a full lane does not hold up another")
    func separate() {
        var lanes = ProvisionerLanes(width: 1)
        _ = lanes.enter("slow", .volume("a"))
        let entered = lanes.enter("fast", .volume("b"))
        #expect(entered)
    }

    @Test("who is called up and does not come in lets the next in")
    func calledInVain() {
        var lanes = ProvisionerLanes(width: 1)
        for name in ["a", "b", "c"] { _ = lanes.enter("p", .volume(name)) }
        #expect(lanes.leave("p", .volume("a")) == .volume("b"))
        #expect(lanes.finish(.volume("a")) == nil)
        #expect(lanes.finish(.volume("b")) == .volume("c"))
        #expect(lanes.finish(.volume("b")) == nil)
    }

    @Test("who came in without being called up is not called up again")
    func cameByItself() {
        var lanes = ProvisionerLanes(width: 2)
        for name in ["a", "b", "c", "d"] { _ = lanes.enter("p", .volume(name)) }
        #expect(lanes.leave("p", .volume("a")) == .volume("c"))
        // "d" is faster than "c".
        let entered = lanes.enter("p", .volume("d"))
        #expect(entered)
        #expect(lanes.leave("p", .volume("d")) == nil)
    }

    @Test("everybody gets through, in whatever order things happen")
    func everybody() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            var lanes = ProvisionerLanes(width: 3)
            var unfinished = Set((0..<40).map { WorkItem.volume("\($0)") })
            var inside: [WorkItem] = []
            var queued = Array(unfinished)
            while !queued.isEmpty || !inside.isEmpty {
                if let item = queued.popLast() {
                    // Some are looked at twice, as events have it, and some turn out to be finished already.
                    if unfinished.contains(item), !inside.contains(item), lanes.enter("p", item) {
                        inside.append(item)
                    }
                    if let next = lanes.finish(item) { queued.insert(next, at: 0) }
                }
                if Bool.random(using: &generator) || queued.isEmpty, let done = inside.popLast() {
                    unfinished.remove(done)
                    if let next = lanes.leave("p", done) { queued.insert(next, at: 0) }
                    if Bool.random(using: &generator) { queued.append(done) }
                }
            }
            #expect(unfinished.isEmpty)
        }
    }
}
