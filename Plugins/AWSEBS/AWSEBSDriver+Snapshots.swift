import DriverProtocol
import StorageDriverKit

extension AWSEBSDriver: SnapshotTaking {
    func createSnapshot(_ call: SnapshotCall) async throws -> Snapshot {
        guard let volume = call.volume else {
            throw DriverError(.invalidArgument, "a snapshot needs a volume", field: "volume")
        }
        let ec2 = try await accounts.ec2(for: call.request)
        let source = try await failing("snapshot \(call.snapshot.name) could not be taken") {
            try await VolumeLookup(ec2: ec2).existing(volume, owner: call.request.owner)
        }
        return try await SnapshotCreation(call: call, ec2: ec2, source: source).run().snapshot
    }

    func deleteSnapshot(_ call: SnapshotCall) async throws {
        let ec2 = try await accounts.ec2(for: call.request)
        let name = call.snapshot.name
        try await failing("snapshot \(name) could not be deleted", earlier: .unknown) {
            // As with volumes: without an id, what was taken in the dark is given a moment to show.
            let found = try await VolumeLookup(ec2: ec2).snapshots(named: name, patiently: call.snapshot.id == nil)
            for snapshot in found {
                guard snapshot.tags[Tags.owner] == call.request.owner else {
                    throw DriverError(
                        .failedPrecondition, "snapshot \(name) could not be deleted: \(snapshot.id) is another host's",
                        outcome: .final)
                }
                do throws(EC2Failure) {
                    _ = try await ec2.call("DeleteSnapshot", [("SnapshotId", snapshot.id)])
                } catch {
                    guard error.code == "InvalidSnapshot.NotFound" else { throw error }
                }
            }
        }
    }

    func listSnapshots(_ call: ListCall) async throws -> ListPage<Snapshot> {
        let ec2 = try await accounts.ec2(for: call.request)
        var volumeID: String?
        if let volume = call.request.volume {
            let source = try await failing("the snapshots of \(volume.name) could not be listed") { () -> String? in
                if let id = volume.id { return VolumeLookup.id(id) }
                return try await VolumeLookup(ec2: ec2).volume(named: volume.name)?.id
            }
            guard let source else { return ListPage([]) }
            volumeID = source
        }
        let source = volumeID
        let page = try await PagedList(call: call, what: "the snapshots").page(id: \.id) { token, maximum in
            let page = try await ec2.snapshotPage(
                tagged: Self.ownerTags(call.request), of: source, token: token, maximum: maximum)
            return (page.snapshots, page.nextToken)
        }
        let own = page.entries.filter {
            $0.tags[Tags.snapshot] != nil && $0.tags[Tags.owner] == call.request.owner
        }
        return ListPage(own.map(\.snapshot), nextToken: page.nextToken)
    }
}
