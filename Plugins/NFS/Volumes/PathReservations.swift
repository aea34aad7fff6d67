import DriverProtocol
import StorageDriverKit

/// Which volume has which path, in `.berth/paths`: the same tree as the volumes' paths, in which a volume is a symbolic
/// link that says the volume's name, and a directory above a volume is a directory.
///
/// One SYMLINK request takes a path, or fails since something is there. And since a name cannot be both link and
/// directory, no volume comes to lie within another.
///
/// A volume whose path is its own name, as almost all are, needs no reservation, if the name is one that only a host
/// gives: see ``isOwnName(_:of:)``.
struct PathReservations {
    enum Result: Equatable {
        /// Taken now, or earlier, by this volume.
        case reserved
        /// `path` is, or lies within or above, what another volume has.
        case taken(by: String)
    }

    let session: Session

    private var files: any FileService { session.files }

    /// Whether a path belongs to a volume by its very name: `pvc-` and a UUID, as hosts name volumes.
    static func isOwnName(_ path: VolumePath, of name: String) -> Bool {
        path.components == [name] && looksLikeVolumeName(name)
    }

    /// Names that no pattern may give to a volume of another name.
    static func looksLikeVolumeName(_ name: String) -> Bool {
        guard name.hasPrefix("pvc-"), name.utf8.count == 40 else { return false }
        return name.utf8.dropFirst(4).enumerated().allSatisfy { position, byte in
            switch position {
            case 8, 13, 18, 23: byte == UInt8(ascii: "-")
            default: (48...57).contains(byte) || (97...102).contains(byte)
            }
        }
    }

    func reserve(_ path: VolumePath, for name: String) throws -> Result {
        if Self.isOwnName(path, of: name) { return .reserved }
        if let first = path.components.first, Self.looksLikeVolumeName(first), first != name {
            return .taken(by: first)
        }
        var directory = try session.places().paths
        for component in path.parents {
            let entry = EntryName(component)
            var found = try files.lookUp(entry, in: directory)
            if found == nil { found = try files.makeDirectory(entry, in: directory, AttributeChange(mode: 0o700)) }
            if found == nil { found = try files.lookUp(entry, in: directory) }
            guard let found else { return .taken(by: "another volume") }
            guard found.attributes.type == .directory else { return .taken(by: try owner(found)) }
            directory = found.handle
        }
        let entry = EntryName(path.name)
        if try files.makeSymbolicLink(entry, in: directory, to: name.utf8.map { CChar(bitPattern: $0) }) {
            return .reserved
        }
        guard let found = try files.lookUp(entry, in: directory) else { return .taken(by: "another volume") }
        guard found.attributes.type == .symbolicLink else { return .taken(by: "volumes that lie beneath it") }
        let owner = try owner(found)
        return owner == name ? .reserved : .taken(by: owner)
    }

    /// The volume that has this path, or one that it lies within; `nil` where none has.
    func owner(of path: VolumePath) throws -> String? {
        if path.components.count == 1, Self.looksLikeVolumeName(path.name) { return path.name }
        guard let places = try session.existingPlaces() else { return nil }
        var directory = places.paths
        for component in path.components {
            guard let found = try files.lookUp(EntryName(component), in: directory) else { return nil }
            guard found.attributes.type == .directory else { return try owner(found) }
            directory = found.handle
        }
        return nil
    }

    func release(_ path: VolumePath, of name: String) throws {
        guard !Self.isOwnName(path, of: name), let places = try session.existingPlaces() else { return }
        var directory = places.paths
        for component in path.parents {
            guard let found = try files.lookUp(EntryName(component), in: directory) else { return }
            guard found.attributes.type == .directory else { return }
            directory = found.handle
        }
        let entry = EntryName(path.name)
        guard let found = try files.lookUp(entry, in: directory), found.attributes.type == .symbolicLink,
            try owner(found) == name
        else { return }
        try files.removeFile(entry, in: directory)
    }

    private func owner(_ link: FoundFile) throws -> String {
        guard link.attributes.type == .symbolicLink else { return "another volume" }
        return EntryName(bytes: try files.readLink(link.handle)).description
    }
}
