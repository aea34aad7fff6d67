import JSONTree
import KubernetesAPI
import Synchronization

/// One watch: a position in its kind's history, moved on as its reader asks.
///
/// It holds no events itself. The history is the buffer for all watches, and a reader that is slower than the history
/// is long gets `Expired`: a slow reader costs the store no memory and delays nobody.
final class ObjectWatch: Sendable {
    private struct Cursor {
        var position: Int
        var bookmarkRound: Int
        /// The initial state that is still to be sent.
        var initial: Slice<OrderedObjects>?
    }

    /// So that neither a reader's batch nor the time in the lock grows without bound.
    private static let batchLimit = 512

    private let objects: CommittedObjects
    private let kind: ResourceKind
    private let filter: ObjectFilter
    private let wantsBookmarks: Bool
    private let waiterID: Int
    private let cursor: Mutex<Cursor>

    /// - Throws: `Expired` or `Timeout` for a version from which no watch can begin; `BadRequest` for a selector;
    ///   `InternalError` where objects cannot be read.
    init(_ objects: CommittedObjects, _ kind: ResourceKind, _ options: WatchOptions) throws(StatusError) {
        self.objects = objects
        self.kind = kind
        filter = try ObjectFilter(
            kind, namespace: options.namespace, labels: options.labelSelector, fields: options.fieldSelector)
        try objects.checkReadable(kind, where: filter.concerns)
        wantsBookmarks = options.bookmarks
        waiterID = objects.reserveWaiterID()
        let round = objects.bookmarkRound
        // Version 0 means "any" in Kubernetes: the present state, then its changes.
        if let version = options.resourceVersion, version > 0 {
            let position = try objects.watchPosition(kind, after: version)
            cursor = Mutex(Cursor(position: position, bookmarkRound: round, initial: nil))
        } else {
            let (snapshot, position) = objects.snapshotWithPosition(kind)
            let initial = snapshot[filter.range(in: snapshot)]
            cursor = Mutex(Cursor(position: position, bookmarkRound: round, initial: initial))
        }
    }

    var stream: WatchStream {
        WatchStream(AsyncThrowingStream { try await self.next() })
    }

    /// The next batch; `nil` when the store is closed.
    private func next() async throws -> [WatchEvent]? {
        while true {
            try Task.checkCancellation()
            if let events = initialEvents() {
                if !events.isEmpty { return events }
                continue
            }
            let (position, round) = cursor.withLock { ($0.position, $0.bookmarkRound) }
            switch objects.progress(
                kind, from: position, bookmarkRound: wantsBookmarks ? round : nil, limit: Self.batchLimit)
            {
            case .changes(let changes):
                let events = changes.compactMap(event)
                cursor.withLock { $0.position = position + changes.count }
                if !events.isEmpty { return events }
            case .bookmark(let revision, let round):
                cursor.withLock { $0.bookmarkRound = round }
                return [.bookmark(kind, revision)]
            case .nothing: await wait(from: position, bookmarkRound: wantsBookmarks ? round : nil)
            case .tooSlow(let floor):
                throw StatusError.expired("too old resource version: the watch fell behind \(floor), list again")
            case .closed: return nil
            }
        }
    }

    /// A part of the initial state. `nil`: all of it was sent.
    private func initialEvents() -> [WatchEvent]? {
        let part = cursor.withLock { cursor -> Slice<OrderedObjects>? in
            guard let rest = cursor.initial else { return nil }
            let part = rest.prefix(Self.batchLimit)
            cursor.initial = part.endIndex == rest.endIndex ? nil : rest[part.endIndex...]
            return part
        }
        return part?.compactMap { filter.matches($0) ? WatchEvent(.added, $0) : nil }
    }

    private func wait(from position: Int, bookmarkRound: Int?) async {
        let position = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waiter = WatchWaiters.Waiter(
                    id: waiterID, filter: filter, wantsBookmarks: wantsBookmarks, position: position,
                    continuation: continuation)
                objects.park(waiter, kind, bookmarkRound: bookmarkRound)
                // The handler below may have run before there was anything to wake.
                if Task.isCancelled { objects.wake(waiterID, kind, name: filter.exactName) }
            }
        } onCancel: {
            objects.wake(waiterID, kind, name: filter.exactName)
        }
        cursor.withLock { $0.position = position }
    }

    /// What a change is to this watch: an object that begins to match is added to it, one that stops is deleted from it.
    private func event(_ change: Change) -> WatchEvent? {
        guard filter.concerns(change.object.key) else { return nil }
        let didMatch = change.previous.map(filter.matches) ?? false
        if change.isRemoval { return didMatch ? WatchEvent(.deleted, change.object) : nil }
        switch (didMatch, filter.matches(change.object)) {
        case (true, true): return WatchEvent(.modified, change.object)
        case (false, true): return WatchEvent(.added, change.object)
        case (false, false): return nil
        case (true, false):
            // As it last matched, with the version at which it stopped.
            return change.previous.map { WatchEvent(.deleted, $0.restamped(change.object.resourceVersion)) }
        }
    }
}

extension WatchEvent {
    fileprivate static func bookmark(_ kind: ResourceKind, _ revision: UInt64) -> WatchEvent {
        let object: JSONValue = [
            "kind": .string(kind.kind), "apiVersion": .string(kind.apiVersion),
            "metadata": ["resourceVersion": .string(String(revision)), "creationTimestamp": .null],
        ]
        return WatchEvent(.bookmark, StoredObject(kind: kind, object: object))
    }
}
