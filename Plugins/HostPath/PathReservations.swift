import Glibc
import StorageDriverKit

/// Which volume has which path, in `.berth/paths`: the same tree as the volumes' paths, in which a volume is a symbolic
/// link that says the volume's name, and a directory above a volume is a directory.
///
/// A symbolic link is made with its content, or fails since something is there: one system call takes a path, however
/// many volumes there are and however many processes try, and tells whose it is. And since a path cannot be both link
/// and directory, no volume comes to lie within another. The links lead nowhere and are never followed.
struct PathReservations {
    enum Result: Equatable {
        /// Taken now, or earlier, by this volume.
        case reserved
        /// `path` is, or lies within or above, what another volume has.
        case taken(by: String)
    }

    static func reserve(_ path: VolumePath, for name: String, in base: BaseDirectory) throws(SystemError)
        -> Result
    {
        for ancestor in path.ancestors {
            if mkdirat(base.paths.descriptor, ancestor, 0o700) == 0 { continue }
            guard errno == EEXIST else {
                if errno == ENOTDIR || errno == ELOOP { return .taken(by: "another volume") }
                throw SystemError("mkdir", "\(VolumePath.reserved)/paths/\(ancestor)")
            }
            if let owner = try owner(of: ancestor, in: base) { return .taken(by: owner) }
        }
        if symlinkat(name, base.paths.descriptor, path.description) == 0 { return .reserved }
        guard errno == EEXIST else { throw SystemError("symlink", "\(VolumePath.reserved)/paths/\(path)") }
        guard let owner = try owner(of: path.description, in: base) else {
            return .taken(by: "volumes that lie beneath it")
        }
        return owner == name ? .reserved : .taken(by: owner)
    }

    /// The volume that has this very path.
    static func owner(of path: VolumePath, in base: BaseDirectory) throws(SystemError) -> String? {
        try owner(of: path.description, in: base)
    }

    static func release(_ path: VolumePath, of name: String, in base: BaseDirectory) throws(SystemError) {
        guard try owner(of: path.description, in: base) == name else { return }
        try base.paths.removeFile(path.description)
    }

    /// Looks through all of them for the path of a volume: only for a mark that a power failure tore.
    static func path(of name: String, in base: BaseDirectory) throws(SystemError) -> VolumePath? {
        var pending = ["."]
        while let directory = pending.popLast() {
            for entry in try names(in: directory, of: base) {
                let path = directory == "." ? entry : "\(directory)/\(entry)"
                if let owner = try owner(of: path, in: base) {
                    if owner == name, let found = try? VolumePath(path) { return found }
                } else {
                    pending.append(path)
                }
            }
        }
        return nil
    }

    /// Nothing in what another call has released since it was listed.
    private static func names(in directory: String, of base: BaseDirectory) throws(SystemError) -> [String] {
        do {
            return try DirectoryListing.names(try base.paths.directory(directory))
        } catch {
            if error.errno == ENOENT || error.errno == ENOTDIR || error.errno == ELOOP { return [] }
            throw error
        }
    }

    /// `nil` for a directory, and where there is nothing.
    private static func owner(of path: String, in base: BaseDirectory) throws(SystemError) -> String? {
        var buffer = [CChar](repeating: 0, count: 512)
        let length = readlinkat(base.paths.descriptor, path, &buffer, buffer.count)
        if length >= 0 {
            return String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        if errno == EINVAL || errno == ENOENT { return nil }
        if errno == ENOTDIR || errno == ELOOP { return "another volume" }
        throw SystemError("readlink", "\(VolumePath.reserved)/paths/\(path)")
    }
}
