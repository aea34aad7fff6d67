import KubernetesAPI

/// The latest changes to one kind, bounded: where watches begin and continue.
///
/// Positions count all changes ever seen, so that they stay valid when old ones are dropped.
struct EventHistory {
    struct Limits: Sendable {
        var count: Int
        var bytes: Int
    }

    private let limits: Limits
    private var changes: [Change] = []
    /// How many at the front of `changes` are dropped but not yet moved out: that happens once for many.
    private var droppedCount = 0
    private var byteCount = 0
    /// The position of `changes[0]`.
    private var firstPosition = 0
    /// Every change after this version is here.
    private(set) var floor: UInt64

    init(floor: UInt64, limits: Limits) {
        self.floor = floor
        self.limits = limits
    }

    /// The position of the next change to come.
    var endPosition: Int { firstPosition + changes.count }

    mutating func append(_ change: Change) {
        changes.append(change)
        byteCount += change.object.encoded.count
        while changes.count - droppedCount > limits.count || (byteCount > limits.bytes && droppedCount < changes.count)
        {
            let dropped = changes[droppedCount]
            byteCount -= dropped.object.encoded.count
            floor = dropped.object.resourceVersion
            droppedCount += 1
        }
        guard droppedCount > 256, droppedCount * 4 > changes.count else { return }
        changes.removeFirst(droppedCount)
        firstPosition += droppedCount
        droppedCount = 0
    }

    /// Where the changes after a version begin. `nil`: some of them are dropped.
    func position(after version: UInt64) -> Int? {
        guard version >= floor else { return nil }
        return firstPosition + changes.partitionPoint { $0.object.resourceVersion > version }
    }

    /// At most `limit` changes from a position on. `nil`: the one at `position` is dropped.
    ///
    /// An array of its own: a slice would make the next append copy the whole history.
    func changes(from position: Int, limit: Int) -> [Change]? {
        guard position >= firstPosition + droppedCount else { return nil }
        return Array(changes[(position - firstPosition)...].prefix(limit))
    }
}
