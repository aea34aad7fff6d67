import CloudHTTP
import DriverProtocol
import StorageDriverKit

/// Attaches a volume to an instance, and detaches it.
struct VolumeAttachment: Sendable {
    private static let waiting = PollSchedule(first: .milliseconds(200), factor: 1.7, maximumDelay: .seconds(5))
    /// How often another device name is tried when somebody else was faster.
    private static let tries = 10

    let call: VolumeCall
    let ec2: EC2
    /// What was not done, as the beginning of a sentence.
    let task: String

    /// - Returns: The device's name as EC2 has it.
    func attach(to node: NodeReference) async throws -> String {
        try await failing(task) {
            let instance = try await instanceID(of: node)
            var volume = try await existing()
            for _ in 0..<Self.tries {
                if let own = volume.attachments.first(where: { $0.instanceID == instance }), own.state != "detaching" {
                    return try await waitUntilAttached(volume.id, to: instance)
                }
                if volume.attachments.contains(where: { $0.state == "detaching" }) {
                    volume = try await waitUntilFree(volume.id)
                } else if let other = volume.attachments.first {
                    throw DriverError(
                        .failedPrecondition,
                        "\(task): \(volume.id) is attached to \(other.instanceID); detach it there first",
                        outcome: .final)
                }
                let device = try await freeDevice(of: instance, for: volume.id)
                do throws(EC2Failure) {
                    _ = try await ec2.call(
                        "AttachVolume", [("VolumeId", volume.id), ("InstanceId", instance), ("Device", device)])
                    return try await waitUntilAttached(volume.id, to: instance)
                } catch {
                    // In use: perhaps by a try whose answer was lost. Invalid: perhaps the device's name was taken meanwhile.
                    guard error.isOneOf(["VolumeInUse", "IncorrectState", "InvalidParameterValue"]) else { throw error }
                    var now = try await existing()
                    if error.code == "VolumeInUse", now.attachments.isEmpty {
                        guard let shown = try await attachedVolume() else { throw error }
                        now = shown
                    }
                    if now.attachments.isEmpty, error.code == "IncorrectState" { throw error }
                    if error.code == "InvalidParameterValue", try await isFree(device, on: instance) { throw error }
                    volume = now
                }
            }
            throw DriverError(
                .aborted, "\(task): other calls took \(Self.tries) device names first", outcome: .unknown)
        }
    }

    func detach(from node: NodeReference) async throws {
        try await failing(task, earlier: .unknown) {
            guard let volume = try await found(),
                let instance = try await knownInstanceID(of: node),
                let attachment = volume.attachments.first(where: { $0.instanceID == instance })
            else { return }
            if attachment.state != "detaching" {
                do throws(EC2Failure) {
                    _ = try await ec2.call("DetachVolume", [("VolumeId", volume.id), ("InstanceId", instance)])
                } catch {
                    guard error.isOneOf(["IncorrectState", "InvalidAttachment.NotFound", "InvalidVolume.NotFound"])
                    else {
                        throw error
                    }
                }
            }
            let isGone: Bool? = try await Self.waiting.poll(deadline: ec2.deadline) {
                guard let now = try await ec2.volume(volume.id) else { return true }
                return now.attachments.contains { $0.instanceID == instance } ? nil : true
            }
            guard isGone != nil else {
                throw DriverError(
                    .deadlineExceeded, "\(task) in time: EC2 is still detaching \(volume.id)", outcome: .unknown)
            }
        }
    }

    func isAttached(to node: NodeReference) async throws -> Bool {
        try await failing(task) {
            let volume = try await existing()
            guard let instance = try await knownInstanceID(of: node) else { return false }
            return volume.attachments.contains {
                $0.instanceID == instance && ($0.state == "attached" || $0.state == "busy")
            }
        }
    }

    private func existing() async throws -> EC2Volume {
        try await VolumeLookup(ec2: ec2).existing(call.volume, owner: call.request.owner)
    }

    private func found() async throws -> EC2Volume? {
        do {
            return try await existing()
        } catch let error as DriverError where error.code == .notFound {
            return nil
        }
    }

