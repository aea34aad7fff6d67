// Snapshots and tags.

extension EC2Model {
    mutating func createSnapshot(
        of volumeID: String, description: String, tags: EC2Tags, at now: SimulatorClock.Milliseconds,
        effects: FaultEffects
    ) throws(EC2Error) -> EC2Snapshot {
        let volume = try volume(volumeID, at: now)
        let state = volume.state(at: now)
        guard state == .available || state == .inUse else {
            throw .incorrectState("The volume '\(volumeID)' is '\(state.rawValue)'")
        }
        guard description.unicodeScalars.count <= 255 else {
            throw .invalidValue("Description exceeds the maximum length of 255 characters")
        }
        guard snapshots.count < configuration.maximumSnapshots else {
            throw EC2Error("SnapshotLimitExceeded", "You have reached your maximum number of snapshots.")
        }
        let snapshot = EC2Snapshot(
            id: newID("snap-"), volumeID: volumeID, sizeGiB: volume.specification(at: now).sizeGiB,
            description: description, kmsKeyID: volume.kmsKeyID, startTime: now,
            visibleFrom: now + (effects.invisibleFor?.milliseconds ?? 0),
            pending: EC2Transition(from: now, for: configuration.states.snapshotPending, isStuck: effects.isStuck),
            tags: tags)
        put(snapshot)
        note(
            .create(id: snapshot.id, bytes: volume.specification(at: now).bytes, source: volumeID))
        return snapshot
    }

    mutating func deleteSnapshot(_ id: String, at now: SimulatorClock.Milliseconds) throws(EC2Error) {
        _ = try snapshot(id, at: now)
        remove(snapshot: id)
    }

    /// All of them, or none.
    mutating func changeTags(
        of ids: [String], at now: SimulatorClock.Milliseconds,
        _ change: (inout EC2Tags) throws(EC2Error) -> Void
    ) throws(EC2Error) {
        guard !ids.isEmpty else { throw .missing("resourceIdSet") }
        var model = self
        for id in ids {
            switch EC2Tags.ResourceType(id: id) {
            case .volume:
                var volume = try model.volume(id, at: now)
                try change(&volume.tags)
                model.put(volume)
            case .snapshot:
                var snapshot = try model.snapshot(id, at: now)
                try change(&snapshot.tags)
                model.put(snapshot)
            case .instance:
                _ = try instance(id)
                var tags = model.instanceTags[id] ?? EC2Tags()
                try change(&tags)
                model.put(tags, instance: id)
            case nil: throw EC2Error("InvalidID", "The ID '\(id)' is not valid")
            }
        }
        self = model
    }
}
