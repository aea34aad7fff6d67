import KubernetesAPI

/// The claims that have no volume yet, by what they wait for. Bound ones are not here, so that its size is that of
/// the work and not of the store.
struct OpenClaims: Sendable {
    private struct Wish: Sendable, Hashable {
        /// `nil`: the default class, when there is one.
        var className: String?
        var volumeName: String
    }

    private var wishes: [ObjectKey: Wish] = [:]
    private var byClass: [String?: Set<ObjectKey>] = [:]
    private var byVolumeName: [String: Set<ObjectKey>] = [:]

    init() {}

    var all: some Collection<ObjectKey> { wishes.keys }

    /// Puts a claim in, in its new state, or takes it out when it is bound or lost.
    mutating func update(_ claim: PersistentVolumeClaim, key: ObjectKey) {
        let isOpen = claim.metadata[annotation: WellKnownAnnotation.bindCompleted] == nil || claim.phase == .pending
        guard isOpen else { return remove(key) }
        let wish = Wish(className: claim.effectiveClassName, volumeName: claim.volumeName)
        guard wishes[key] != wish else { return }
        remove(key)
        wishes[key] = wish
        byClass[wish.className, default: []].insert(key)
        if !wish.volumeName.isEmpty { byVolumeName[wish.volumeName, default: []].insert(key) }
    }

    mutating func remove(_ key: ObjectKey) {
        guard let wish = wishes.removeValue(forKey: key) else { return }
        byClass[wish.className]?.remove(key)
        if byClass[wish.className]?.isEmpty == true { byClass[wish.className] = nil }
        byVolumeName[wish.volumeName]?.remove(key)
        if byVolumeName[wish.volumeName]?.isEmpty == true { byVolumeName[wish.volumeName] = nil }
    }

    func ofClass(_ name: String?) -> Set<ObjectKey> { byClass[name] ?? [] }
    func naming(_ volume: String) -> Set<ObjectKey> { byVolumeName[volume] ?? [] }
}
