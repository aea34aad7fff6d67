import Glibc
import NFSTestServer

extension Disk {
    /// Of the entry itself, also of a symbolic link.
    static func status(_ path: String) -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }

    static func exists(_ path: String) -> Bool { status(path) != nil }
}
