import DriverProtocol
import Glibc

/// One call at a time changes what has a name, among all of a host's processes.
///
/// A host makes one call at a time for a volume, but others call drivers too, and a call that was given up may still be
/// at work. Two equal calls at once would copy into one tree, each could be finished with what the other takes back
/// when it fails, and each could choose another share.
///
/// A lock on this machine and not on the server: it ends with its process, however that ends, where a lock on a server
/// would be left behind by a killed call and could not be told from one of a call that works. What a killed call has
/// copied is gone on with by the next. Other machines do not see it, and need not: they are other hosts, and the marks
/// say whose a volume is.
enum NameLock {
    /// `F_OFD_SETLK` of <fcntl.h>, the same on every architecture; Swift does not import it.
    private static let setOpenFileLock: CInt = 37

    /// Runs `body` while no other call has the lock on `subject`, such as `volume pvc-1`.
    ///
    /// - Throws: ``DriverError`` `ABORTED` when another has; it is not waited for, since that may take as long as a copy.
    static func hold<Result>(_ subject: String, _ body: () throws -> Result) throws -> Result {
        let path = path
        let descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("opened", path) }
        defer { close(descriptor) }
        // One byte for each name: a file for each would have to be removed, under those that just open it. Names that
        // meet at one byte wait for each other, and no more than that.
        var digest = Digest()
        digest.add(subject)
        var range = flock()
        range.l_type = Int16(F_WRLCK)
        range.l_whence = Int16(SEEK_SET)
        range.l_start = off_t(digest.value >> 2)
        range.l_len = 1
        // Belongs to the open file (fcntl(2), "Open file description locks"): a resident driver's calls exclude each other
        // as well.
        guard fcntl(descriptor, setOpenFileLock, &range) == 0 else {
            guard errno == EAGAIN || errno == EACCES else { throw failure("locked", path) }
            throw DriverError(.aborted, "another call is at work on \(subject); ask again later", outcome: .unknown)
        }
        return try body()
    }

    private static var path: String {
        guard let directory = KnownExports.directory else { return "/tmp/berth-nfs-\(geteuid()).lock" }
        mkdir(directory, 0o700)
        return "\(directory)/calls.lock"
    }

    private static func failure(_ verb: String, _ path: String) -> DriverError {
        DriverError(
            .failedPrecondition,
            "\(path), by which calls take turns, could not be \(verb): \(String(cString: strerror(errno))); the driver runs "
                + "as user \(geteuid()), which must be able to write it", outcome: .final)
    }
}
