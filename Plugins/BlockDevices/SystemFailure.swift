import DriverProtocol
import Glibc

/// What the host is told of a system call that failed.
enum SystemFailure {
    /// - Parameters:
    ///   - task: What was to be done, on which object: the beginning of the message.
    ///   - number: The errno.
    static func error(_ task: String, _ number: Int32 = errno) -> DriverError {
        let (code, advice): (DriverError.Code, String) =
            switch number {
            case EACCES, EPERM: (.permissionDenied, "; the driver runs as user \(geteuid()), and mounting needs root")
            case EBUSY: (.failedPrecondition, "; something still uses it")
            case EROFS: (.failedPrecondition, "; it is read-only")
            case ENOENT, ENOTDIR, ENXIO, ENODEV: (.failedPrecondition, "")
            case EMFILE, ENFILE, ENOMEM, EINTR, EAGAIN: (.unavailable, "; ask again later")
            default: (.internal, "")
            }
        return DriverError(code, "\(task): \(reason(number))\(advice)", outcome: .unknown)
    }

    static func reason(_ number: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        guard strerror_r(number, &buffer, buffer.count) == 0 else { return "errno \(number)" }
        let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.isEmpty ? "errno \(number)" : text
    }
}
