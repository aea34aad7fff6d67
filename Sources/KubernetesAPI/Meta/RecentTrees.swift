import JSONTree
import Synchronization

/// The trees of the small objects that were decoded last. A new version of an object is looked at several times within
/// milliseconds, by the write that replaces it, by caches and by controllers, and then mostly never again.
final class RecentTrees: Sendable {
    static let shared = RecentTrees(capacity: 256)

    /// Of an object's JSON. Beyond it a tree is worth its parsing: so all of them together stay under some 16 MiB.
    private static let maximumBytes = 16 << 10

    private struct State: Sendable {
        var trees: [ObjectIdentifier: JSONValue] = [:]
        /// Held, so that no other object gets the identity of one of them; the oldest is at `next`.
        var objects: [StoredObject] = []
        var next = 0
    }

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) { self.capacity = capacity }

    /// - Parameter decode: Runs outside the lock, where there is no tree of this object yet.
    func tree<Failure>(
        of object: StoredObject, decode: () throws(Failure) -> JSONValue
    ) throws(Failure) -> JSONValue {
        guard object.encoded.count <= Self.maximumBytes else { return try decode() }
        let identity = ObjectIdentifier(object)
        if let tree = state.withLock({ $0.trees[identity] }) { return tree }
        let tree = try decode()
        // The one that leaves is destroyed outside the lock.
        let leaving = state.withLock { state -> (StoredObject, JSONValue?)? in
            guard state.trees.updateValue(tree, forKey: identity) == nil else { return nil }
            guard state.objects.count == capacity else {
                state.objects.append(object)
                return nil
            }
            let oldest = state.objects[state.next]
            state.objects[state.next] = object
            state.next = (state.next + 1) % capacity
            return (oldest, state.trees.removeValue(forKey: ObjectIdentifier(oldest)))
        }
        _ = leaving
        return tree
    }
}
