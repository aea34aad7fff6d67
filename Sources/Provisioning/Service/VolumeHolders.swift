import KubernetesAPI

/// Which claims have which volume, as the claims themselves tell. One volume has one, save for the moment in which
/// somebody gave it to another claim: until the first is Lost or gone, the other waits.
struct VolumeHolders: Sendable {
    /// Nearly all volumes have one at most, and there may be a hundred thousand of them.
    private var first: [String: ObjectKey] = [:]
    private var more: [String: Set<ObjectKey>] = [:]
    private var held: [ObjectKey: String] = [:]

    init() {}

    /// Takes in a claim's new state.
    ///
    /// - Returns: The volume that the claim had and has no more.
    mutating func update(_ claim: PersistentVolumeClaim, key: ObjectKey) -> String? {
        let volume = claim.heldVolume
        guard held[key] != volume else { return nil }
        let released = remove(key)
        guard let volume else { return released }
        held[key] = volume
        if first[volume] == nil { first[volume] = key } else { more[volume, default: []].insert(key) }
        return released
    }

    /// - Returns: The volume that the claim had.
    @discardableResult
    mutating func remove(_ key: ObjectKey) -> String? {
        guard let volume = held.removeValue(forKey: key) else { return nil }
        if more[volume]?.remove(key) == nil { first[volume] = more[volume]?.popFirst() }
        if more[volume]?.isEmpty == true { more[volume] = nil }
        return volume
    }

    /// The claims other than `key` that have the volume.
    func others(than key: ObjectKey?, of volume: String) -> [ObjectKey] {
        let all = [first[volume]].compactMap(\.self) + (more[volume]?.sorted() ?? [])
        return all.filter { $0 != key }
    }
}

extension PersistentVolumeClaim {
    /// The volume that Pods find behind this claim, or may have found; `nil` for one that only asks for a volume, and for
    /// one that lost it.
    var heldVolume: String? {
        guard !volumeName.isEmpty, phase != .lost,
            phase == .bound || metadata[annotation: WellKnownAnnotation.bindCompleted] != nil
        else { return nil }
        return volumeName
    }
}
