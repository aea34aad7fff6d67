import DriverProtocol
import Glibc

/// A system call that failed: which, on what, why.
struct SystemError: Error, CustomStringConvertible {
    let call: String
    let path: String
    let errno: Int32

    init(_ call: String, _ path: String, errno: Int32 = Glibc.errno) {
        self.call = call
        self.path = path
        self.errno = errno
    }

    var description: String { "\(call) \(path): \(reason)" }

    var reason: String {
        var buffer = [CChar](repeating: 0, count: 128)
        guard strerror_r(errno, &buffer, buffer.count) == 0 else { return "errno \(errno)" }
        let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.isEmpty ? "errno \(errno)" : text
    }

    /// What the host is told.
    ///
    /// - Parameter task: What was to be done, on which volume: the beginning of the message.
    func driverError(_ task: String, outcome: DriverError.Outcome) -> DriverError {
        let (code, advice): (DriverError.Code, String) =
            switch errno {
            case ENOSPC, EDQUOT: (.resourceExhausted, "; free some room on the file system")
            case EACCES, EPERM: (.permissionDenied, "; the driver runs as user \(geteuid()), which needs that right")
            case EROFS: (.failedPrecondition, "; the file system is mounted read-only")
            case ELOOP, ENOTDIR: (.failedPrecondition, "; no symbolic link or file may stand within a volume's path")
            case EXDEV, EBUSY: (.failedPrecondition, "; unmount what is mounted there first")
            case EMFILE, ENFILE, ENOMEM: (.unavailable, "; ask again later")
            default: (.internal, "")
            }
        return DriverError(code, "\(task): \(self)\(advice)", outcome: outcome)
    }
}
