/// The calls of EC2 that are simulated.
enum EC2Call: String, CaseIterable, Sendable {
    case createVolume = "CreateVolume"
    case copyVolumes = "CopyVolumes"
    case deleteVolume = "DeleteVolume"
    case describeVolumes = "DescribeVolumes"
    case attachVolume = "AttachVolume"
    case detachVolume = "DetachVolume"
    case modifyVolume = "ModifyVolume"
    case describeVolumesModifications = "DescribeVolumesModifications"
    case createSnapshot = "CreateSnapshot"
    case deleteSnapshot = "DeleteSnapshot"
    case describeSnapshots = "DescribeSnapshots"
    case createTags = "CreateTags"
    case deleteTags = "DeleteTags"
    case describeTags = "DescribeTags"
    case describeInstances = "DescribeInstances"
    case describeAvailabilityZones = "DescribeAvailabilityZones"
}

extension EC2Model {
    /// Reads the parameters, carries the call out, and says what stands in its answer.
    mutating func perform(
        _ call: EC2Call, _ parameters: inout EC2Parameters, at now: SimulatorClock.Milliseconds,
        _ effects: FaultEffects
    ) throws(EC2Error) -> [XMLElement] {
        switch call {
        case .createVolume, .copyVolumes:
            let wanted =
                call == .createVolume
                ? try VolumeCreation(createVolume: &parameters) : try VolumeCreation(copyVolumes: &parameters)
            try parameters.finish()
            let volume = try create(wanted, at: now, effects: effects).volume.element(at: now)
            return call == .createVolume ? volume : [.set("volumeSet", [volume])]
        case .deleteVolume:
            let id = try parameters.required("VolumeId")
            try parameters.finish()
            try deleteVolume(id, at: now, effects: effects)
            return Self.done
        case .attachVolume:
            let volumeID = try parameters.required("VolumeId")
            let instanceID = try parameters.required("InstanceId")
            let device = try parameters.required("Device")
            _ = try parameters.integer("EbsCardIndex")
            try parameters.finish()
            return try attach(volumeID, to: instanceID, device: device, at: now, effects: effects)
                .element(volumeID: volumeID, at: now)
        case .detachVolume:
            let volumeID = try parameters.required("VolumeId")
            let instanceID = parameters.string("InstanceId")
            let device = parameters.string("Device")
            _ = try parameters.boolean("Force")
            try parameters.finish()
            return try detach(volumeID, from: instanceID, device: device, at: now, effects: effects)
                .element(volumeID: volumeID, at: now)
        case .modifyVolume:
            let id = try parameters.required("VolumeId")
            let change = try VolumeChange(&parameters)
            try parameters.finish()
            let modification = try modify(id, change, at: now, effects: effects)
            return [XMLElement("volumeModification", modification.element(volumeID: id, at: now))]
        case .createSnapshot:
            let volumeID = try parameters.required("VolumeId")
            let description = parameters.string("Description") ?? ""
            let tags = try parameters.tagSpecifications(for: .snapshot)
            if let location = parameters.string("Location"), location != "regional" {
                throw .invalidValue(location, of: "location", expected: "Snapshots are regional here.")
            }
            try parameters.finish()
            return try createSnapshot(of: volumeID, description: description, tags: tags, at: now, effects: effects)
                .element(owner: configuration.accountID, at: now)
        case .deleteSnapshot:
            let id = try parameters.required("SnapshotId")
            try parameters.finish()
            try deleteSnapshot(id, at: now)
            return Self.done
        case .createTags, .deleteTags:
            let ids = parameters.list("ResourceId")
            let tags = parameters.tags()
            try parameters.finish()
            if call == .createTags, tags.isEmpty { throw .missing("tagSet") }
            try changeTags(of: ids, at: now) { (held) throws(EC2Error) in
                if call == .createTags { try held.add(tags) } else { held.remove(tags) }
            }
            return Self.done
        case .describeVolumes: return try describeVolumes(&parameters, at: now)
        case .describeVolumesModifications: return try describeModifications(&parameters, at: now)
        case .describeSnapshots: return try describeSnapshots(&parameters, at: now)
        case .describeTags: return try describeTags(&parameters, at: now)
        case .describeInstances: return try describeInstances(&parameters, at: now)
        case .describeAvailabilityZones: return try describeZones(&parameters)
        }
    }

    private static let done = [XMLElement("return", true)]
}
