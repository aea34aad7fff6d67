// Attaching and detaching.

extension EC2Model {
    mutating func attach(
        _ volumeID: String, to instanceID: String, device: String, at now: SimulatorClock.Milliseconds,
        effects: FaultEffects
    ) throws(EC2Error) -> EC2Volume.Attachment {
        var volume = try volume(volumeID, at: now)
        let instance = try instance(instanceID)
        guard Self.isDeviceName(device) else {
            throw .invalidValue(device, of: "device", expected: "\(device) is not a valid EBS device name.")
        }
        guard volume.zone == instance.zone else {
            throw EC2Error(
                "InvalidVolume.ZoneMismatch",
                "The volume '\(volumeID)' is not in the same availability zone as instance '\(instanceID)'")
        }
        let existing = volume.attachments(at: now)
        switch volume.state(at: now) {
        case .available: break
        case .inUse:
            guard volume.specification.multiAttach, !existing.contains(where: { $0.instanceID == instanceID }) else {
                throw EC2Error("VolumeInUse", "\(volumeID) is already attached to an instance")
            }
            guard existing.count < configuration.multiAttachInstances else {
                throw EC2Error(
                    "AttachmentLimitExceeded",
                    "Volume \(volumeID) is attached to \(existing.count) instances, the most that Multi-Attach allows.")
            }
        case let other:
            throw .incorrectState("Volume '\(volumeID)' is in the '\(other.rawValue)' state, not 'available'.")
        }
        let others = attachments(to: instanceID, at: now)
        guard device != Self.rootDevice, !others.contains(where: { $0.attachment.device == device }) else {
            throw .invalidValue(
                "Invalid value '\(device)' for unixDevice. Attachment point \(device) is already in use")
        }
        guard others.count < instance.maximumVolumes else {
            throw EC2Error(
                "AttachmentLimitExceeded",
                "Instance \(instanceID) has \(others.count) volumes attached, the most that a \(instance.type) takes.")
        }
        let attachment = EC2Volume.Attachment(
            instanceID: instanceID, device: device, time: now,
            attaching: EC2Transition(from: now, for: configuration.states.attaching, isStuck: effects.isStuck))
        volume.attachments = existing + [attachment]
        put(volume)
        if instance.isLocal { note(.attach(id: volumeID, bytes: volume.specification.bytes)) }
        return attachment
    }

    /// - Parameters:
    ///   - instanceID: May be left out where the volume is attached to one instance only.
    ///   - device: Checked where it is given.
    mutating func detach(
        _ volumeID: String, from instanceID: String?, device: String?, at now: SimulatorClock.Milliseconds,
        effects: FaultEffects
    ) throws(EC2Error) -> EC2Volume.Attachment {
        var volume = try volume(volumeID, at: now)
        if let instanceID { _ = try instance(instanceID) }
        let existing = volume.attachments(at: now)
        guard !existing.isEmpty else {
            throw .incorrectState("Volume '\(volumeID)' is in the '\(volume.state(at: now).rawValue)' state.")
        }
        guard instanceID != nil || existing.count == 1 else {
            throw .missing("instanceId, since \(volumeID) is attached to \(existing.count) instances")
        }
        guard
            let position = existing.firstIndex(where: {
                $0.instanceID == instanceID ?? $0.instanceID && $0.device == device ?? $0.device
            })
        else {
            let place = [instanceID.map { "instance '\($0)'" }, device.map { "device '\($0)'" }]
            throw EC2Error(
                "InvalidAttachment.NotFound",
                "The volume '\(volumeID)' is not attached to \(place.compactMap { $0 }.joined(separator: " as ")).")
        }
        volume.attachments = existing
        if volume.attachments[position].detaching == nil {
            volume.attachments[position].detaching = EC2Transition(
                from: now, for: configuration.states.detaching, isStuck: effects.isStuck)
        }
        put(volume)
        if try self.instance(volume.attachments[position].instanceID).isLocal { note(.detach(id: volumeID)) }
        return volume.attachments[position]
    }

    /// Where an instance's own disk is.
    static let rootDevice = "/dev/xvda"

    /// `/dev/sd[a-z][1-15]` and `/dev/xvd[a-d][a-z]`, `/dev/xvd[b-z]`; the first ones with or without `/dev/`.
    private static func isDeviceName(_ device: String) -> Bool {
        var rest = device[...]
        if rest.hasPrefix("/dev/") { rest = rest.dropFirst(5) }
        let letters: ClosedRange<Character> = "a"..."z"
        if rest.hasPrefix("xvd") {
            rest = rest.dropFirst(3)
            guard (1...2).contains(rest.count), rest.allSatisfy({ $0.isASCII && letters.contains($0) }) else {
                return false
            }
            return rest.count == 1 || ("a"..."d").contains(rest.first ?? "z")
        }
        guard rest.hasPrefix("sd") else { return false }
        rest = rest.dropFirst(2)
        guard let letter = rest.popFirst(), letter.isASCII, letters.contains(letter) else { return false }
        return rest.isEmpty || Int(rest).map { (1...15).contains($0) } == true
    }
}
