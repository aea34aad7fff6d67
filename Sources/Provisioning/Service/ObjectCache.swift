import JSONTree
import KubernetesAPI
import Synchronization

/// What the API holds, as far as is known here: fed by watches, and at once by the answers to our own writes.
///
/// Objects stay in their stored form, which the embedded store shares with us, and are parsed when they are looked at.
/// What is indexed is what is unfinished: open claims, available volumes, Pods. So a hundred thousand bound volumes
/// cost a reference each.
///
/// It may be late. Who destroys something on its word asks the API first.
final class ObjectCache: Sendable {
    private let state = Mutex(CachedObjects())

    init() {}

    // MARK: feeding

    /// Takes in what a watch brought.
    ///
    /// - Returns: Whose life may go on now.
    func apply(_ events: [WatchEvent]) -> Set<WorkItem> {
        var items: Set<WorkItem> = []
        state.withLock { state in
            for event in events {
                switch event.change {
                case .added, .modified: state.set(event.object, &items)
                case .deleted: state.remove(event.object, &items)
                case .bookmark: break
                }
            }
        }
        return items
    }

    /// Takes in a whole list: what is not in it is gone.
    func replace(_ kind: ResourceKind, by objects: [StoredObject]) -> Set<WorkItem> {
        var items: Set<WorkItem> = []
        state.withLock { state in
            state.removeMissing(kind, listed: Set(objects.map(\.key)), &items)
            for object in objects { state.set(object, &items) }
        }
        return items
    }

    /// The first lists of volumes and claims.
    ///
    /// - Returns: Those that are not plainly finished: a bound claim with its bound volume needs no look at each start.
    func load(volumes: [StoredObject], claims: [StoredObject]) -> Set<WorkItem> {
        var items: Set<WorkItem> = []
        state.withLock { state in
            state.volumes.reserveCapacity(volumes.count)
            state.claims.reserveCapacity(claims.count)
            var boundTo: [String: String] = [:]
            for object in volumes {
                let volume = PersistentVolume(object)
                state.insert(volume, object)
                if volume.phase == .bound, !object.isBeingDeleted, let uid = volume.claimRef?.uid {
                    boundTo[object.key.name] = uid
                } else {
                    items.insert(.volume(object.key.name))
                }
            }
            for object in claims {
                let claim = PersistentVolumeClaim(object)
                state.claims[object.key] = object
                state.open.update(claim, key: object.key)
                _ = state.holders.update(claim, key: object.key)
                if claim.isPlainlyBound, boundTo[claim.volumeName] == object.uid {
                    boundTo[claim.volumeName] = nil
                } else {
                    items.insert(.claim(object.key))
                }
            }
            for name in boundTo.keys { items.insert(.volume(name)) }
        }
        return items
    }

    /// Takes in what the API answered to us.
    func learn(_ object: StoredObject) -> Set<WorkItem> {
        // What is deleted and held by no finalizer is gone with the write that removed the last one.
        let isGone =
            object.isBeingDeleted
            && object.decoded().at("metadata", "finalizers")?.arrayValue?.isEmpty ?? true
        return apply([WatchEvent(isGone ? .deleted : .modified, object)])
    }

    /// Takes in that an object of which this cache may still know is gone.
    func forget(_ kind: ResourceKind, _ key: ObjectKey, uid: String) -> Set<WorkItem> {
        var items: Set<WorkItem> = []
        state.withLock { state in
            let known =
                switch kind {
                case .persistentVolumeClaim: state.claims[key]
                case .persistentVolume: state.volumes[key.name]
                default: StoredObject?.none
                }
            if let known, known.uid == uid { state.remove(known, &items) }
        }
        return items
    }

    // MARK: looking

    func claim(_ key: ObjectKey) -> PersistentVolumeClaim? {
        state.withLock { $0.claims[key] }.map { PersistentVolumeClaim($0) }
    }

    func volume(_ name: String) -> PersistentVolume? {
        state.withLock { $0.volumes[name] }.map { PersistentVolume($0) }
    }

    /// - Parameter hostNode: On which node a Pod is taken to be that no node was chosen for.
    func situation(of key: ObjectKey, hostNode: String?) -> ClaimSituation? {
        guard let stored = state.withLock({ $0.claims[key] }) else { return nil }
        return situation(of: PersistentVolumeClaim(stored), hostNode: hostNode)
    }

