import Foundation
import Synchronization

/// The directory with the simulators' state, for one process at a time: each keeps in memory what it works on.
///
/// `flock(2)`: the kernel drops it with the process, however that ends.
final class StateDirectory: Sendable {
    let path: String
    private let descriptor: Mutex<CInt?>

    /// Makes the directory where there is none.
    ///
    /// - Throws: ``SettingsError`` when it cannot be made, or another process has it.
    init(_ path: String) throws(SettingsError) {
        self.path = path
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw SettingsError("cannot make the data directory \(path): \(error.localizedDescription)")
        }
        let lock = path + "/clouds.lock"
        let descriptor = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw SettingsError("cannot open \(lock): \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw SettingsError(
                "another process simulates clouds with the state in \(path): stop it, or choose another --data-dir")
        }
        self.descriptor = Mutex(descriptor)
    }

    deinit { release() }

    func release() {
        descriptor.withLock { held in
            guard let descriptor = held else { return }
            // Said explicitly: a child that is just being started may hold a copy of the descriptor until its exec.
            flock(descriptor, LOCK_UN)
            close(descriptor)
            held = nil
        }
    }
}
