// The Describe calls.

extension EC2Model {
    typealias Answer = [XMLElement]

    func describeVolumes(
        _ parameters: inout EC2Parameters, at now: SimulatorClock.Milliseconds
    ) throws(EC2Error) -> Answer {
        let ids = parameters.list("VolumeId")
        let filters = try parameters.filters()
        let page = try EC2Page(&parameters, hasIDs: !ids.isEmpty, idName: "volumeId")
        _ = try parameters.boolean("IncludeManagedResources")
        try parameters.finish()
        var found: [EC2Volume] = []
        for id in ids { found.append(try volume(id, at: now)) }
        if ids.isEmpty { found = visibleVolumes(filters, at: now) }
        let passing = try VisibleVolume.passing(
            found.map { VisibleVolume(volume: $0, now: now) }, filters,
            example: VisibleVolume(volume: .example, now: now)
        ).sorted { $0.volume.id < $1.volume.id }
        let (items, next) = page.cut(passing, id: \.volume.id)
        return answer(.set("volumeSet", items.map { $0.volume.element(at: now) }), next)
    }

    func describeModifications(
        _ parameters: inout EC2Parameters, at now: SimulatorClock.Milliseconds
    ) throws(EC2Error) -> Answer {
        let ids = parameters.list("VolumeId")
        let filters = try parameters.filters()
        let page = try EC2Page(&parameters, hasIDs: !ids.isEmpty, idName: "volumeId")
        _ = try parameters.boolean("IncludeManagedResources")
        try parameters.finish()
        var found: [VisibleModification] = []
        for id in ids {
            guard let last = try volume(id, at: now).modifications.last else {
                throw EC2Error("InvalidVolumeModification.NotFound", "Modification for volume '\(id)' does not exist.")
            }
            found.append(VisibleModification(volumeID: id, modification: last, now: now))
        }
        if ids.isEmpty {
            found = volumes.values.filter { isVisible($0, at: now) }.compactMap { volume in
                volume.modifications.last.map {
                    VisibleModification(volumeID: volume.id, modification: $0, now: now)
                }
            }
        }
        let passing = try VisibleModification.passing(
            found.sorted { $0.volumeID < $1.volumeID }, filters, example: .example)
        let (items, next) = page.cut(passing, id: \.volumeID)
        return answer(
            .set("volumeModificationSet", items.map { $0.modification.element(volumeID: $0.volumeID, at: now) }), next)
    }

    func describeSnapshots(
        _ parameters: inout EC2Parameters, at now: SimulatorClock.Milliseconds
    ) throws(EC2Error) -> Answer {
        let ids = parameters.list("SnapshotId")
        let owners = parameters.list("Owner")
        let restorableBy = parameters.list("RestorableBy")
        let filters = try parameters.filters()
        let page = try EC2Page(&parameters, hasIDs: !ids.isEmpty, idName: "snapshotId")
        try parameters.finish()
        let own: Set<String> = ["self", configuration.accountID]
        var found: [EC2Snapshot] = []
        for id in ids { found.append(try snapshot(id, at: now)) }
        if ids.isEmpty { found = snapshots.values.filter { now >= $0.visibleFrom } }
        // Amazon's and other accounts' snapshots there are none here.
        if !owners.isEmpty, own.isDisjoint(with: owners) { found = [] }
        if !restorableBy.isEmpty, own.union(["all"]).isDisjoint(with: restorableBy) { found = [] }
        let passing = try VisibleSnapshot.passing(
            found.map { VisibleSnapshot(snapshot: $0, owner: configuration.accountID, now: now) }, filters,
            example: VisibleSnapshot(snapshot: .example, owner: "", now: now)
        ).sorted { $0.snapshot.id < $1.snapshot.id }
        let (items, next) = page.cut(passing, id: \.snapshot.id)
        return answer(
            .set("snapshotSet", items.map { $0.snapshot.element(owner: configuration.accountID, at: now) }), next)
    }

    func describeTags(
        _ parameters: inout EC2Parameters, at now: SimulatorClock.Milliseconds
    ) throws(EC2Error) -> Answer {
        let filters = try parameters.filters()
        let page = try EC2Page(&parameters, hasIDs: false, idName: "resourceId")
        try parameters.finish()
        var all: [TagDescription] = []
        for volume in volumes.values where isVisible(volume, at: now) {
            all += TagDescription.all(of: volume.id, .volume, volume.tags)
        }
        for snapshot in snapshots.values where now >= snapshot.visibleFrom {
            all += TagDescription.all(of: snapshot.id, .snapshot, snapshot.tags)
        }
        for (id, tags) in instanceTags { all += TagDescription.all(of: id, .instance, tags) }
        let passing = try TagDescription.passing(
            all.sorted { $0.order < $1.order }, filters,
            example: TagDescription(resourceID: "", type: .volume, key: "", value: ""))
        let (items, next) = page.cut(passing, id: \.order)
        return answer(.set("tagSet", items.map(\.element)), next)
    }

    func describeZones(_ parameters: inout EC2Parameters) throws(EC2Error) -> Answer {
        let names = parameters.list("ZoneName")
        let ids = parameters.list("ZoneId")
        let filters = try parameters.filters()
        _ = try parameters.boolean("AllAvailabilityZones")
        try parameters.finish()
        for name in names + ids {
            guard configuration.zones.contains(where: { $0.name == name || $0.id == name }) else {
                throw .invalidValue("Invalid availability zone: [\(name)]")
            }
        }
        let zones = configuration.zones.filter { zone in
            (names.isEmpty || names.contains(zone.name)) && (ids.isEmpty || ids.contains(zone.id))
        }
        let passing = try VisibleZone.passing(
            zones.map { VisibleZone(zone: $0, region: configuration.region) }, filters,
            example: VisibleZone(zone: EC2Configuration.Zone(name: "", id: ""), region: ""))
        return [.set("availabilityZoneInfo", passing.map(\.element))]
    }

    private func answer(_ set: XMLElement, _ nextToken: String?) -> Answer {
        [set] + (nextToken.map { [XMLElement("nextToken", $0)] } ?? [])
    }
}
