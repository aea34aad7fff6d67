import CSpawn
import Glibc
import Synchronization

/// A file descriptor that is closed once: when ``close()`` is called, or when nobody refers to it any more.
final class OwnedDescriptor: Sendable {
    private let descriptor: Atomic<CInt>

    /// -1, which poll(2) skips and write(2) refuses, once it is closed.
    var rawValue: CInt { descriptor.load(ordering: .acquiring) }

    init(_ rawValue: CInt) {
        descriptor = Atomic(rawValue)
    }

    deinit {
        close()
    }

    /// Nobody may be reading or writing at the same time: the number may soon name another file.
    func close() {
        let number = descriptor.exchange(-1, ordering: .acquiringAndReleasing)
        if number >= 0 { _ = Glibc.close(number) }
    }
}

/// An eventfd(2): what any thread may signal and a poll(2) loop sees.
struct EventDescriptor: Sendable {
    private let descriptor: OwnedDescriptor

    var rawValue: CInt { descriptor.rawValue }

    /// - Throws: ``SpawnError`` when the process has no descriptor left.
    init() throws(SpawnError) {
        let descriptor = cspawn_open_event()
        guard descriptor >= 0 else {
            throw SpawnError(stage: .descriptors, errorNumber: errno)
        }
        self.descriptor = OwnedDescriptor(descriptor)
    }

    func signal() {
        var one: UInt64 = 1
        // The only failure of a non-blocking eventfd is a counter that is full: then it is readable already.
        _ = write(rawValue, &one, 8)
    }

    func reset() {
        var count: UInt64 = 0
        _ = read(rawValue, &count, 8)
    }
}
