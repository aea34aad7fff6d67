import KubernetesAPI
import Synchronization

/// What is durable, as readers see it: all objects, and the latest changes of each kind.
///
/// One lock for all kinds, because a list's resourceVersion must say exactly which changes are in it. It is held for
/// lookups and for splicing in what a commit brought, never for I/O or a scan: a list copies the (shared) index.
final class CommittedObjects: Sendable {
    private struct State {
        var tables: [ResourceKind: ObjectTable]
        var revision: UInt64
        /// By volume.
        var intents: [String: StoredIntent]
        var waiters: [ResourceKind: WatchWaiters] = [:]
        var nextWaiterID = 0
        /// Counts the rounds of bookmarks.
        var bookmarkRound = 0
        var isClosed = false
    }

    /// One kind at one moment.
    struct Snapshot: Sendable {
        var objects: OrderedObjects
        /// Everything up to this version is in it.
        var revision: UInt64
        var lastChange: UInt64
    }

    /// What a watch finds when it asks for more.
    enum Progress {
        /// From the position on; the next position to ask for is behind them.
        case changes([Change])
        /// Nothing yet, and a bookmark is due: everything up to this version was seen.
        case bookmark(revision: UInt64, round: Int)
        case nothing
        /// Dropped from the history before this watch read it.
        case tooSlow(floor: UInt64)
        case closed
    }

    private let state: Mutex<State>
    /// Rows of the database that may be objects of any kind and name.
    let nameless: [LoadedObjects.NamelessRow]

    init(
        tables: [ResourceKind: ObjectTable], revision: UInt64, intents: [StoredIntent] = [],
        nameless: [LoadedObjects.NamelessRow] = []
    ) {
        self.nameless = nameless
        let byVolume = Dictionary(intents.map { ($0.volume, $0) }) { _, last in last }
        state = Mutex(State(tables: tables, revision: revision, intents: byVolume))
    }

    /// The newest version that readers can see.
    var revision: UInt64 { state.withLock { $0.revision } }

    func row(_ kind: ResourceKind, _ key: ObjectKey) -> ObjectTable.Row? {
        state.withLock { $0.tables[kind]?[key] }
    }

    func object(_ kind: ResourceKind, _ key: ObjectKey) -> StoredObject? { row(kind, key)?.object }

    /// - Throws: `InternalError` when it is there and cannot be read.
    func find(_ kind: ResourceKind, _ key: ObjectKey) throws(StatusError) -> StoredObject? {
        let (object, unreadable) = state.withLock { state in
            let table = state.tables[kind]
            return (table?[key]?.object, table?.unreadable.first { $0.key == key })
        }
        if object == nil, let unreadable { throw unreadable.error }
        // Whoever learns that a claim is gone deletes its volume's data.
        if object == nil, kind == .persistentVolumeClaim, let row = nameless.first {
            throw row.error(hiding: kind, key)
        }
        return object
    }

    func unreadable(_ kind: ResourceKind) -> [UnreadableObject] {
        state.withLock { $0.tables[kind]?.unreadable ?? [] }
    }

    /// - Throws: `InternalError`, when what is asked for may include an object that cannot be read.
    func checkReadable(
        _ kind: ResourceKind, where condition: (ObjectKey) -> Bool = { _ in true }
    ) throws(StatusError) {
        let hidden = unreadable(kind).filter { condition($0.key) }
        if !hidden.isEmpty { throw UnreadableObject.error(hiding: hidden) }
    }

    func count(_ kind: ResourceKind) -> Int { state.withLock { $0.tables[kind]?.count ?? 0 } }

    func snapshot(_ kind: ResourceKind) -> Snapshot {
        state.withLock { state in
            let table = state.tables[kind]
            return Snapshot(
                objects: table?.ordered ?? OrderedObjects(), revision: state.revision,
                lastChange: table?.lastChange ?? state.revision)
        }
    }

    /// Whether any object lives in a namespace, readable or not.
    func hasContent(namespace: String) -> Bool {
        state.withLock { state in
            state.tables.contains { kind, table in
                kind.isNamespaced
                    && (!table.ordered.range(of: namespace).isEmpty
                        || table.unreadable.contains { $0.key.namespace == namespace })
            }
        }
    }

    func intent(for volume: String) -> StoredIntent? { state.withLock { $0.intents[volume] } }

    var intents: [StoredIntent] { state.withLock { $0.intents.values.sorted { $0.volume < $1.volume } } }

