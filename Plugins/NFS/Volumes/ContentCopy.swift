import DriverProtocol
import StorageDriverKit

/// Copies of volumes: a new volume from another or from a snapshot, and a snapshot from a volume. Within one share.
struct ContentCopy {
    let session: Session

    private var files: any FileService { session.files }

    static func volumeEntry(_ name: String) -> EntryName { EntryName("volume-\(name)") }
    static func snapshotEntry(_ name: String) -> EntryName { EntryName("snapshot-\(name)") }

    /// Where a new volume must lie for its source to be near.
    ///
    /// - Throws: ``DriverError`` `INVALID_ARGUMENT`: in a share that the new volume's class does not name.
    static func export(of source: ContentSource, among exports: [Export]) throws(DriverError) -> Export {
        let reference =
            switch source {
            case .snapshot(let reference), .volume(let reference): reference
            }
        guard let origin = try Export(context: reference.context) else {
            guard exports.count == 1 else {
                throw DriverError(
                    .invalidArgument, "the content source does not say in which share it lies",
                    field: "volume.contentSource")
            }
            return exports[0]
        }
        guard let export = exports.first(where: { $0.server == origin.server && $0.share == origin.share }) else {
            throw DriverError(
                .invalidArgument,
                "the content source lies in \(origin), and the class makes volumes elsewhere; use a class of the same share",
                field: "volume.contentSource")
        }
        return export
    }

    /// - Throws: ``DriverError`` `NOT_FOUND`.
    func locate(_ source: ContentSource) throws -> FoundFile {
        switch source {
        case .volume(let reference):
            let name = try VolumePlan.checked(reference.id, field: "volume.contentSource.volume.id")
            guard let mark = try VolumeMarks(session: session).read(name) else {
                throw DriverError(
                    .notFound, "there is no volume \(name) in \(session.export)", field: "volume.contentSource")
            }
            return try session.volumeDirectory(mark)
        case .snapshot(let reference):
            let name = try VolumePlan.checked(reference.id, field: "volume.contentSource.snapshot.id")
            guard try SnapshotMarks(session: session).read(name) != nil,
                let found = try files.lookUp(Self.snapshotEntry(name), in: session.places().content),
                found.attributes.type == .directory
            else {
                throw DriverError(
                    .notFound, "there is no snapshot \(name) in \(session.export)", field: "volume.contentSource")
            }
            return found
        }
    }

    /// Copies a tree into a place that nobody else sees, or goes on with what an earlier call began: within ``NameLock``,
    /// since two calls at one copy would undo each other's work, and the slower still write when it is a volume.
    ///
    /// - Throws: `PendingOperation` when there is more to copy than one call has time for.
    func stage(_ source: FoundFile, as entry: EntryName, _ budget: WorkBudget) throws -> FoundFile {
        let copies = try session.places().copies
        var target = try files.makeDirectory(entry, in: copies, AttributeChange(mode: 0o700))
        let isResumed = target == nil
        if isResumed { target = try files.lookUp(entry, in: copies) }
        guard let target else {
            throw DriverError(.aborted, "the copy \(entry) is being deleted by another call", outcome: .unknown)
        }
        let copy = TreeCopy(files, budget)
        guard try copy.copy(source, to: target.handle, isResumed: isResumed) else {
            throw PendingOperation(
                "copy", progress: OperationProgress(phase: "copying, \(copy.copiedFiles) files in this call"))
        }
        return FoundFile(handle: target.handle, attributes: try files.getAttributes(target.handle))
    }

    /// Puts what is staged as `entry` into its place, at once.
    ///
    /// - Throws: ``DriverError`` `ABORTED`, with an unknown outcome: what was staged is gone, and nothing in its place.
    func publish(_ entry: EntryName, as name: EntryName, in directory: FileHandle, _ budget: WorkBudget) throws {
        let copies = try session.places().copies
        do {
            return try files.rename(entry, in: copies, to: name, in: directory)
        } catch let error as NFSError where [.noEntry, .exists, .notEmpty].contains(error.status) {
            // An equal call of another machine's, which does not see this one's lock, was quicker. Its copy is as good as
            // ours, and by now perhaps in use: nothing of it may be taken back.
            guard try files.lookUp(name, in: directory)?.attributes.type == .directory else {
                throw DriverError(.aborted, "the copy \(entry) was taken away by another call", outcome: .unknown)
            }
        }
        // What is left of it when the time is up goes with the volume.
        _ = try TreeRemoval.erase(entry, in: copies, files, budget)
    }
}
