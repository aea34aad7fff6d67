import KubernetesAPI

/// Which claims hold which volume, according to the claims. A volume has one holder, except while it is being given to
/// another claim: until the first is Lost or gone, the other waits.
struct VolumeHolders: Sendable {
    /// Nearly every volume has at most one, and there may be a hundred thousand volumes.
    private var first: [String: ObjectKey] = [:]
    private var more: [String: Set<ObjectKey>] = [:]
    private var held: [ObjectKey: String] = [:]

    init() {}

    /// Records a claim's new state.
    ///
    /// - Returns: The volume that the claim held until now.
    mutating func update(_ claim: PersistentVolumeClaim, key: ObjectKey) -> String? {
        let volume = claim.heldVolume
        guard held[key] != volume else { return nil }
        let released = remove(key)
        guard let volume else { return released }
        held[key] = volume
        if first[volume] == nil { first[volume] = key } else { more[volume, default: []].insert(key) }
        return released
    }

    /// - Returns: The volume that the claim held.
    @discardableResult
    mutating func remove(_ key: ObjectKey) -> String? {
        guard let volume = held.removeValue(forKey: key) else { return nil }
        if more[volume]?.remove(key) == nil { first[volume] = more[volume]?.popFirst() }
        if more[volume]?.isEmpty == true { more[volume] = nil }
        return volume
    }

    /// The claims other than `key` that hold the volume.
    func others(than key: ObjectKey?, of volume: String) -> [ObjectKey] {
        let all = [first[volume]].compactMap(\.self) + (more[volume]?.sorted() ?? [])
        return all.filter { $0 != key }
    }
}

extension PersistentVolumeClaim {
    /// The volume that Pods find, or may have found, behind this claim; `nil` for a claim that only requests a volume
    /// or has lost it.
    var heldVolume: String? {
        guard !volumeName.isEmpty, phase != .lost,
            phase == .bound || metadata[annotation: WellKnownAnnotation.bindCompleted] != nil
        else { return nil }
        return volumeName
    }
}
