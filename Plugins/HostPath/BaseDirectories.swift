import DriverProtocol
import Glibc
import StorageDriverKit
import Synchronization

/// The base directories that this process has open.
final class BaseDirectories: Sendable {
    private let open = Mutex<[String: BaseDirectory]>([:])

    /// The base directory at `path`, made where it is missing.
    func making(_ path: String) throws(DriverError) -> BaseDirectory {
        if let known = current(path) { return known }
        return keep(try BaseDirectory(making: path))
    }

    /// The base directory at `path`, or `nil` where there is none, or one that was never used.
    func existing(_ path: String) throws(DriverError) -> BaseDirectory? {
        if let known = current(path) { return known }
        return try BaseDirectory(existing: path).map(keep)
    }

    private func current(_ path: String) -> BaseDirectory? {
        guard let known = open.withLock({ $0[path] }) else { return nil }
        if known.isCurrent() { return known }
        open.withLock { $0[path] = nil }
        return nil
    }

    private func keep(_ base: BaseDirectory) -> BaseDirectory {
        open.withLock { $0[base.path] = base }
        return base
    }
}

/// Which base directories there are: a class may name one of its own, and `list` must find what lies there when the
/// class is long gone. Kept in the default base directory, a symbolic link for each.
struct KnownBases {
    let home: BaseDirectory

    func record(_ path: String) throws(SystemError) {
        guard path != home.path else { return }
        for attempt in 0..<16 {
            let name = Self.name(of: path, attempt: attempt)
            if symlinkat(path, home.bases.descriptor, name) == 0 { return try home.bases.synchronize() }
            guard errno == EEXIST else { throw SystemError("symlink", "\(VolumePath.reserved)/bases/\(name)") }
            if try target(of: name) == path { return }
        }
        throw SystemError("symlink", "\(VolumePath.reserved)/bases", errno: EEXIST)
    }

    /// The default first, the others in a fixed order.
    func all() throws(SystemError) -> [String] {
        var paths: [String] = []
        for name in try DirectoryListing.names(home.bases) {
            if let path = try target(of: name) { paths.append(path) }
        }
        return [home.path] + paths.sorted()
    }

    private func target(of name: String) throws(SystemError) -> String? {
        var buffer = [CChar](repeating: 0, count: 4096)
        let length = readlinkat(home.bases.descriptor, name, &buffer, buffer.count)
        if length < 0 {
            if errno == ENOENT || errno == EINVAL { return nil }
            throw SystemError("readlink", "\(VolumePath.reserved)/bases/\(name)")
        }
        return String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// FNV-1a: a path may be longer than a name.
    private static func name(of path: String, attempt: Int) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in path.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return String(hash &+ UInt64(attempt), radix: 16)
    }
}
