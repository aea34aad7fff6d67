public import Glibc

/// Judges whether only root and one user can have written or replaced a file, as ssh(1) and sudo(8) do for theirs.
///
/// Pure: it judges what ``PathWalk`` has found. A file is trusted if it belongs to root or the user and nobody else can
/// write to it, and if the same holds for each directory on the way from the root, for each symbolic link, and for each
/// directory on the way to a link's target. A directory with the sticky bit, such as /tmp, may be writable by all if
/// the next component belongs to root or the user: nobody else can rename or remove that.
public struct PathTrust: Sendable, Hashable {
    /// What a component is used as.
    public enum Role: Sendable, Hashable {
        /// A directory that leads to this entry.
        case way(to: FileStatus)
        case link
        /// A file that is read or written.
        case file
        /// A file that holds a secret: others may not read it either.
        case secret
        /// A program that is run with the user's rights.
        case executable
        /// A directory in which files are read, written and made.
        case directory
    }

    /// Why a component is not trusted.
    public enum Objection: Sendable, Hashable {
        case owner
        case writableByGroup
        case writableByAll
        case readable
        case setsUserOrGroup
        case wrongKind
    }

    /// The user to trust besides root.
    public let user: uid_t

    public init(user: uid_t = geteuid()) {
        self.user = user
    }

    /// - Returns: `nil` for a component that is trusted.
    public func objection(to status: FileStatus, as role: Role) -> Objection? {
        guard isOfKind(status, role) else { return .wrongKind }
        guard trusts(status.owner) else { return .owner }
        // A link's mode grants everybody everything and means nothing: a link cannot be changed, only replaced.
        if role == .link { return nil }
        if let writable = writability(of: status) {
            // The kernel enforces it: only the owners of the entry and of the directory can rename or remove the entry.
            guard case .way(let next) = role, status.mode & S_ISVTX != 0, trusts(next.owner) else { return writable }
        }
        switch role {
        case .secret: return status.mode & 0o077 == 0 ? nil : .readable
        case .executable: return status.mode & (S_ISUID | S_ISGID) == 0 ? nil : .setsUserOrGroup
        case .way, .link, .file, .directory: return nil
        }
    }

    private func trusts(_ owner: uid_t) -> Bool { owner == 0 || owner == user }

    private func isOfKind(_ status: FileStatus, _ role: Role) -> Bool {
        switch role {
        case .way, .directory: status.kind == .directory
        case .link: status.kind == .link
        case .file, .secret, .executable: status.kind == .file
        }
    }

    private func writability(of status: FileStatus) -> Objection? {
        if status.mode & S_IWOTH != 0 { return .writableByAll }
        return status.mode & S_IWGRP != 0 && !status.hasPrivateGroup ? .writableByGroup : nil
    }
}