    /// Makes a commit visible, all of it at once, and wakes the watches that it concerns.
    func publish(_ changes: [Change], _ intents: [IntentChange], revision: UInt64) {
        let awakened = state.withLock { state in
            for change in intents {
                switch change {
                case .record(let intent): state.intents[intent.volume] = intent
                case .remove(let volume): state.intents[volume] = nil
                }
            }
            var awakened: [WatchWaiters.Waiter] = []
            for change in changes {
                let position = state.tables[change.kind]?.history.endPosition ?? 0
                state.tables[change.kind]?.apply(change)
                state.waiters[change.kind]?.take(concerning: change.object.key, position: position, into: &awakened)
            }
            state.revision = revision
            return awakened
        }
        for waiter in awakened { waiter.continuation.resume(returning: waiter.position) }
    }
}

extension CommittedObjects {
    /// Where a watch that wants what comes after `version` begins to read.
    ///
    /// - Throws: `Expired` for a version whose successors are dropped; `Timeout` for one that is not there yet.
    func watchPosition(_ kind: ResourceKind, after version: UInt64) throws(StatusError) -> Int {
        let (position, floor, revision) = state.withLock { state in
            let history = state.tables[kind]?.history
            return (history?.position(after: version), history?.floor ?? 0, state.revision)
        }
        guard version <= revision else { throw .tooLargeResourceVersion(version, current: revision) }
        guard let position else { throw .tooOldResourceVersion(version, oldest: floor) }
        return position
    }

    /// One kind at this moment, and where a watch begins that has read it.
    func snapshotWithPosition(_ kind: ResourceKind) -> (objects: OrderedObjects, position: Int) {
        state.withLock { state in
            let table = state.tables[kind]
            return (table?.ordered ?? OrderedObjects(), table?.history.endPosition ?? 0)
        }
    }

    /// What is there from a position on.
    ///
    /// - Parameter bookmarkRound: The last round of bookmarks that the watch knows; `nil`: it wants none.
    func progress(_ kind: ResourceKind, from position: Int, bookmarkRound: Int?, limit: Int) -> Progress {
        state.withLock { state in
            guard !state.isClosed, let history = state.tables[kind]?.history else { return .closed }
            guard let changes = history.changes(from: position, limit: limit) else {
                return .tooSlow(floor: history.floor)
            }
            if !changes.isEmpty { return .changes(changes) }
            if let bookmarkRound, bookmarkRound != state.bookmarkRound {
                return .bookmark(revision: state.revision, round: state.bookmarkRound)
            }
            return .nothing
        }
    }

    var bookmarkRound: Int { state.withLock { $0.bookmarkRound } }

    func reserveWaiterID() -> Int {
        state.withLock { state in
            state.nextWaiterID += 1
            return state.nextWaiterID
        }
    }

    /// Parks a watch until something concerns it. Resumed at once when there is something already.
    func park(_ waiter: WatchWaiters.Waiter, _ kind: ResourceKind, bookmarkRound: Int?) {
        let mustWait = state.withLock { state in
            let end = state.tables[kind]?.history.endPosition ?? 0
            let isBookmarkDue = bookmarkRound.map { $0 != state.bookmarkRound } ?? false
            guard !state.isClosed, end == waiter.position, !isBookmarkDue else { return false }
            state.waiters[kind, default: WatchWaiters()].insert(waiter)
            return true
        }
        if !mustWait { waiter.continuation.resume(returning: waiter.position) }
    }

    /// Wakes one watch, for example because its reader was cancelled.
    func wake(_ id: Int, _ kind: ResourceKind, name: String?) {
        let waiter = state.withLock { $0.waiters[kind]?.remove(id, name: name) }
        if let waiter { waiter.continuation.resume(returning: waiter.position) }
    }

    /// Makes a bookmark due for each watch that wants them.
    func beginBookmarkRound() {
        let awakened = state.withLock { state in
            state.bookmarkRound += 1
            var awakened: [WatchWaiters.Waiter] = []
            for kind in Array(state.waiters.keys) {
                // A parked watch has seen everything that concerns it, up to the history's end.
                let end = state.tables[kind]?.history.endPosition ?? 0
                state.waiters[kind]?.takeBookmarked(position: end, into: &awakened)
            }
            return awakened
        }
        for waiter in awakened { waiter.continuation.resume(returning: waiter.position) }
    }

    /// Ends every watch.
    func close() {
        let awakened = state.withLock { state in
            state.isClosed = true
            let awakened = state.waiters.values.flatMap(\.all)
            state.waiters = [:]
            return awakened
        }
        for waiter in awakened { waiter.continuation.resume(returning: waiter.position) }
    }
}
