import CFileSystem
import DriverProtocol
import Glibc
import StorageDriverKit

/// Deletes one volume, or finishes what an earlier call began.
///
/// Only what a mark names is ever deleted, and only by directory descriptors: no name is followed through a symbolic
/// link, and no other mount is entered. The volume is renamed out of its place before it is erased, the mark goes last;
/// a call that was killed is finished by the same call again.
struct VolumeDeletion {
    let base: BaseDirectory
    let name: String
    let owner: String?
    let log: (String) -> Void

    private var marks: VolumeMarks { VolumeMarks(base: base) }

    /// - Returns: false where there is no such volume in this base directory.
    func run() throws -> Bool {
        do {
            switch try marks.read(name) {
            case .none: return false
            case .torn: try deleteTorn()
            case .mark(let mark): try delete(mark)
            }
            try marks.remove(name)
            // A volume that was reported deleted must not come back with the power: its claim is gone, so nobody would
            // delete it again.
            try base.volumes.synchronize()
            return true
        } catch let error as SystemError {
            throw error.driverError("volume \(name) in \(base.path) could not be deleted", outcome: .unknown)
        }
    }

    private func delete(_ mark: VolumeMark) throws {
        if let owner, let theirs = mark.owner, owner != theirs {
            throw DriverError(
                .failedPrecondition,
                "volume \(name) in \(base.path) belongs to another host, \(theirs); this is \(owner)")
        }
        let parameters = try ClassParameters(mark.parameters)
        if try PathReservations.owner(of: mark.path, in: base) == name {
            try removeDirectory(mark, parameters)
            try PathReservations.release(mark.path, of: name, in: base)
        }
        try TreeRemoval.erase(name, in: base.trash)
    }

    /// A mark without content, of a volume that was never acknowledged. If it got as far as a path, that says where.
    private func deleteTorn() throws {
        if let path = try PathReservations.path(of: name, in: base) {
            try discard(path)
            try PathReservations.release(path, of: name, in: base)
        }
        try base.images.removeFile(ImageVolume.fileName(name))
        try TreeRemoval.erase(name, in: base.trash)
    }

    private func removeDirectory(_ mark: VolumeMark, _ parameters: ClassParameters) throws {
        if parameters.enforcement == .image {
            let image = ImageVolume(base: base, mark: mark, parameters: parameters)
            switch parameters.deletion {
            case .retain: return
            case .archive: try image.archive(as: VolumeArchive.name(mark) + ".img")
            case .delete: try image.destroy()
            }
            // Now an empty mount point.
            try discard(mark.path)
            return
        }
        switch parameters.deletion {
        case .retain: return
        case .archive: try VolumeArchive.move(mark, in: base)
        case .delete: try discard(mark.path)
        }
    }

    /// Takes what is at `path` out of the way, into the trash.
    private func discard(_ path: VolumePath) throws {
        guard let parent = try base.parentIfThere(of: path), let found = try parent.status(of: path.name) else {
            return
        }
        guard found.st_mode & S_IFMT == S_IFDIR else {
            // Somebody put a link or a file in the volume's place. The name is ours to remove, what it leads to is not.
            log("\(base.path)/\(path) is no directory any more: removing it, and nothing that it leads to")
            try parent.removeFile(path.name)
            return
        }
        if try parent.removeEmptyDirectory(path.name) { return }
        // What an earlier call left in the trash goes first: its name is taken.
        try TreeRemoval.erase(name, in: base.trash)
        guard cfs_rename_new(parent.descriptor, path.name, base.trash.descriptor, name) == 0 else {
            if errno == ENOENT { return }
            throw SystemError("rename", "\(base.path)/\(path)")
        }
    }
}

/// Volumes that were deleted with `onDelete: archive`.
enum VolumeArchive {
    /// `archived-<path>-<moment>`, the path's slashes as dashes: who looks for their data finds it by its old name.
    static func name(_ mark: VolumeMark) -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let moment = RFC3339Time(seconds: Int64(time.tv_sec)).description.filter { $0 != "-" && $0 != ":" }
        let path = mark.path.components.joined(separator: "-")
        // The name must fit into 255 bytes, a counter and a suffix included.
        let room = 255 - VolumePath.archivePrefix.utf8.count - moment.utf8.count - 16
        var kept = path
        while kept.utf8.count > room { kept.removeLast() }
        return "\(VolumePath.archivePrefix)\(kept)-\(moment)"
    }

    static func move(_ mark: VolumeMark, in base: BaseDirectory) throws(SystemError) {
        guard let parent = try base.parentIfThere(of: mark.path) else { return }
        try move(mark.path.name, in: parent, as: name(mark), base)
    }

    /// Under a name that nothing has: an archive never replaces another.
    static func move(
        _ entry: String, in directory: OpenFile, as wanted: String, _ base: BaseDirectory
    ) throws(SystemError) {
        var name = wanted
        var counter = 1
        while cfs_rename_new(directory.descriptor, entry, base.root.descriptor, name) != 0 {
            if errno == ENOENT { return }
            guard errno == EEXIST else { throw SystemError("rename", entry) }
            counter += 1
            name = "\(wanted)-\(counter)"
        }
        try base.root.synchronize()
    }
}
