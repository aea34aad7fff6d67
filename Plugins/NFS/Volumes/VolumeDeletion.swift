import DriverProtocol
import StorageDriverKit

/// Deletes one volume, or finishes what an earlier call began.
///
/// Only what a mark names is ever deleted. The volume is renamed out of its place before it is erased: what lies at
/// its path, be it a symbolic link that a tenant put there, is moved as it is and never followed. The mark goes last,
/// so a call that was killed is finished by the same call again.
struct VolumeDeletion {
    let session: Session
    let name: String
    let owner: String?
    let budget: WorkBudget
    let log: (String) -> Void

    private var files: any FileService { session.files }
    private var marks: VolumeMarks { VolumeMarks(session: session) }
    private var reservations: PathReservations { PathReservations(session: session) }
    private var trashEntry: EntryName { EntryName("volume-\(name)") }

    /// - Returns: false where there is no such volume in this share.
    /// - Throws: `PendingOperation` when there is more to erase than one call has time for.
    func run() throws -> Bool {
        try session.deleting("volume \(name)", EntryName(name), markedIn: \.volumes) { try removed() }
    }

    private func removed() throws -> Bool {
        guard let mark = try marks.read(name) else { return false }
        if let owner, let theirs = mark.owner, owner != theirs {
            throw DriverError(
                .failedPrecondition,
                "volume \(name) in \(session.export) belongs to another host, \(theirs); this is \(owner)")
        }
        if try reservations.owner(of: mark.path) == name {
            switch mark.deletion {
            case .retain: break
            case .archive: try archive(mark)
            case .delete: try discard(mark.path)
            }
            try reservations.release(mark.path, of: name)
        }
        let places = try session.places()
        // Of a copy that was never finished.
        try erase(ContentCopy.volumeEntry(name), in: places.copies)
        try erase(trashEntry, in: places.trash)
        try marks.remove(name)
        return true
    }

    private func erase(_ entry: EntryName, in directory: FileHandle) throws {
        guard try TreeRemoval.erase(entry, in: directory, files, budget) else {
            throw PendingOperation("delete", progress: OperationProgress(phase: "erasing"))
        }
    }

    /// Takes what is at `path` out of the way, into the trash.
    private func discard(_ path: VolumePath) throws {
        let entry = EntryName(path.name)
        guard let parent = try session.parent(of: path, makesMissing: false) else { return }
        if try files.removeEmptyDirectory(entry, in: parent) { return }
        if let found = try files.lookUp(entry, in: parent), found.attributes.type != .directory {
            log("\(path) in \(session.export) is no directory any more: removing it, and nothing that it leads to")
        }
        let trash = try session.places().trash
        // What an earlier call left in the trash goes first: its name is taken.
        try erase(trashEntry, in: trash)
        do {
            try files.rename(entry, in: parent, to: trashEntry, in: trash)
        } catch let error as NFSError where error.status == .noEntry {}
    }

    /// Renames the volume to `archived-…`, a name that nothing has: an archive never replaces another.
    ///
    /// RENAME replaces an empty directory that has the name. So the name is taken first, by a directory of our own, and
    /// the volume put in its place. The name is made of what is the volume's alone: a repeated call finds the directory
    /// that it took before.
    private func archive(_ mark: VolumeMark) throws {
        let entry = EntryName(mark.path.name)
        guard let parent = try session.parent(of: mark.path, makesMissing: false),
            let found = try files.lookUp(entry, in: parent)
        else { return }
        guard found.attributes.type == .directory else {
            log("\(mark.path) in \(session.export) is no directory any more: removing it, and nothing that it leads to")
            return try files.removeFile(entry, in: parent)
        }
        var counter = 1
        while true {
            let wanted = EntryName(Self.archiveName(mark, counter))
            _ = try files.makeDirectory(wanted, in: session.root, AttributeChange(mode: 0o700))
            do {
                return try files.rename(entry, in: parent, to: wanted, in: session.root)
            } catch let error as NFSError {
                switch error.status {
                case .notEmpty, .exists, .notDirectory: counter += 1
                case .noEntry: return
                default: throw error
                }
            }
        }
    }

    /// `archived-<path>`, the path's slashes as dashes: who looks for their data finds it by its old name. With the
    /// volume's name, where the path does not hold it.
    static func archiveName(_ mark: VolumeMark, _ counter: Int) -> String {
        let path = mark.path.components.joined(separator: "-")
        let suffix = (path.contains(mark.name) ? "" : "-\(mark.name)") + (counter > 1 ? "-\(counter)" : "")
        var kept = path
        while VolumePath.archivePrefix.utf8.count + kept.utf8.count + suffix.utf8.count > 255 { kept.removeLast() }
        return VolumePath.archivePrefix + kept + suffix
    }
}