    /// Of a claim that need not be stored.
    func situation(of claim: PersistentVolumeClaim, hostNode: String?) -> ClaimSituation {
        let key = claim.key
        var situation = ClaimSituation(claim: claim)
        let ownName = ProvisioningIntent.volumeName(claimUID: claim.uid)
        // Parsing is done outside the lock, which every reconciler takes.
        let (own, named, reserved) = state.withLock { state in
            if let className = claim.effectiveClassName {
                situation.storageClass = state.classes[className]
            } else {
                situation.defaultClass = StorageClass.defaultClass(among: state.classes.values)
            }
            let users = state.pods.users(of: key)
            situation.isInUse = !users.isEmpty
            situation.consumer = state.consumer(of: claim, users: users, hostNode: hostNode)
            return (state.volumes[ownName], state.volumes[claim.volumeName], state.reservedVolumes(for: key))
        }
        let ownVolume = own.map { PersistentVolume($0) }
        situation.provisionedVolume = ownVolume.flatMap { volume in
            volume.isHostMade && volume.claimRef?.uid == claim.uid ? volume : nil
        }
        situation.namedVolume = claim.volumeName == ownName ? ownVolume : named.map { PersistentVolume($0) }
        // The one that has the claim's uid, before one that was kept for its name; of several the first by name.
        let candidates = reserved.map { PersistentVolume($0) }
        situation.reservedVolume =
            candidates.first { $0.claimRef?.uid == claim.uid } ?? candidates.first { $0.claimRef?.uid == nil }
        let wanted = [situation.provisionedVolume, situation.namedVolume, situation.reservedVolume]
        for name in Set(wanted.compactMap { $0?.name }) {
            situation.otherHolders[name] = state.withLock { $0.holders.others(than: key, of: name).first }
        }
        return situation
    }

    /// A claim of the key, and whether the cache has one.
    func owner(of volume: PersistentVolume) -> VolumeLifecycle.Owner {
        guard let reference = volume.claimRef else { return .none }
        return claim(reference.key).map { .claim($0) } ?? .seemsGone
    }

    func reserve(_ requirements: ClaimRequirements, for claim: ObjectKey) -> PersistentVolume? {
        state.withLock { state in
            guard let volume = state.available.reserve(requirements, for: claim) else { return nil }
            // Somebody took a bound volume from its claim, which is about to take it back.
            guard state.holders.others(than: claim, of: volume.name).isEmpty else {
                state.available.release(for: claim, volume.name)
                return nil
            }
            return volume
        }
    }

    /// What ``reserve(_:for:)`` would find.
    func bestVolume(for requirements: ClaimRequirements, of claim: ObjectKey) -> PersistentVolume? {
        state.withLock { $0.available.best(requirements, for: claim) }
    }

    func endReservation(of volume: String, for claim: ObjectKey) {
        state.withLock { $0.available.release(for: claim, volume) }
    }

    func misfits(_ requirements: ClaimRequirements) -> String? {
        state.withLock { $0.available.misfits(requirements) }
    }

    /// Volumes that are to be looked after, in the order of their names.
    func checkedVolumes() -> [String] { state.withLock { $0.checked }.sorted() }

    func storageClasses() -> [StorageClass] { state.withLock { Array($0.classes.values) } }

    /// Those of the listed Pods of which a later version, or nothing, is known here.
    func unknownPods(among pods: [StoredObject]) -> [StoredObject] {
        state.withLock { state in
            pods.filter { (state.pods[$0.key]?.resourceVersion ?? 0) < $0.resourceVersion }
        }
    }

    /// Every claim that is not bound, and every volume that waits to be reclaimed: for a change that may concern any
    /// of them.
    func unfinished() -> [WorkItem] {
        state.withLock { $0.open.all.map(WorkItem.claim) + $0.unclaimed.map(WorkItem.volume) }
    }
}

extension PersistentVolumeClaim {
    /// Bound, as far as the claim itself tells, and nothing is under way.
    fileprivate var isPlainlyBound: Bool {
        phase == .bound && !isBeingDeleted && metadata[annotation: WellKnownAnnotation.bindCompleted] != nil
            && !metadata.hasFinalizer(BerthFinalizer.provisioning)
    }
}
