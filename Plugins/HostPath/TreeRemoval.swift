import CFileSystem
import DriverProtocol
import Glibc

/// Erases a directory tree that may be as deep and as large as a tenant liked to make it, and that others may still
/// be changing: with a fixed number of descriptors, memory that does not grow with it, and no name ever followed
/// through a symbolic link or into another mount.
struct TreeRemoval {
    /// Two descriptors a level. What lies deeper is first moved up to the top.
    private static let maximumDepth = 8
    private static let stepsBetweenChecks = 256

    private let top: OpenFile
    private var counter = 0
    private var removed = 0

    /// Erases `directory/name`; nothing to do where it is not there.
    ///
    /// - Throws: ``SystemError``: `EXDEV` where something is mounted within. `CancellationError` between two steps;
    ///   the next call goes on where this one stopped.
    static func erase(_ name: String, in directory: OpenFile) throws {
        guard let found = try directory.status(of: name) else { return }
        guard found.st_mode & S_IFMT == S_IFDIR else {
            try directory.removeFile(name)
            return
        }
        if try directory.removeEmptyDirectory(name) { return }
        // Gone where an equal call has come to its end meanwhile.
        guard let top = try openIfThere(name, in: directory) else { return }
        var removal = TreeRemoval(top: top)
        while true {
            let before = removal.removed
            try removal.empty(depth: 0)
            if try directory.removeEmptyDirectory(name) { return }
            // Something was moved up, or put in, behind the reader's back. Only while that goes on is there hope.
            guard removal.removed > before, try directory.status(of: name) != nil else {
                if try directory.status(of: name) == nil { return }
                throw SystemError("rmdir", name, errno: ENOTEMPTY)
            }
        }
    }

    private init(top: OpenFile) { self.top = top }

    private mutating func empty(depth: Int) throws {
        let listing = try DirectoryListing(top)
        while let entry = try listing.next() {
            try remove(entry, in: top, depth: depth)
        }
    }

    private mutating func remove(_ entry: DirectoryListing.Entry, in directory: OpenFile, depth: Int) throws {
        removed += 1
        if removed % Self.stepsBetweenChecks == 0 { try Task.checkCancellation() }
        let isDirectory = try entry.isDirectory ?? Self.isDirectory(entry.name, in: directory)
        guard isDirectory else {
            try Self.granting(directory) { unlinkat(directory.descriptor, entry.name, 0) }
            return
        }
        if unlinkat(directory.descriptor, entry.name, AT_REMOVEDIR) == 0 || errno == ENOENT { return }
        if depth == Self.maximumDepth {
            try moveUp(entry.name, from: directory)
            return
        }
        try removeTree(entry.name, in: directory, depth: depth)
    }

    private mutating func removeTree(_ name: String, in directory: OpenFile, depth: Int) throws {
        guard let child = try Self.openIfThere(name, in: directory) else { return }
        let listing = try DirectoryListing(child)
        while let entry = try listing.next() {
            try remove(entry, in: child, depth: depth + 1)
        }
        // Not empty: something was put in meanwhile. The next round finds it.
        if unlinkat(directory.descriptor, name, AT_REMOVEDIR) != 0, errno != ENOTEMPTY, errno != ENOENT, errno != EEXIST
        {
            try Self.granting(directory) { unlinkat(directory.descriptor, name, AT_REMOVEDIR) }
        }
    }

    private mutating func moveUp(_ name: String, from directory: OpenFile) throws {
        while true {
            counter += 1
            if cfs_rename_new(directory.descriptor, name, top.descriptor, ".berth-\(counter)") == 0 || errno == ENOENT {
                return
            }
            guard errno == EEXIST else { throw SystemError("rename", name) }
        }
    }

    private static func isDirectory(_ name: String, in directory: OpenFile) throws(SystemError) -> Bool {
        var status = stat()
        guard fstatat(directory.descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            if errno == ENOENT { return false }
            throw SystemError("stat", name)
        }
        return status.st_mode & S_IFMT == S_IFDIR
    }

    /// Carries out a removal; a directory that its owner, this user, has made read-only is made writable first.
    private static func granting(_ directory: OpenFile, _ removal: () -> Int32) throws(SystemError) {
        if removal() == 0 || errno == ENOENT { return }
        let error = SystemError("unlink", "an entry of the volume")
        guard error.errno == EACCES, fchmod(directory.descriptor, 0o700) == 0 else { throw error }
        guard removal() == 0 || errno == ENOENT else { throw SystemError("unlink", "an entry of the volume") }
    }

    /// Opens a directory for removal; one that its owner, this user, cannot even read is made readable first.
    private static func openIfThere(_ name: String, in directory: OpenFile) throws(SystemError) -> OpenFile? {
        let flags = O_RDONLY | O_DIRECTORY
        let opened = cfs_open_beneath(directory.descriptor, name, flags, 0, 1)
        if opened >= 0 { return OpenFile.owning(opened) }
        let error = SystemError("open", name)
        if error.errno == ENOENT { return nil }
        guard error.errno == EACCES else { throw error }
        let handle = cfs_open_beneath(directory.descriptor, name, cfs_path_only | O_DIRECTORY, 0, 1)
        guard handle >= 0 else { throw error }
        defer { close(handle) }
        guard chmod("/proc/self/fd/\(handle)", 0o700) == 0 else { throw error }
        let reopened = cfs_open_beneath(directory.descriptor, name, flags, 0, 1)
        guard reopened >= 0 else { throw SystemError("open", name) }
        return OpenFile.owning(reopened)
    }
}