    /// Once EC2 shows to what: to an equal call's instance, perhaps.
    private func attachedVolume() async throws -> EC2Volume? {
        try await PollSchedule(first: .milliseconds(200), factor: 2, steps: 4).poll(deadline: ec2.deadline) {
            let volume = try await existing()
            return volume.attachments.isEmpty ? nil : volume
        }
    }

    private func waitUntilAttached(_ id: String, to instance: String) async throws(EC2Failure) -> String {
        do {
            let device = try await Self.waiting.poll(deadline: ec2.deadline) { () -> String? in
                guard let volume = try await ec2.volume(id) else { return nil }
                return volume.attachments.first { $0.instanceID == instance && $0.state == "attached" }?.device
            }
            if let device { return device }
        } catch let failure as EC2Failure {
            throw failure
        } catch {
            throw unfinished(id, instance, "was given up")
        }
        throw unfinished(id, instance, "is still attaching it")
    }

    private func unfinished(_ id: String, _ instance: String, _ what: String) -> EC2Failure {
        EC2Failure(
            action: "AttachVolume",
            reason: .unanswered(
                HTTPFailure(.deadline, mayHaveArrived: true, "attaching \(id) to \(instance) \(what)")),
            mayHaveArrived: true)
    }

    private func waitUntilFree(_ id: String) async throws -> EC2Volume {
        let free = try await Self.waiting.poll(deadline: ec2.deadline) { () -> EC2Volume? in
            let volume = try await existing()
            return volume.attachments.contains { $0.state == "detaching" } ? nil : volume
        }
        guard let free else {
            throw DriverError(
                .deadlineExceeded, "\(task) in time: EC2 is still detaching \(id) from elsewhere", outcome: .unknown)
        }
        return free
    }

    // MARK: Instances

    private func instanceID(of node: NodeReference) async throws -> String {
        if let id = try await knownInstanceID(of: node) { return id }
        throw DriverError(
            .notFound,
            "\(task): no instance has the private DNS name \(node.name), and the node has no providerID that names one",
            field: "node")
    }

    /// From `aws:///us-east-1a/i-0123…`, from the name where that is an id, else by the private DNS name.
    private func knownInstanceID(of node: NodeReference) async throws -> String? {
        let last = node.providerID?.split(separator: "/").last.map(String.init) ?? node.name
        if last.hasPrefix("i-"),
            last.dropFirst(2).utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        {
            return last
        }
        let root = try await ec2.call(
            "DescribeInstances", [("Filter.1.Name", "private-dns-name"), ("Filter.1.Value.1", node.name)])
        return instances(root).first?.string("instanceId")
    }

    private func instances(_ root: XMLElement) -> [XMLElement] {
        (root["reservationSet"]?.all("item") ?? []).flatMap { $0["instancesSet"]?.all("item") ?? [] }
    }

    /// A name that nothing on the instance has; where to begin depends on the volume, so that calls at the same moment
    /// seldom meet. Source of the names: the EBS CSI driver.
    private func freeDevice(of instance: String, for volumeID: String) async throws -> String {
        let used = try await usedDevices(of: instance)
        let letters = Array("abcdefghijklmnopqrstuvwxyz")
        let names = ["a", "b", "c", "d"].flatMap { first in letters.map { "/dev/xvd\(first)\($0)" } }
        let start = Int(Digest.sha256(volumeID)[0]) % names.count
        for offset in names.indices {
            let name = names[(start + offset) % names.count]
            if !used.contains(name) { return name }
        }
        throw DriverError(
            .resourceExhausted, "\(task): \(instance) has no free device name", outcome: .final, reschedule: true)
    }

    private func isFree(_ device: String, on instance: String) async throws -> Bool {
        !(try await usedDevices(of: instance).contains(device))
    }

    private func usedDevices(of instance: String) async throws -> Set<String> {
        let root = try await ec2.call("DescribeInstances", [("InstanceId.1", instance)])
        let mappings = instances(root).first?["blockDeviceMapping"]?.all("item") ?? []
        return Set(mappings.compactMap { $0.string("deviceName") })
    }
}
