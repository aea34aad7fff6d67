import DriverProtocol
import Glibc
import StorageDriverKit

/// A directory in which volumes lie, and the driver's records of them beside:
///
/// ```
/// basePath/
///   <path of a volume>/
///   archived-…/               volumes that were deleted with onDelete: archive
///   .berth/volumes/NAME.json  the mark of each volume
///   .berth/paths/…            which paths are taken: see PathReservations
///   .berth/trash/NAME/        volumes that are being erased
///   .berth/images/NAME.img    the file systems of volumes with enforceCapacity: image
///   .berth/bases/…            in the default base directory: the others in use
/// ```
final class BaseDirectory: Sendable {
    let path: String
    let root: OpenFile
    let volumes: OpenFile
    let paths: OpenFile
    let trash: OpenFile
    let images: OpenFile
    /// Other base directories that this driver has used, recorded in its default one: see KnownBases.
    let bases: OpenFile

    /// Opens a base directory, making what is missing of it.
    init(making path: String) throws(DriverError) {
        do {
            let root = try Self.openMaking(path)
            // For the driver alone: what lies here is trusted.
            _ = try root.makeDirectory(VolumePath.reserved, mode: 0o700)
            let own = try root.directory(VolumePath.reserved)
            for name in ["volumes", "paths", "trash", "images", "bases"] {
                _ = try own.makeDirectory(name, mode: 0o700)
            }
            self.path = path
            volumes = try own.directory("volumes")
            paths = try own.directory("paths")
            trash = try own.directory("trash")
            images = try own.directory("images")
            bases = try own.directory("bases")
            self.root = root
        } catch {
            if error.errno == ENOENT {
                throw DriverError(
                    .failedPrecondition,
                    "the base directory \(path) cannot be made, since the directory above it does not exist; make it, "
                        + "or mount what should be there")
            }
            throw error.driverError("the base directory \(path) cannot be used", outcome: .final)
        }
    }

    /// Opens a base directory that was used before; `nil` where there is none.
    init?(existing path: String) throws(DriverError) {
        do {
            let root = try OpenFile(trustedDirectory: path)
            let own = try root.directory(VolumePath.reserved)
            self.path = path
            volumes = try own.directory("volumes")
            paths = try own.directory("paths")
            trash = try own.directory("trash")
            images = try own.directory("images")
            bases = try own.directory("bases")
            self.root = root
        } catch {
            if error.errno == ENOENT { return nil }
            throw error.driverError("the base directory \(path) cannot be used", outcome: .unknown)
        }
    }

    /// Whether `path` still leads to this directory: a disk may have been mounted over it, or taken away.
    func isCurrent() -> Bool {
        var now = stat()
        guard stat(path, &now) == 0, let opened = try? root.status() else { return false }
        guard now.st_dev == opened.st_dev, now.st_ino == opened.st_ino else { return false }
        // Somebody may have cleared the directory, records and all.
        guard let records = try? volumes.status() else { return false }
        return records.st_nlink > 0
    }

    /// The directory above a volume.
    func parent(of path: VolumePath) throws(SystemError) -> OpenFile {
        try root.directory(path.parents.isEmpty ? "." : path.parents.joined(separator: "/"))
    }

    /// The directory above a volume; `nil` where it is not there.
    func parentIfThere(of path: VolumePath) throws(SystemError) -> OpenFile? {
        do {
            return try parent(of: path)
        } catch {
            if error.errno == ENOENT { return nil }
            throw error
        }
    }

    /// Makes the directories above a volume.
    func makeParents(of path: VolumePath) throws(SystemError) {
        for ancestor in path.ancestors {
            let position = ancestor.lastIndex(of: "/")
            let above = position.map { String(ancestor[..<$0]) } ?? "."
            let name = position.map { String(ancestor[ancestor.index(after: $0)...]) } ?? ancestor
            _ = try root.directory(above).makeDirectory(name, mode: 0o755)
        }
    }

    func room() throws(SystemError) -> statvfs {
        var room = statvfs()
        guard fstatvfs(root.descriptor, &room) == 0 else { throw SystemError("statvfs", path) }
        return room
    }

    /// Only the last component is made: a path whose upper part is missing is more likely misspelt, or a disk that is
    /// not mounted, than meant.
    private static func openMaking(_ path: String) throws(SystemError) -> OpenFile {
        do {
            return try OpenFile(trustedDirectory: path)
        } catch {
            guard error.errno == ENOENT else { throw error }
            if mkdir(path, 0o755) != 0, errno != EEXIST { throw SystemError("mkdir", path) }
            return try OpenFile(trustedDirectory: path)
        }
    }
}
