import Glibc

extension UserIdentity {
    /// The ids behind `runAs`: `user` or `user:group`, each by name or number.
    ///
    /// - Throws: ``ExecutableProblem`` when there is no such user or group, or the host may not change to it.
    static func lookUp(_ runAs: String) throws(ExecutableProblem) -> UserIdentity {
        let parts = runAs.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var identity = try user(parts[0])
        if parts.count == 2 {
            identity.group = try group(parts[1])
            identity.supplementaryGroups = [identity.group]
        }
        guard geteuid() == 0 || identity.user == geteuid() else {
            throw ExecutableProblem(
                message:
                    "'runAs' names \"\(runAs)\", but only root can run a driver as another user, and the host runs as "
                    + "user \(geteuid())")
        }
        return identity
    }

    private static func user(_ name: String) throws(ExecutableProblem) -> UserIdentity {
        try withLookupBuffer { (buffer) throws(ExecutableProblem) -> UserIdentity in
            var record = passwd()
            var found: UnsafeMutablePointer<passwd>?
            let number = uid_t(name)
            let reason =
                if let number {
                    getpwuid_r(number, &record, buffer, lookupBytes, &found)
                } else {
                    getpwnam_r(name, &record, buffer, lookupBytes, &found)
                }
            guard reason == 0, found != nil, let login = record.pw_name, let home = record.pw_dir
            else {
                // A number needs no entry in the user database.
                if let number {
                    return UserIdentity(user: number, group: number, supplementaryGroups: [], homeDirectory: "/")
                }
                throw ExecutableProblem(message: "'runAs' names the user \"\(name)\", whom this machine does not have")
            }
            var count: CInt = 256
            var groups = [gid_t](repeating: 0, count: Int(count))
            getgrouplist(login, record.pw_gid, &groups, &count)
            return UserIdentity(
                user: record.pw_uid, group: record.pw_gid,
                supplementaryGroups: Array(groups.prefix(max(0, min(Int(count), groups.count)))),
                homeDirectory: String(cString: home))
        }
    }

    private static func group(_ name: String) throws(ExecutableProblem) -> gid_t {
        if let number = gid_t(name) { return number }
        return try withLookupBuffer { (buffer) throws(ExecutableProblem) -> gid_t in
            var record = Glibc.group()
            var found: UnsafeMutablePointer<Glibc.group>?
            let reason = getgrnam_r(name, &record, buffer, lookupBytes, &found)
            guard reason == 0, found != nil else {
                throw ExecutableProblem(
                    message: "'runAs' names the group \"\(name)\", which this machine does not have")
            }
            return record.gr_gid
        }
    }

    /// Room for the strings of one entry, member lists of large groups included.
    private static let lookupBytes = 1 << 20

    private static func withLookupBuffer<R>(
        _ body: (UnsafeMutablePointer<CChar>) throws(ExecutableProblem) -> R
    ) throws(ExecutableProblem) -> R {
        let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: lookupBytes)
        defer { buffer.deallocate() }
        return try body(buffer)
    }
}
