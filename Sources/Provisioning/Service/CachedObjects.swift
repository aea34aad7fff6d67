import KubernetesAPI

/// The state of an ``ObjectCache``: objects in their stored form, and indexes of what is unfinished. A value; the cache
/// keeps it behind its lock.
struct CachedObjects: Sendable {
    var claims: [ObjectKey: StoredObject] = [:]
    var open = OpenClaims()
    var holders = VolumeHolders()
    var volumes: [String: StoredObject] = [:]
    /// By the claim in `claimRef`: those volumes whose name does not tell it already (`pvc-<uid>`).
    var reserved: [ObjectKey: Set<String>] = [:]
    var reservedFor: [String: ObjectKey] = [:]
    /// Their claims are gone, and they are still there.
    var unclaimed: Set<String> = []
    var available = AvailableVolumes()
    /// Their drivers want them looked after.
    var checked: Set<String> = []
    var classes: [String: StorageClass] = [:]
    var pods = PodIndex()
    var nodes: [String: StoredObject] = [:]
    var departed = DepartedObjects()

    init() {}

    mutating func set(_ object: StoredObject, _ items: inout Set<WorkItem>) {
        guard !departed.contains(object.uid) else { return }
        switch object.kind {
        case .persistentVolumeClaim: setClaim(object, &items)
        case .persistentVolume: setVolume(object, &items)
        case .storageClass:
            classes[object.key.name] = StorageClass(object)
            addClaims(ofClass: object.key.name, &items)
        case .pod:
            guard (pods[object.key]?.resourceVersion ?? 0) < object.resourceVersion else { return }
            let entry = PodIndex.Entry(Pod(object), resourceVersion: object.resourceVersion)
            for claim in pods.set(object.key, entry) { items.insert(.claim(claim)) }
        case .node:
            let hadLabels = nodes.updateValue(object, forKey: object.key.name)?.labels
            // Where a volume may lie can have changed with them.
            if hadLabels != object.labels { items.formUnion(open.all.map(WorkItem.claim)) }
        default: break
        }
    }

    mutating func remove(_ object: StoredObject, _ items: inout Set<WorkItem>) {
        departed.insert(object.uid)
        switch object.kind {
        case .persistentVolumeClaim:
            addVolumes(of: PersistentVolumeClaim(object), &items)
            items.insert(.claim(object.key))
            // It should have left none.
            items.insert(.intent(ProvisioningIntent.volumeName(claimUID: object.uid)))
            // Another of the same name may be there already.
            guard claims[object.key].map({ $0.uid == object.uid }) ?? true else { return }
            claims[object.key] = nil
            open.remove(object.key)
            if let volume = holders.remove(object.key) { addClaims(waitingFor: volume, &items) }
        case .persistentVolume:
            guard volumes[object.key.name].map({ $0.uid == object.uid }) ?? true else { return }
            let volume = PersistentVolume(object)
            forgetVolume(object.key.name)
            // It may have stood in its way.
            if !volume.isHostMade { items.insert(.intent(object.key.name)) }
            if let claim = volume.claimRef?.key { items.insert(.claim(claim)) }
            items.insert(.volume(object.key.name))
        case .storageClass:
            removeClass(object.key.name, &items)
        case .pod:
            removePod(object.key, &items)
        case .node: nodes[object.key.name] = nil
        default: break
        }
    }

    mutating func removeMissing(_ kind: ResourceKind, listed: Set<ObjectKey>, _ items: inout Set<WorkItem>) {
        switch kind {
        case .persistentVolumeClaim:
            for object in claims.values where !listed.contains(object.key) { remove(object, &items) }
        case .persistentVolume:
            for object in volumes.values where !listed.contains(object.key) { remove(object, &items) }
        case .storageClass:
            for name in classes.keys where !listed.contains(ObjectKey(name: name)) { removeClass(name, &items) }
        case .pod:
            for key in pods.keys.filter({ !listed.contains($0) }) { removePod(key, &items) }
        case .node:
            for name in nodes.keys where !listed.contains(ObjectKey(name: name)) { nodes[name] = nil }
        default: break
        }
    }

    private mutating func removeClass(_ name: String, _ items: inout Set<WorkItem>) {
        classes[name] = nil
        addClaims(ofClass: name, &items)
    }

    private mutating func removePod(_ key: ObjectKey, _ items: inout Set<WorkItem>) {
        for claim in pods.set(key, nil) { items.insert(.claim(claim)) }
    }

