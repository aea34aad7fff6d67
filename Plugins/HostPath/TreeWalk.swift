import CFileSystem
import Glibc

/// Visits everything in a directory tree, of whatever depth, with two descriptors: it goes up by `..`, and checks that
/// it arrives where it came from, since a tenant may move directories under it.
enum TreeWalk {
    private struct Level {
        let device: dev_t
        let inode: ino_t
        /// Directories that are still to be visited.
        var pending: [String]
        var path: String
    }

    /// - Parameter visit: Gets the open directory, an entry's name in it, and what it is; the top has the name `.`.
    /// - Throws: ``SystemError``; `CancellationError` between two directories.
    static func walk(
        _ top: OpenFile, visit: (_ directory: OpenFile, _ name: String, _ status: stat) throws -> Void
    ) throws {
        var current = try top.directory(".")
        let status = try current.status()
        try visit(current, ".", status)
        var levels = [Level(device: status.st_dev, inode: status.st_ino, pending: try enter(current, visit), path: "")]
        while var level = levels.popLast() {
            try Task.checkCancellation()
            guard let name = level.pending.popLast() else {
                guard let above = levels.last else { return }
                current = try up(from: current, to: above)
                continue
            }
            levels.append(level)
            // Gone or replaced meanwhile, or another mount: not a part of the volume.
            guard let child = try directoryIfThere(name, in: current) else { continue }
            let status = try child.status()
            let pending = try enter(child, visit)
            current = child
            levels.append(Level(device: status.st_dev, inode: status.st_ino, pending: pending, path: name))
        }
    }

    /// Visits a directory's entries.
    /// - Returns: The directories among them.
    private static func enter(
        _ directory: OpenFile,
        _ visit: (_ directory: OpenFile, _ name: String, _ status: stat) throws -> Void
    ) throws -> [String] {
        let listing = try DirectoryListing(directory)
        var directories: [String] = []
        while let entry = try listing.next() {
            guard let status = try directory.status(of: entry.name) else { continue }
            try visit(directory, entry.name, status)
            if status.st_mode & S_IFMT == S_IFDIR { directories.append(entry.name) }
        }
        return directories
    }

    private static func directoryIfThere(
        _ name: String, in directory: OpenFile
    ) throws(SystemError) -> OpenFile? {
        do {
            return try directory.directory(name, staysOnMount: true)
        } catch {
            switch error.errno {
            case ENOENT, ENOTDIR, ELOOP, EXDEV: return nil
            default: throw error
            }
        }
    }

    private static func up(from directory: OpenFile, to level: Level) throws(SystemError) -> OpenFile {
        let descriptor = openat(directory.descriptor, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open", "..") }
        let above = OpenFile.owning(descriptor)
        let status = try above.status()
        guard status.st_dev == level.device, status.st_ino == level.inode else {
            throw SystemError("open", "..", errno: ESTALE)
        }
        return above
    }
}
