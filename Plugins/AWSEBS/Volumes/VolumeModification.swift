import CloudHTTP
import DriverProtocol

/// Changes a volume's size, type or performance, once.
struct VolumeModification: Sendable {
    private static let waiting = PollSchedule(
        first: .milliseconds(250), factor: 1.7, maximumDelay: .seconds(5))

    struct Target: Sendable, Hashable {
        var sizeGiB: Int64?
        var type: String?
        var iops: Int64?
        var throughput: Int64?

        /// What of it the volume does not have. A modification that changes nothing counts against its rate all the same.
        func difference(from volume: EC2Volume) -> Target {
            Target(
                sizeGiB: sizeGiB.flatMap { $0 > volume.sizeGiB ? $0 : nil },
                type: type == volume.type ? nil : type, iops: iops == volume.iops ? nil : iops,
                throughput: throughput == volume.throughput ? nil : throughput)
        }

        var isEmpty: Bool { self == Target() }

        /// Whether a modification that is under way brings all of it about.
        func isReached(by modification: EC2Modification) -> Bool {
            (sizeGiB ?? 0) <= modification.targetSizeGiB ?? 0
                && (type ?? modification.targetType) == modification.targetType
                && (iops ?? modification.targetIOPS) == modification.targetIOPS
                && (throughput ?? modification.targetThroughput) == modification.targetThroughput
        }

        var parameters: EC2.Parameters {
            var parameters: EC2.Parameters = []
            if let sizeGiB { parameters.append(("Size", String(sizeGiB))) }
            if let type { parameters.append(("VolumeType", type)) }
            if let iops { parameters.append(("Iops", String(iops))) }
            if let throughput { parameters.append(("Throughput", String(throughput))) }
            return parameters
        }
    }

    let ec2: EC2
    /// What was not done, as the beginning of a sentence.
    let task: String

    /// - Returns: The volume as it is then.
    /// - Throws: ``DriverError``, ``EC2Failure``.
    func apply(_ target: Target, to volume: EC2Volume) async throws -> EC2Volume {
        var difference = target.difference(from: volume)
        guard !difference.isEmpty else { return volume }
        // One that is under way: an earlier call's, perhaps the very one, or somebody else's.
        if let running = try await ec2.modification(of: volume.id), running.state == "modifying" {
            try await waitUntilItShows(volume.id)
            let now = try await current(volume)
            difference = target.difference(from: now)
            if difference.isEmpty { return now }
        }
        do throws(EC2Failure) {
            _ = try await ec2.call("ModifyVolume", [("VolumeId", volume.id)] + difference.parameters)
        } catch {
            // The answer of an earlier try may have been lost.
            let running =
                error.isOneOf(["IncorrectModificationState", "VolumeModificationRateExceeded"])
                ? try await ec2.modification(of: volume.id) : nil
            guard let running, difference.isReached(by: running) else { throw refusal(error) }
        }
        try await waitUntilItShows(volume.id)
        return try await current(volume)
    }

    private func refusal(_ failure: EC2Failure) -> DriverError {
        var error = failure.driverError(task)
        switch failure.code {
        case "IncorrectModificationState": error.retryAfter = .seconds(60)
        case "VolumeModificationRateExceeded": error.retryAfter = .seconds(900)
        default: break
        }
        return error
    }

    /// From `optimizing` on, the volume is what it is to be, only slower at first.
    private func waitUntilItShows(_ id: String) async throws {
        let look = { () async throws -> Bool? in
            guard let modification = try await ec2.modification(of: id) else { return nil }
            switch modification.state {
            case "modifying": return nil
            case "failed":
                throw DriverError(
                    .internal, "\(task): EC2 gave the modification of \(id) up: \(modification.message ?? "")",
                    outcome: .final)
            default: return true
            }
        }
        if try await look() != nil { return }
        guard try await Self.waiting.poll(deadline: ec2.deadline, look) != nil else {
            throw DriverError(
                .deadlineExceeded, "\(task) in time: EC2 is still modifying \(id)", outcome: .unknown)
        }
    }

    private func current(_ volume: EC2Volume) async throws -> EC2Volume {
        guard let now = try await ec2.volume(volume.id) else {
            throw DriverError(.notFound, "\(task): \(volume.id) was deleted meanwhile", outcome: .final)
        }
        return now
    }
}
