import KubernetesAPI

/// Which Event objects have had their time: older than Kubernetes keeps them, or beyond the number that is kept.
struct EventRetention {
    struct Limits: Sendable {
        var age: Duration
        var count: Int
    }

    struct Entry: Sendable {
        var key: ObjectKey
        var version: UInt64
        var writtenAt: Int64
    }

    private let limits: Limits
    /// Each write of an event, oldest first. An event that was written again or removed since is found out when its
    /// turn comes.
    private var entries: [Entry]
    private var start = 0

    init(_ limits: Limits, loaded: [Entry]) {
        self.limits = limits
        entries = loaded.sorted { $0.version < $1.version }
    }

    mutating func note(_ changes: [Change], writtenAt: Int64) {
        for change in changes where change.kind == .event && !change.isRemoval {
            entries.append(
                Entry(key: change.object.key, version: change.object.resourceVersion, writtenAt: writtenAt))
        }
    }

    /// The events to remove now, at most `batch` of them, so that no commit waits for a long clean-up.
    ///
    /// - Parameters:
    ///   - now: Seconds since 1970.
    ///   - count: How many events there are.
    ///   - isPresent: Whether an event is still at a version.
    mutating func due(
        now: Int64, count: Int, batch: Int, isPresent: (ObjectKey, UInt64) -> Bool
    ) -> [Entry] {
        var due: [Entry] = []
        while start < entries.count, due.count < batch {
            let oldest = entries[start]
            let isDue =
                count - due.count > limits.count || now - oldest.writtenAt > limits.age.components.seconds
            // A stale entry at the front goes in any case.
            guard isPresent(oldest.key, oldest.version) else {
                start += 1
                continue
            }
            guard isDue else { break }
            due.append(oldest)
            start += 1
        }
        dropRead(count: count, isPresent: isPresent)
        return due
    }

    /// Takes back what was due, because its removal could not be committed.
    mutating func putBack(_ due: [Entry]) {
        entries.insert(contentsOf: due, at: start)
    }

    private mutating func dropRead(count: Int, isPresent: (ObjectKey, UInt64) -> Bool) {
        if start > 1024, start * 2 > entries.count {
            entries.removeFirst(start)
            start = 0
        }
        // One event that is counted up again and again leaves an entry each time.
        if entries.count - start > 4 * max(count, 1024) {
            entries = entries[start...].filter { isPresent($0.key, $0.version) }
            start = 0
        }
    }
}
