import KubernetesAPI
import Synchronization

/// The states that lists in pages are reading, so that all pages of a list show the same moment.
///
/// A state shares all objects with the present one that did not change since, so it costs what changed. The few latest
/// used are kept, and each only for a while after its last use: a client that comes later gets `Expired` and begins
/// again, as Kubernetes' clients do.
final class ListPages: Sendable {
    private struct Kept {
        var kind: ResourceKind
        var snapshot: CommittedObjects.Snapshot
        var lastUse: ContinuousClock.Instant
    }

    private static let limit = 16
    private static let timeToLive = Duration.seconds(120)

    /// The latest used last.
    private let kept = Mutex<[Kept]>([])

    /// Remembers the state that further pages of a list will need.
    func keep(_ kind: ResourceKind, _ snapshot: CommittedObjects.Snapshot) {
        kept.withLock { kept in
            kept.removeAll { $0.kind == kind && $0.snapshot.revision == snapshot.revision }
            kept.append(Kept(kind: kind, snapshot: snapshot, lastUse: .now))
            if kept.count > Self.limit { kept.removeFirst() }
        }
    }

    /// The state of a version.
    ///
    /// - Throws: `Expired` when it is gone.
    func snapshot(
        _ kind: ResourceKind, _ revision: UInt64, present: CommittedObjects.Snapshot
    ) throws(StatusError) -> CommittedObjects.Snapshot {
        let found = kept.withLock { kept in
            kept.first { $0.kind == kind && $0.snapshot.revision == revision }?.snapshot
        }
        if let found { return found }
        guard present.lastChange <= revision, revision <= present.revision else {
            throw .expired(
                "The provided continue parameter is too old to display a consistent list result. You can start a new "
                    + "list without the continue parameter.")
        }
        var snapshot = present
        snapshot.revision = revision
        return snapshot
    }

    /// Lets go of what nobody came back for.
    func dropIdle() {
        kept.withLock { kept in
            let oldest = ContinuousClock.now - Self.timeToLive
            kept.removeAll { $0.lastUse < oldest }
        }
    }
}
