import DriverProtocol
import Glibc
import JSONTree
import Synchronization

/// The shares in which volumes were ever made, in a directory of the host's: a file each. `list` is asked about all
/// volumes and names no class, so there is nowhere else that it could learn of the shares.
final class KnownExports: Sendable {
    private let recorded = Mutex<Set<String>>([])

    /// - Returns: Whether the host gave a place to remember.
    func record(_ export: Export) throws(DriverError) {
        guard let directory = Self.directory else { return }
        let name = Self.name(export)
        if recorded.withLock({ $0.contains(name) }) { return }
        mkdir(directory, 0o700)
        let path = "\(directory)/\(name)"
        if access(path, F_OK) != 0 {
            let new = "\(path).\(getpid()).\(UInt32.random(in: 0...UInt32.max))"
            let descriptor = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw Self.failure("made", new) }
            let bytes = export.json.encoded
            let isWritten = write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
            close(descriptor)
            guard isWritten, rename(new, path) == 0 else {
                let failure = Self.failure("written", path)
                unlink(new)
                throw failure
            }
        }
        recorded.withLock { _ = $0.insert(name) }
    }

    /// In the order of their files' names.
    func all() throws(DriverError) -> [Export] {
        guard let path = Self.directory, let entries = opendir(path) else { return [] }
        defer { closedir(entries) }
        var names: [String] = []
        while let entry = readdir(entries) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".json") { names.append(name) }
        }
        var exports: [Export] = []
        for name in names.sorted() {
            guard let json = try? JSONParser.parse(try Self.read("\(path)/\(name)")),
                let context = json.stringDictionary,
                let export = try Export(context: context)
            else {
                throw DriverError(
                    .dataLoss,
                    "\(path)/\(name) does not say which share it stands for; delete it, and the next volume "
                        + "that is made in that share writes it anew", outcome: .final)
            }
            exports.append(export)
        }
        return exports
    }

    static func name(_ export: Export) -> String { "\(VolumeMark.digest(export.context)).json" }

    /// `nil` where the driver is called without a host.
    static var directory: String? {
        getenv("BERTH_DATA_DIR").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 + "/nfs-shares" }
    }

    private static func read(_ path: String) throws(DriverError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("read", path) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw failure("read", path) }
        return Array(bytes.prefix(count))
    }

    private static func failure(_ verb: String, _ path: String) -> DriverError {
        DriverError(.failedPrecondition, "\(path) could not be \(verb): errno \(errno)", outcome: .final)
    }
}
