import Synchronization
import Testing

@testable import DriverHost

@Suite("Waiting for a turn")
struct CallGateTests {
    /// Counts who is inside, and the most there ever were.
    private final class Room: Sendable {
        private let state = Mutex((inside: 0, most: 0))
        var most: Int { state.withLock { $0.most } }
        private let names = Mutex<[Int]>([])
        var order: [Int] { names.withLock { $0 } }
        func sign(_ name: Int) { names.withLock { $0.append(name) } }
        func enter() { state.withLock { $0 = ($0.inside + 1, max($0.most, $0.inside + 1)) } }
        func leave() { state.withLock { $0.inside -= 1 } }
    }

    @Test("no more than the limit are let through at a time, and in the end all")
    func limit() async throws {
        let gate = CallGate(limit: 3, maximumWaiting: 100)
        let room = Room()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await gate.withTurn(nil) {
                        room.enter()
                        await Task.yield()
                        room.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(room.most <= 3)
        #expect(gate.running == 0)
        #expect(gate.waiting == 0)
    }

    @Test("of those about one thing only one is let through, and others pass them by")
    func keys() async throws {
        let gate = CallGate(limit: 10, maximumWaiting: 100)
        let rooms = [Room(), Room()]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                group.addTask {
                    try await gate.withTurn("key \(number % 2)") {
                        rooms[number % 2].enter()
                        await Task.yield()
                        rooms[number % 2].leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(rooms.map(\.most) == [1, 1])
    }

    @Test("one who waits for its thing does not hold up those behind it")
    func overtaking() async throws {
        let gate = CallGate(limit: 2, maximumWaiting: 100)
        let release = WakeSignal()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await gate.withTurn("a") { await release.wait(atMost: .seconds(20)) } }
            try await eventually("the first is not in") { gate.running == 1 }
            group.addTask { try await gate.withTurn("a") {} }
            try await eventually("the second does not wait") { gate.waiting == 1 }
            try await gate.withTurn("b") {}
            release.signal()
            try await group.waitForAll()
        }
        #expect(gate.running == 0)
    }

    @Test("those who wait for the same thing come in their order")
    func order() async throws {
        let gate = CallGate(limit: 5, maximumWaiting: 100)
        let release = WakeSignal()
        let room = Room()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await gate.withTurn("a") { await release.wait(atMost: .seconds(20)) } }
            try await eventually("the first is not in") { gate.running == 1 }
            for number in 0..<10 {
                group.addTask { try await gate.withTurn("a") { room.sign(number) } }
                try await eventually("it does not wait") { gate.waiting == number + 1 }
            }
            release.signal()
            try await group.waitForAll()
        }
        #expect(room.order == Array(0..<10))
    }

    @Test("one who gives up leaves the queue, and takes nobody's turn")
    func cancellation() async throws {
        let gate = CallGate(limit: 1, maximumWaiting: 100)
        let release = WakeSignal()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await gate.withTurn(nil) { await release.wait(atMost: .seconds(20)) } }
            try await eventually("the first is not in") { gate.running == 1 }
            await withTaskGroup(of: CallGate.Refusal?.self) { waiting in
                for _ in 0..<2 {
                    waiting.addTask {
                        do throws(CallGate.Refusal) {
                            try await gate.withTurn(nil) {}
                            return nil
                        } catch {
                            return error
                        }
                    }
                }
                try? await eventually("they do not wait") { gate.waiting == 2 }
                waiting.cancelAll()
                for await refusal in waiting { #expect(refusal == .cancelled) }
            }
            #expect(gate.waiting == 0)
            release.signal()
            try await group.waitForAll()
        }
        try await gate.withTurn(nil) {}
        #expect(gate.running == 0)
    }

    @Test("when too many wait, the next is refused")
    func full() async throws {
        let gate = CallGate(limit: 1, maximumWaiting: 1)
        let release = WakeSignal()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask { try await gate.withTurn(nil) { await release.wait(atMost: .seconds(20)) } }
            }
            try await eventually("they are not there") { gate.running == 1 && gate.waiting == 1 }
            await #expect(throws: CallGate.Refusal.full) { try await gate.withTurn(nil) {} }
            release.signal()
            try await eventually("the second does not get its turn") { gate.waiting == 0 }
            release.signal()
            try await group.waitForAll()
        }
    }
}
