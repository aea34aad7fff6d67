/// A volume. What state it is in follows from the moment at which somebody looks.
struct EC2Volume: Codable, Hashable, Sendable {
    struct Attachment: Codable, Hashable, Sendable {
        enum State: String {
            case attaching, attached, detaching, detached
        }

        var instanceID: String
        var device: String
        var time: SimulatorClock.Milliseconds
        var attaching: EC2Transition
        var detaching: EC2Transition?

        func state(at now: SimulatorClock.Milliseconds) -> State {
            if let detaching { return detaching.isOver(at: now) ? .detached : .detaching }
            return attaching.isOver(at: now) ? .attached : .attaching
        }
    }

    struct Modification: Codable, Hashable, Sendable {
        enum State: String {
            case modifying, optimizing, completed
        }

        var original: VolumeSpecification
        var target: VolumeSpecification
        var start: SimulatorClock.Milliseconds
        var modifying: EC2Transition
        var optimizing: EC2Transition

        func state(at now: SimulatorClock.Milliseconds) -> State {
            guard modifying.isOver(at: now) else { return .modifying }
            return optimizing.isOver(at: now) ? .completed : .optimizing
        }

        /// In percent.
        func progress(at now: SimulatorClock.Milliseconds) -> Int {
            switch state(at: now) {
            case .completed: 100
            case .modifying: 0
            case .optimizing:
                optimizing.isStuck
                    ? 99 : Int(max(0, now - modifying.end) * 99 / max(1, optimizing.end - modifying.end))
            }
        }
    }

    enum State: String {
        case creating, available
        case inUse = "in-use"
        case deleting, deleted
    }

    var id: String
    /// As it will be once its last modification is through.
    var specification: VolumeSpecification
    var zone: String
    var zoneID: String
    var snapshotID: String?
    var sourceVolumeID: String?
    var kmsKeyID: String?
    /// In MiB/s.
    var initializationRate: Int?
    var createTime: SimulatorClock.Milliseconds
    /// Reads do not see it before.
    var visibleFrom: SimulatorClock.Milliseconds
    var creating: EC2Transition
    var deleting: EC2Transition?
    var tags: EC2Tags
    var attachments: [Attachment] = []
    /// The oldest first; those that no rule asks for any more are forgotten, but for the last one.
    var modifications: [Modification] = []

    func state(at now: SimulatorClock.Milliseconds) -> State {
        if let deleting { return deleting.isOver(at: now) ? .deleted : .deleting }
        if !creating.isOver(at: now) { return .creating }
        return attachments(at: now).isEmpty ? .available : .inUse
    }

    /// Without those that are gone.
    func attachments(at now: SimulatorClock.Milliseconds) -> [Attachment] {
        attachments.filter { $0.state(at: now) != .detached }
    }

    /// What the volume is at this moment: a modification shows once it is through.
    func specification(at now: SimulatorClock.Milliseconds) -> VolumeSpecification {
        if let last = modifications.last, last.state(at: now) == .modifying { return last.original }
        return specification
    }

    /// Lets all that is stuck go on, from now.
    ///
    /// - Returns: Whether anything was.
    mutating func release(at now: SimulatorClock.Milliseconds) -> Bool {
        let before = self
        creating.release(at: now)
        deleting?.release(at: now)
        for index in attachments.indices {
            attachments[index].attaching.release(at: now)
            attachments[index].detaching?.release(at: now)
        }
        for index in modifications.indices {
            modifications[index].modifying.release(at: now)
            modifications[index].optimizing.release(at: now)
        }
        return self != before
    }
}

extension EC2Transition {
    mutating func release(at now: SimulatorClock.Milliseconds) {
        guard isStuck else { return }
        isStuck = false
        end = max(end, now)
    }
}

