import Glibc

/// How many files and connections the process may have open.
enum FileDescriptorLimit {
    /// Raises the soft limit to the hard one: the soft default of 1,024 is for programs that use select(2), and each
    /// client is a connection here. What cannot be raised stays; drivers get limits of their own.
    static func raise() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
