import Glibc

/// Private groups: most distributions create one for each user, with a umask of 002, so that nobody but the user can
/// write what the group can. Debian's OpenSSH makes the same exception (user-group-modes.patch).
enum PrivateGroup {
    private static let lookupBytes = 1 << 20

    /// Whether the group is the user's primary one, has the user's name, and lists nobody else. Never for root: nobody
    /// runs root with such a umask, and several system users have root's group.
    static func isPrivate(_ group: gid_t, of user: uid_t) -> Bool {
        guard user != 0 else { return false }
        let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: lookupBytes)
        defer { buffer.deallocate() }
        var account = passwd()
        var found: UnsafeMutablePointer<passwd>?
        guard getpwuid_r(user, &account, buffer, lookupBytes, &found) == 0, found != nil, account.pw_gid == group,
            let accountName = account.pw_name
        else { return false }
        let name = String(cString: accountName)
        var record = Glibc.group()
        var foundGroup: UnsafeMutablePointer<Glibc.group>?
        guard getgrgid_r(group, &record, buffer, lookupBytes, &foundGroup) == 0, foundGroup != nil,
            let groupName = record.gr_name, String(cString: groupName) == name
        else { return false }
        var member = record.gr_mem
        while let next = member?.pointee {
            guard String(cString: next) == name else { return false }
            member = member?.advanced(by: 1)
        }
        return true
    }

    /// The user's login name, for messages; `nil` when the user database has none.
    static func name(of user: uid_t) -> String? {
        let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: lookupBytes)
        defer { buffer.deallocate() }
        var account = passwd()
        var found: UnsafeMutablePointer<passwd>?
        guard getpwuid_r(user, &account, buffer, lookupBytes, &found) == 0, found != nil, let name = account.pw_name
        else { return nil }
        return String(cString: name)
    }
}
