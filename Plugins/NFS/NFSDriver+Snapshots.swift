import DriverProtocol
import StorageDriverKit

extension NFSDriver: SnapshotTaking {
    /// First the mark, then the copy in a place of its own, then the rename that makes it a snapshot.
    func createSnapshot(_ call: SnapshotCall) async throws -> Snapshot {
        let name = try VolumePlan.checked(call.snapshot.name, field: "snapshot.name")
        guard let volume = call.volume else {
            throw DriverError(.invalidArgument, "createsnapshot needs a volume", field: "volume")
        }
        let volumeName = try VolumePlan.checked(volume.name, field: "volume.name")
        let configuration = try DriverConfiguration(call.request)
        let budget = WorkBudget(call.request)
        for export in try exports(for: call.request, configuration) {
            let snapshot = try sessions.withSession(
                export, configuration.credential, "snapshot \(name) in \(export) could not be taken", outcome: .unknown
            ) { session -> Snapshot? in
                let marks = SnapshotMarks(session: session)
                if let existing = try marks.read(name) {
                    guard existing.source == volume.id ?? volumeName else {
                        throw DriverError(
                            .alreadyExists,
                            "snapshot \(name) exists, of volume \(existing.source) and not of \(volumeName)")
                    }
                    return try Self.finish(existing, session, budget)
                }
                guard let mark = try VolumeMarks(session: session).read(volumeName) else { return nil }
                _ = try session.volumeDirectory(mark)
                let snapshot = SnapshotMark(
                    name: name, source: volumeName, owner: call.request.owner, capacityBytes: mark.capacityBytes,
                    createdAt: Self.now)
                guard try marks.create(snapshot) else {
                    throw DriverError(.aborted, "snapshot \(name) is being taken by another call; ask again later")
                }
                return try Self.finish(snapshot, session, budget)
            }
            if let snapshot { return snapshot }
        }
        throw DriverError(.notFound, "there is no volume \(volumeName)", field: "volume")
    }

    private static func finish(_ mark: SnapshotMark, _ session: Session, _ budget: WorkBudget) throws -> Snapshot {
        let places = try session.places()
        let entry = ContentCopy.snapshotEntry(mark.name)
        if try session.files.lookUp(entry, in: places.content) == nil {
            guard let volume = try VolumeMarks(session: session).read(mark.source) else {
                throw DriverError(
                    .notFound, "volume \(mark.source) is gone before its snapshot \(mark.name) was complete",
                    field: "volume",
                    outcome: .unknown)
            }
            _ = try ContentCopy(session: session).stage(try session.volumeDirectory(volume), as: entry, budget)
            try session.files.rename(entry, in: places.copies, to: entry, in: places.content)
        }
        return mark.snapshot(in: session.export, isReady: true)
    }

    func deleteSnapshot(_ call: SnapshotCall) async throws {
        let name = try VolumePlan.checked(call.snapshot.name, field: "snapshot.name")
        let configuration = try DriverConfiguration(call.request)
        let budget = WorkBudget(call.request)
        let exports: [Export] =
            if let export = try Export(context: call.snapshot.context) {
                [export]
            } else {
                try self.exports(for: call.request, configuration)
            }
        for export in exports {
            try sessions.withSession(
                export, configuration.credential, "snapshot \(name) in \(export) could not be deleted",
                outcome: .unknown
            ) { session in
                let marks = SnapshotMarks(session: session)
                guard let mark = try marks.read(name) else { return }
                if let owner = call.request.owner, let theirs = mark.owner, owner != theirs {
                    throw DriverError(
                        .failedPrecondition, "snapshot \(name) in \(export) belongs to another host, \(theirs)")
                }
                let places = try session.places()
                for directory in [places.content, places.copies] {
                    let entry = ContentCopy.snapshotEntry(name)
                    guard try TreeRemoval.erase(entry, in: directory, session.files, budget) else {
                        throw PendingOperation("delete", progress: OperationProgress(phase: "erasing"))
                    }
                }
                try marks.remove(name)
            }
        }
    }

    func listSnapshots(_ call: ListCall) async throws -> ListPage<Snapshot> {
        try page(call, in: \.snapshots) { session, places, name in
            guard let mark = try SnapshotMarks(session: session).read(name) else { return nil }
            if let owner = call.request.owner, let theirs = mark.owner, owner != theirs { return nil }
            if let volume = call.request.volume, volume.name != mark.source { return nil }
            let content = try session.files.lookUp(ContentCopy.snapshotEntry(name), in: places.content)
            return mark.snapshot(in: session.export, isReady: content != nil)
        }
    }
}
