// Modifying volumes.

/// ModifyVolume, read.
struct VolumeChange: Sendable {
    var sizeGiB: Int?
    var type: String?
    var iops: Int?
    var throughput: Int?
    var multiAttach: Bool?

    init(_ parameters: inout EC2Parameters) throws(EC2Error) {
        sizeGiB = try parameters.integer("Size")
        type = parameters.string("VolumeType")
        iops = try parameters.integer("Iops")
        throughput = try parameters.integer("Throughput")
        multiAttach = try parameters.boolean("MultiAttachEnabled")
        guard sizeGiB != nil || type != nil || iops != nil || throughput != nil || multiAttach != nil else {
            throw .missing("size/volumeType/iops/throughput/multiAttachEnabled")
        }
    }
}

extension EC2Model {
    private static let day: Int64 = 86_400_000

    mutating func modify(
        _ id: String, _ change: VolumeChange, at now: SimulatorClock.Milliseconds, effects: FaultEffects
    ) throws(EC2Error) -> EC2Volume.Modification {
        var volume = try volume(id, at: now)
        let state = volume.state(at: now)
        guard state == .available || state == .inUse else {
            throw .incorrectState("The volume '\(id)' is '\(state.rawValue)'")
        }
        let original = volume.specification(at: now)
        let type = change.type ?? original.type
        guard let limits = configuration.volumeTypes[type] else {
            throw EC2Error("UnknownVolumeType", "Unsupported volume type '\(type)'.")
        }
        let target = try limits.specification(
            type: type, sizeGiB: change.sizeGiB ?? original.sizeGiB,
            iops: change.iops ?? retainedIOPS(original, type: type, limits),
            throughput: change.throughput ?? (type == original.type ? original.throughput : nil),
            multiAttach: change.multiAttach ?? original.multiAttach)
        guard target.sizeGiB >= original.sizeGiB else {
            throw .invalidValue("New size cannot be smaller than existing size")
        }
        if original.multiAttach != target.multiAttach, state == .inUse {
            throw .incorrectState("Multi-Attach of volume '\(id)' can be changed only while it is not attached.")
        }
        try checkRate(volume, at: now)
        try checkQuota(target, limits, instead: id, at: now)
        let modification = EC2Volume.Modification(
            original: original, target: target, start: now,
            modifying: EC2Transition(from: now, for: configuration.states.modifying, isStuck: effects.isStuck),
            optimizing: EC2Transition(
                from: now, for: max(1, configuration.states.modifying) + configuration.states.optimizing))
        volume.modifications.removeAll { now - $0.start > Self.day }
        volume.modifications.append(modification)
        volume.specification = target
        put(volume)
        if target.sizeGiB > original.sizeGiB { note(.resize(id: id, bytes: target.bytes)) }
        return modification
    }

    /// What a volume keeps when the request gives no operations a second: the same type its own, another type 3000.
    private func retainedIOPS(_ original: VolumeSpecification, type: String, _ limits: VolumeTypeLimits) -> Int? {
        guard limits.iops != nil else { return nil }
        return type == original.type ? original.iops : 3000
    }

    private func checkRate(_ volume: EC2Volume, at now: SimulatorClock.Milliseconds) throws(EC2Error) {
        guard let last = volume.modifications.last else { return }
        let state = last.state(at: now)
        guard state == .completed else {
            throw EC2Error(
                "IncorrectModificationState",
                "Volume \(volume.id) cannot be modified in modification state \(state.rawValue.uppercased())")
        }
        switch configuration.modificationRule {
        case .sixHours:
            guard now - last.start >= Self.day / 4 else {
                throw EC2Error(
                    "VolumeModificationRateExceeded",
                    "You've reached the maximum modification rate per volume limit. Wait at least 6 hours between "
                        + "modifications per EBS volume.")
            }
        case .fourPerDay:
            guard volume.modifications.count(where: { now - $0.start < Self.day }) < 4 else {
                throw EC2Error(
                    "VolumeModificationRateExceeded",
                    "You've reached the maximum modification rate per volume limit. A volume can be modified four times "
                        + "in 24 hours.")
            }
        }
    }
}
