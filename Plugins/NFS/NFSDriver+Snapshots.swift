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
        let exports = try exports(for: call.request, configuration)
        return try NameLock.hold("snapshot \(name)") {
            for export in exports {
                let snapshot = try sessions.withSession(
                    export, configuration.credential, "snapshot \(name) in \(export) could not be taken",
                    outcome: .unknown
                ) { session -> Snapshot? in
                    guard
                        let mark = try Self.mark(
                            name, of: volumeName, id: volume.id, owner: call.request.owner, session)
                    else { return nil }
                    return try Self.finish(mark, session, budget)
                }
                if let snapshot { return snapshot }
            }
            throw DriverError(.notFound, "there is no volume \(volumeName)", field: "volume")
        }
    }

    /// The mark that an earlier call made, or a new one; `nil` where the volume does not lie in this share.
    private static func mark(
        _ name: String, of volumeName: String, id: String?, owner: String?, _ session: Session
    ) throws -> SnapshotMark? {
        let marks = SnapshotMarks(session: session)
        if let existing = try marks.read(name) {
            guard existing.source == id ?? volumeName else {
                throw DriverError(
                    .alreadyExists, "snapshot \(name) exists, of volume \(existing.source) and not of \(volumeName)")
            }
            // Two hosts would copy into one place.
            if let owner, let theirs = existing.owner, owner != theirs {
                throw DriverError(.alreadyExists, "snapshot \(name) exists, and belongs to another host, \(theirs)")
            }
            return existing
        }
        guard let volume = try VolumeMarks(session: session).read(volumeName) else { return nil }
        _ = try session.volumeDirectory(volume)
        let mark = SnapshotMark(
            name: name, source: volumeName, owner: owner, capacityBytes: volume.capacityBytes, createdAt: now)
        guard try marks.create(mark) else {
            throw DriverError(.aborted, "snapshot \(name) is being taken by another call; ask again later")
        }
        return mark
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
            let copy = ContentCopy(session: session)
            _ = try copy.stage(try session.volumeDirectory(volume), as: entry, budget)
            try copy.publish(entry, as: entry, in: places.content, budget)
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
        try NameLock.hold("snapshot \(name)") {
            for export in exports {
                try sessions.withSession(
                    export, configuration.credential, "snapshot \(name) in \(export) could not be deleted",
                    outcome: .unknown
                ) { session in
                    _ = try session.deleting("snapshot \(name)", EntryName(name), markedIn: \.snapshots) {
                        try Self.delete(name, owner: call.request.owner, session, budget)
                    }
                }
            }
        }
    }

    /// - Returns: false where there is no such snapshot in this share.
    private static func delete(
        _ name: String, owner: String?, _ session: Session, _ budget: WorkBudget
    ) throws -> Bool {
        let marks = SnapshotMarks(session: session)
        guard let mark = try marks.read(name) else { return false }
        if let owner, let theirs = mark.owner, owner != theirs {
            throw DriverError(
                .failedPrecondition, "snapshot \(name) in \(session.export) belongs to another host, \(theirs)")
        }
        let places = try session.places()
        for directory in [places.content, places.copies] {
            guard try TreeRemoval.erase(ContentCopy.snapshotEntry(name), in: directory, session.files, budget) else {
                throw PendingOperation("delete", progress: OperationProgress(phase: "erasing"))
            }
        }
        try marks.remove(name)
        return true
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
