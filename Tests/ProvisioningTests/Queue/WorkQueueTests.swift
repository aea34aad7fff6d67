import KubernetesAPI
import Testing

@testable import Provisioning

@Suite("Work queue", .timeLimit(.minutes(1)))
struct WorkQueueTests {
    @Test("wakes the dispatcher for an item that comes while it waits")
    func wakes() async {
        let queue = WorkQueue(limit: 1)
        async let item = queue.next()
        queue.add(.volume("a"))
        #expect(await item == .volume("a"))
    }

    @Test("hands out no more than its limit, until one is finished")
    func limit() async {
        let queue = WorkQueue(limit: 1)
        queue.add([.volume("a"), .volume("b")])
        #expect(await queue.next() == .volume("a"))
        async let second = queue.next()
        queue.finish(.volume("a"))
        #expect(await second == .volume("b"))
    }

    @Test("an item that waits for a driver gives its place to another")
    func suspended() async {
        let queue = WorkQueue(limit: 1)
        queue.add([.volume("a"), .volume("b")])
        #expect(await queue.next() == .volume("a"))
        let second = await queue.whileSuspended { await queue.next() }
        #expect(second == .volume("b"))
    }

    @Test("wakes for an earlier delay than the one it waits for")
    func earlierDelay() async {
        let queue = WorkQueue(limit: 1)
        queue.add(.volume("late"), after: .seconds(3600))
        async let item = queue.next()
        queue.add(.volume("soon"), after: .milliseconds(1))
        #expect(await item == .volume("soon"))
    }

    @Test("ends when its task is cancelled")
    func cancelled() async {
        let queue = WorkQueue(limit: 1)
        await withTaskGroup(of: WorkItem?.self) { group in
            group.addTask { await queue.next() }
            group.cancelAll()
            for await item in group { #expect(item == nil) }
        }
    }
}
