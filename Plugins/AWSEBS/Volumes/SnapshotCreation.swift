import CloudHTTP
import DriverProtocol
import StorageDriverKit

/// Takes a snapshot. CreateSnapshot has no client token: what keeps it from being taken twice are its tags.
struct SnapshotCreation: Sendable {
    /// How often a request whose answer was lost is sent anew, after it was looked whether it had its effect.
    private static let tries = 8

    let call: SnapshotCall
    let ec2: EC2
    let source: EC2Volume

    private var name: String { call.snapshot.name }
    private var lookup: VolumeLookup { VolumeLookup(ec2: ec2) }
    private var task: String { "snapshot \(name) could not be taken" }

    func run() async throws -> EC2Snapshot {
        if let existing = try await failing(task, { try await lookup.snapshots(named: name).first }) {
            return try checked(existing)
        }
        let tags = try Tags.ofSnapshot(call, ec2.account.configuration)
        let description = "Created by Berth for volume \(source.tags[Tags.volume] ?? source.id)"
        let parameters =
            [("VolumeId", source.id), ("Description", description)] + EC2.tagSpecification("snapshot", tags)
        var isInTheDark = false
        for _ in 0..<Self.tries {
            do {
                let root = try await ec2.call("CreateSnapshot", parameters, isRepeatable: false)
                if let made = EC2Snapshot(root) { return try await settled(made) }
                isInTheDark = true
            } catch let error as EC2Failure {
                guard error.mayHaveArrived else {
                    throw error.driverError(task, earlier: isInTheDark ? .unknown : .final)
                }
                isInTheDark = true
            }
            let found = try await failing(task, earlier: .unknown) {
                try await lookup.snapshots(named: name, patiently: true).first
            }
            if let found { return try checked(found) }
            try Task.checkCancellation()
        }
        throw DriverError(.unavailable, "\(task): EC2 did not answer \(Self.tries) times", outcome: .unknown)
    }

    /// The oldest snapshot of the name: an earlier call, or an equal one at the same moment, may have taken one that did
    /// not show at first.
    private func settled(_ made: EC2Snapshot) async throws -> EC2Snapshot {
        let all = try await failing(task, earlier: .unknown) {
            try await lookup.snapshots(named: name, showing: made.id)
        }
        guard let oldest = all.first, oldest.id != made.id, all.contains(where: { $0.id == made.id }) else {
            return made
        }
        call.log("snapshot \(name) was there already as \(oldest.id): deleting \(made.id), which was taken just now")
        try await failing(task, earlier: .unknown) {
            _ = try await ec2.call("DeleteSnapshot", [("SnapshotId", made.id)])
        }
        return try checked(oldest)
    }

    private func checked(_ snapshot: EC2Snapshot) throws(DriverError) -> EC2Snapshot {
        guard snapshot.tags[Tags.owner] == call.request.owner else {
            throw DriverError(
                .alreadyExists, "there is a snapshot \(name) already, \(snapshot.id), and it is another host's",
                outcome: .final)
        }
        guard snapshot.volumeID == source.id else {
            throw DriverError(
                .alreadyExists,
                "there is a snapshot \(name) already, \(snapshot.id), of the volume \(snapshot.volumeID) and not of "
                    + source.id, outcome: .final)
        }
        guard snapshot.state != "error" else {
            throw DriverError(
                .internal, "EC2 could not take the snapshot \(snapshot.id); delete it, and take another",
                outcome: .final)
        }
        return snapshot
    }
}
