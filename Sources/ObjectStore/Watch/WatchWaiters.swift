import KubernetesAPI

/// The watches of one kind that have read everything and wait for more.
///
/// Those of one name (`kubectl wait` and `kubectl delete` make them) are found by it: thousands of them cost a commit
/// nothing.
struct WatchWaiters {
    struct Waiter: Sendable {
        var id: Int
        var filter: ObjectFilter
        var wantsBookmarks: Bool
        /// Where it continues. Moved on when it is awakened: what came in between did not concern it.
        var position: Int
        var continuation: CheckedContinuation<Int, Never>
    }

    private var byName: [String: [Int: Waiter]] = [:]
    private var unnamed: [Int: Waiter] = [:]

    mutating func insert(_ waiter: Waiter) {
        if let name = waiter.filter.exactName {
            byName[name, default: [:]][waiter.id] = waiter
        } else {
            unnamed[waiter.id] = waiter
        }
    }

    mutating func remove(_ id: Int, name: String?) -> Waiter? {
        guard let name else { return unnamed.removeValue(forKey: id) }
        let waiter = byName[name]?.removeValue(forKey: id)
        if byName[name]?.isEmpty ?? false { byName[name] = nil }
        return waiter
    }

    /// Moves those whom a change of `key` concerns to `awakened`; `position` is the change's.
    mutating func take(concerning key: ObjectKey, position: Int, into awakened: inout [Waiter]) {
        if !unnamed.isEmpty { Self.take(from: &unnamed, key, position, into: &awakened) }
        guard !byName.isEmpty, var named = byName[key.name] else { return }
        Self.take(from: &named, key, position, into: &awakened)
        byName[key.name] = named.isEmpty ? nil : named
    }

    mutating func takeBookmarked(position: Int, into awakened: inout [Waiter]) {
        for waiter in all where waiter.wantsBookmarks {
            guard var taken = remove(waiter.id, name: waiter.filter.exactName) else { continue }
            taken.position = position
            awakened.append(taken)
        }
    }

    var all: [Waiter] { Array(unnamed.values) + byName.values.flatMap(\.values) }

    private static func take(
        from waiters: inout [Int: Waiter], _ key: ObjectKey, _ position: Int, into awakened: inout [Waiter]
    ) {
        for (id, waiter) in waiters where waiter.filter.concerns(key) {
            var taken = waiter
            taken.position = position
            awakened.append(taken)
            waiters[id] = nil
        }
    }
}
