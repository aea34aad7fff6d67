/// What is to be done now, what later, and what is in hand: each item once, and never twice at the same time.
///
/// Pure: the time comes in as an argument. ``WorkQueue`` puts it behind a lock and waits.
struct WorkSchedule<Item: Hashable & Sendable>: Sendable {
    typealias Instant = ContinuousClock.Instant

    private struct Delayed: Sendable {
        var due: Instant
        var item: Item
    }

    private var ready = Line<Item>()
    private var isReady: Set<Item> = []
    private var inHand: Set<Item> = []
    /// Came again while in hand: goes to the end of the line when it is finished.
    private var again: Set<Item> = []
    /// A binary heap by `due`. An entry that ``dueTimes`` does not confirm was overtaken by an earlier one.
    private var delayed: [Delayed] = []
    private var dueTimes: [Item: Instant] = [:]

    init() {}

    var readyCount: Int { isReady.count }
    var inHandCount: Int { inHand.count }
    var isIdle: Bool { isReady.isEmpty && inHand.isEmpty && dueTimes.isEmpty }

    mutating func add(_ item: Item) {
        if inHand.contains(item) {
            again.insert(item)
        } else if isReady.insert(item).inserted {
            ready.append(item)
        }
    }

    /// At `due`, unless it stands there for an earlier time already.
    mutating func add(_ item: Item, at due: Instant) {
        if let known = dueTimes[item], known <= due { return }
        dueTimes[item] = due
        delayed.append(Delayed(due: due, item: item))
        siftUp(from: delayed.count - 1)
    }

    /// The item that has waited longest; it is in hand until ``finish(_:)``.
    mutating func take(now: Instant) -> Item? {
        promote(now: now)
        guard let item = ready.popFirst() else { return nil }
        isReady.remove(item)
        inHand.insert(item)
        return item
    }

    mutating func finish(_ item: Item) {
        inHand.remove(item)
        if again.remove(item) != nil { add(item) }
    }

    /// When the next delayed item is due; `nil` when none is.
    mutating func nextDue() -> Instant? {
        dropOvertaken()
        return delayed.first?.due
    }

    private mutating func promote(now: Instant) {
        while true {
            dropOvertaken()
            guard let first = delayed.first, first.due <= now else { return }
            removeFirst()
            dueTimes[first.item] = nil
            add(first.item)
        }
    }

    private mutating func dropOvertaken() {
        while let first = delayed.first, dueTimes[first.item] != first.due { removeFirst() }
    }

    private mutating func removeFirst() {
        delayed.swapAt(0, delayed.count - 1)
        delayed.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < delayed.count && delayed[child].due < delayed[least].due {
                least = child
            }
            if least == parent { return }
            delayed.swapAt(parent, least)
            parent = least
        }
    }

    private mutating func siftUp(from start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard delayed[child].due < delayed[parent].due else { return }
            delayed.swapAt(child, parent)
            child = parent
        }
    }
}