extension EC2Volume {
    func element(at now: SimulatorClock.Milliseconds) -> [XMLElement] {
        let specification = specification(at: now)
        var elements = [
            XMLElement("volumeId", id),
            XMLElement("size", specification.sizeGiB),
            XMLElement("snapshotId", snapshotID ?? ""),
            XMLElement("availabilityZone", zone),
            XMLElement("availabilityZoneId", zoneID),
            XMLElement("status", state(at: now).rawValue),
            XMLElement("createTime", time: createTime),
            XMLElement.set("attachmentSet", attachments(at: now).map { $0.element(volumeID: id, at: now) }),
        ]
        if !tags.values.isEmpty { elements.append(tags.element) }
        elements.append(XMLElement("volumeType", specification.type))
        if let iops = specification.iops { elements.append(XMLElement("iops", iops)) }
        if let throughput = specification.throughput { elements.append(XMLElement("throughput", throughput)) }
        if let sourceVolumeID { elements.append(XMLElement("sourceVolumeId", sourceVolumeID)) }
        if let initializationRate { elements.append(XMLElement("volumeInitializationRate", initializationRate)) }
        elements.append(XMLElement("encrypted", kmsKeyID != nil))
        if let kmsKeyID { elements.append(XMLElement("kmsKeyId", kmsKeyID)) }
        elements.append(XMLElement("multiAttachEnabled", specification.multiAttach))
        return elements
    }
}

extension EC2Volume.Attachment {
    func element(volumeID: String, at now: SimulatorClock.Milliseconds) -> [XMLElement] {
        [
            XMLElement("volumeId", volumeID), XMLElement("instanceId", instanceID), XMLElement("device", device),
            XMLElement("status", state(at: now).rawValue), XMLElement("attachTime", time: time),
            XMLElement("deleteOnTermination", false),
        ]
    }
}

extension EC2Volume.Modification {
    func element(volumeID: String, at now: SimulatorClock.Milliseconds) -> [XMLElement] {
        var elements = [
            XMLElement("volumeId", volumeID), XMLElement("modificationState", state(at: now).rawValue),
            XMLElement("progress", progress(at: now)), XMLElement("startTime", time: start),
        ]
        if state(at: now) == .completed { elements.append(XMLElement("endTime", time: optimizing.end)) }
        for (prefix, specification) in [("original", original), ("target", target)] {
            elements.append(XMLElement("\(prefix)Size", specification.sizeGiB))
            elements.append(XMLElement("\(prefix)VolumeType", specification.type))
            if let iops = specification.iops { elements.append(XMLElement("\(prefix)Iops", iops)) }
            if let throughput = specification.throughput {
                elements.append(XMLElement("\(prefix)Throughput", throughput))
            }
            elements.append(XMLElement("\(prefix)MultiAttachEnabled", specification.multiAttach))
        }
        return elements
    }
}

extension EC2Tags {
    var element: XMLElement {
        XMLElement.set("tagSet", sorted.map { [XMLElement("key", $0.key), XMLElement("value", $0.value)] })
    }
}

/// A volume as the filters of DescribeVolumes see it.
struct VisibleVolume: EC2Filterable {
    var volume: EC2Volume
    var now: SimulatorClock.Milliseconds

    var tags: EC2Tags { volume.tags }

    func values(ofFilter name: String) -> [String]? {
        let attachments = volume.attachments(at: now)
        let specification = volume.specification(at: now)
        switch name {
        case "volume-id": return [volume.id]
        case "status": return [volume.state(at: now).rawValue]
        case "size": return [String(specification.sizeGiB)]
        case "volume-type": return [specification.type]
        case "availability-zone": return [volume.zone]
        case "availability-zone-id": return [volume.zoneID]
        case "create-time": return [SimulatorClock.text(volume.createTime)]
        case "encrypted": return [volume.kmsKeyID == nil ? "false" : "true"]
        case "fast-restored": return ["false"]
        case "multi-attach-enabled": return [specification.multiAttach ? "true" : "false"]
        case "snapshot-id": return [volume.snapshotID ?? ""]
        case "attachment.attach-time": return attachments.map { SimulatorClock.text($0.time) }
        case "attachment.delete-on-termination": return attachments.map { _ in "false" }
        case "attachment.device": return attachments.map(\.device)
        case "attachment.instance-id": return attachments.map(\.instanceID)
        case "attachment.status": return attachments.map { $0.state(at: now).rawValue }
        default: return nil
        }
    }
}

extension EC2Volume {
    /// Of which only the kind matters.
    static let example = EC2Volume(
        id: "", specification: .example, zone: "", zoneID: "", createTime: 0, visibleFrom: 0,
        creating: EC2Transition(end: 0), tags: EC2Tags())
}

extension VolumeSpecification {
    static let example = VolumeSpecification(type: "", sizeGiB: 0, multiAttach: false)
}

extension VisibleModification {
    static let example = VisibleModification(
        volumeID: "",
        modification: EC2Volume.Modification(
            original: .example, target: .example, start: 0, modifying: EC2Transition(end: 0),
            optimizing: EC2Transition(end: 0)),
        now: 0)
}