    private mutating func setClaim(_ object: StoredObject, _ items: inout Set<WorkItem>) {
        if let known = claims[object.key], known.uid == object.uid, known.resourceVersion >= object.resourceVersion {
            return
        }
        claims[object.key] = object
        let claim = PersistentVolumeClaim(object)
        open.update(claim, key: object.key)
        if let volume = holders.update(claim, key: object.key) { addClaims(waitingFor: volume, &items) }
        items.insert(.claim(object.key))
    }

    private mutating func setVolume(_ object: StoredObject, _ items: inout Set<WorkItem>) {
        let name = object.key.name
        if let known = volumes[name], known.uid == object.uid, known.resourceVersion >= object.resourceVersion {
            return
        }
        let volume = PersistentVolume(object)
        insert(volume, object)
        items.insert(.volume(name))
        // The holder learns at once that the volume was given to another claim.
        for holder in holders.others(than: volume.claimRef?.key, of: name) { items.insert(.claim(holder)) }
        if let claim = volume.claimRef?.key {
            if claims[claim] != nil { items.insert(.claim(claim)) }
        } else if volume.phase == .available {
            for claim in open.ofClass(volume.effectiveClassName) { items.insert(.claim(claim)) }
            if volume.effectiveClassName.isEmpty { for claim in open.ofClass(nil) { items.insert(.claim(claim)) } }
        }
        for claim in open.naming(name) { items.insert(.claim(claim)) }
    }

    /// Puts a volume in, or its new state, and into the indexes.
    mutating func insert(_ volume: PersistentVolume, _ object: StoredObject) {
        let name = object.key.name
        unindexVolume(name)
        volumes[name] = object
        available.update(volume)
        if volume.phase == .released || volume.phase == .failed { unclaimed.insert(name) }
        if volume.isChecked { checked.insert(name) }
        guard let reference = volume.claimRef else { return }
        if volume.isHostMade, let uid = reference.uid, ProvisioningIntent.volumeName(claimUID: uid) == name { return }
        reserved[reference.key, default: []].insert(name)
        reservedFor[name] = reference.key
    }

    private mutating func unindexVolume(_ name: String) {
        available.remove(name)
        unclaimed.remove(name)
        checked.remove(name)
        guard let claim = reservedFor.removeValue(forKey: name) else { return }
        reserved[claim]?.remove(name)
        if reserved[claim]?.isEmpty == true { reserved[claim] = nil }
    }

    private mutating func forgetVolume(_ name: String) {
        volumes[name] = nil
        unindexVolume(name)
    }

    /// The claims that may take the volume now that another claim no longer holds it.
    private func addClaims(waitingFor name: String, _ items: inout Set<WorkItem>) {
        items.insert(.volume(name))
        for claim in open.naming(name) { items.insert(.claim(claim)) }
        guard let volume = volumes[name].map({ PersistentVolume($0) }) else { return }
        if let claim = volume.claimRef?.key {
            if claims[claim] != nil { items.insert(.claim(claim)) }
        } else {
            for claim in open.ofClass(volume.effectiveClassName) { items.insert(.claim(claim)) }
        }
    }

    private func addClaims(ofClass name: String, _ items: inout Set<WorkItem>) {
        for claim in open.ofClass(name) { items.insert(.claim(claim)) }
        // It may be, or have been, the default class.
        for claim in open.ofClass(nil) { items.insert(.claim(claim)) }
    }

    private func addVolumes(of claim: PersistentVolumeClaim, _ items: inout Set<WorkItem>) {
        items.insert(.volume(ProvisioningIntent.volumeName(claimUID: claim.uid)))
        if !claim.volumeName.isEmpty { items.insert(.volume(claim.volumeName)) }
        for name in reserved[claim.key] ?? [] { items.insert(.volume(name)) }
    }

    func reservedVolumes(for claim: ObjectKey) -> [StoredObject] {
        (reserved[claim] ?? []).sorted().compactMap { volumes[$0] }
    }

    func consumer(
        of claim: PersistentVolumeClaim, users: [(key: ObjectKey, entry: PodIndex.Entry)], hostNode: String?
    ) -> ClaimSituation.Consumer {
        if let selected = claim.metadata[annotation: WellKnownAnnotation.selectedNode], !selected.isEmpty {
            return .node(node(selected))
        }
        if let placed = users.first(where: { !$0.entry.nodeName.isEmpty }) { return .node(node(placed.entry.nodeName)) }
        guard let first = users.first else { return .none }
        return hostNode.map { .node(node($0)) } ?? .unscheduled(first.key.name)
    }

    private func node(_ name: String) -> ClaimRequirements.Node {
        ClaimRequirements.Node(name: name, labels: nodes[name]?.labels ?? [:])
    }
}
