import Glibc
import Synchronization

/// Keeps a second process from the same data directory: two stores over one file would each believe its own memory.
///
/// `flock(2)` on a file that holds the owner's process id; the kernel drops it with the process, however that ends.
final class DirectoryLock: Sendable {
    /// `nil` once it is released.
    private let descriptor: Mutex<Int32?>

    /// - Throws: ``StoreError``: `inUse`, with the other process's id; `inaccessible`.
    init(directory: String) throws(StoreError) {
        let path = directory + "/berth.lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let why = String(cString: strerror(errno))
            throw StoreError(.inaccessible, "cannot open \(path): \(why). The data directory must be writable.")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let owner = Self.owner(descriptor)
            Glibc.close(descriptor)
            throw StoreError(
                .inUse,
                "the data directory \(directory) is in use by \(owner). Stop it, or choose another data directory.")
        }
        self.descriptor = Mutex(descriptor)
        let text = Array("\(getpid())\n".utf8)
        // The text only serves the message above; the lock holds without it.
        if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, text, text.count, 0) }
    }

    deinit { release() }

    /// Lets another store have the directory; the second time nothing.
    func release() {
        descriptor.withLock { held in
            guard let descriptor = held else { return }
            // Said explicitly: a child that is just being started may hold a copy of the descriptor until its exec.
            flock(descriptor, LOCK_UN)
            Glibc.close(descriptor)
            held = nil
        }
    }

    private static func owner(_ descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        guard let process = Int(text.split(separator: "\n").first ?? "") else { return "another process" }
        return "the process \(process)"
    }
}
