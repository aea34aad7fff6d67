/// Bounds how many items wait for each driver at a time, so that ten thousand claims of one slow driver cost the
/// memory of ``width`` calls. The rest stand in line and are called up in order.
///
/// Pure. The host has its own limit for the calls themselves; this one is about what is held ready for it.
///
/// While anybody stands in line, as many as the lane is wide are inside or called up: each that leaves, and each that was
/// called up and did not come in, calls up the next.
struct ProvisionerLanes: Sendable {
    private struct Lane: Sendable {
        var inside: Set<WorkItem> = []
        /// Those who left the line in another way are still in it; ``isWaiting`` knows better.
        var line = Line<WorkItem>()
        var isWaiting: Set<WorkItem> = []

        mutating func enter(_ item: WorkItem, width: Int) -> Bool {
            if inside.count < width {
                inside.insert(item)
                isWaiting.remove(item)
                return true
            }
            if isWaiting.insert(item).inserted { line.append(item) }
            return false
        }

        mutating func popFirst() -> WorkItem? {
            while let item = line.popFirst() {
                if isWaiting.remove(item) != nil { return item }
            }
            return nil
        }
    }

    let width: Int
    private var lanes: [String: Lane] = [:]
    /// Called up, and not yet come in.
    private var called: [WorkItem: String] = [:]

    init(width: Int) {
        self.width = width
    }

    /// - Returns: Whether `item` may call now; ``leave(_:_:)`` must follow. Otherwise it is called up when it may.
    mutating func enter(_ provisioner: String, _ item: WorkItem) -> Bool {
        called[item] = nil
        return lanes[provisioner, default: Lane()].enter(item, width: width)
    }

    /// - Returns: Who is called up next.
    mutating func leave(_ provisioner: String, _ item: WorkItem) -> WorkItem? {
        lanes[provisioner]?.inside.remove(item)
        return callUp(provisioner)
    }

    /// The work on `item` is over for now. If it was called up it had no need to come in.
    ///
    /// - Returns: Who is called up in its place.
    mutating func finish(_ item: WorkItem) -> WorkItem? {
        called.removeValue(forKey: item).flatMap { callUp($0) }
    }

    private mutating func callUp(_ provisioner: String) -> WorkItem? {
        guard let next = lanes[provisioner]?.popFirst() else {
            if lanes[provisioner]?.inside.isEmpty == true { lanes[provisioner] = nil }
            return nil
        }
        called[next] = provisioner
        return next
    }
}
