import Glibc

/// Where replies go, from many threads: each whole, and each with one write(2) where the system allows.
///
/// A pipe takes up to `PIPE_BUF` bytes at once or not at all (pipe(7)), so small replies need not wait for each other;
/// only a larger one, which may be written in pieces, must have the pipe for itself.
///
/// `@unchecked Sendable`: the lock's storage is set once, and pthread_rwlock is made to be shared.
final class ReplyOutput: @unchecked Sendable {
    private let descriptor: Int32
    private let takesWholeWrites: Bool
    private let lock: UnsafeMutablePointer<pthread_rwlock_t>

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        var status = stat()
        takesWholeWrites = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
        lock = .allocate(capacity: 1)
        lock.initialize(to: pthread_rwlock_t())
        pthread_rwlock_init(lock, nil)
    }

    deinit {
        pthread_rwlock_destroy(lock)
        lock.deallocate()
    }

    /// - Returns: 0, or the errno of write(2).
    func write(_ bytes: [UInt8]) -> Int32 {
        if takesWholeWrites, bytes.count <= Int(PIPE_BUF) {
            pthread_rwlock_rdlock(lock)
        } else {
            pthread_rwlock_wrlock(lock)
        }
        defer { pthread_rwlock_unlock(lock) }
        return FileOutput.write(bytes, to: descriptor)
    }
}
