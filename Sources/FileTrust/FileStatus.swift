import CFileTrust
public import Glibc

/// What lstat(2) says about one component of a path, as far as trust depends on it.
public struct FileStatus: Sendable, Hashable {
    public enum Kind: Sendable, Hashable { case file, directory, link, other }

    public var kind: Kind
    public var owner: uid_t
    public var group: gid_t
    /// The lower twelve bits: permissions, sticky, setuid and setgid.
    public var mode: mode_t
    /// Whether the file's group is its owner's private one without other members, so that its rights are the owner's.
    /// Looked up only if the group can write; false otherwise.
    public var hasPrivateGroup: Bool

    public init(kind: Kind, owner: uid_t, group: gid_t, mode: mode_t, hasPrivateGroup: Bool = false) {
        self.kind = kind
        self.owner = owner
        self.group = group
        self.mode = mode
        self.hasPrivateGroup = hasPrivateGroup
    }

    /// - Parameter path: The path that `status` describes.
    init(_ status: stat, path: String) {
        let kind: Kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFLNK: .link
            default: .other
            }
        self.init(kind: kind, owner: status.st_uid, group: status.st_gid, mode: status.st_mode & 0o7777)
        guard kind != .link, mode & S_IWGRP != 0 else { return }
        // With an access control list the group bits are the list's mask: users it names can write too.
        hasPrivateGroup = cft_has_access_list(path) == 0 && PrivateGroup.isPrivate(group, of: owner)
    }

    /// In the notation of chmod(1): `0755`.
    var octalMode: String { "0" + String(mode, radix: 8) }
}
