import Glibc
import TestSupport

/// What the server's own file system says.
package enum Disk {
    package static func entries(_ path: String) throws -> [String] {
        guard let directory = opendir(path) else { throw GaneshaServer.Failure(description: "\(path): errno \(errno)") }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    package static func link(at path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 4096)
        let length = readlink(path, &buffer, buffer.count)
        return length < 0 ? nil : String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    package static func write(_ text: String, to path: String) throws {
        let descriptor = creat(path, 0o644)
        guard descriptor >= 0 else { throw GaneshaServer.Failure(description: "\(path): errno \(errno)") }
        defer { close(descriptor) }
        let count = Glibc.write(descriptor, text, text.utf8.count)
        guard count == text.utf8.count else { throw GaneshaServer.Failure(description: "\(path): errno \(errno)") }
    }

    package static func read(_ path: String) throws -> String {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { throw GaneshaServer.Failure(description: "\(path): errno \(errno)") }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 20)
        while case let count = Glibc.read(descriptor, &block, block.count), count > 0 { bytes += block.prefix(count) }
        return String(decoding: bytes, as: UTF8.self)
    }

    package static func makeDirectory(_ path: String) throws {
        guard mkdir(path, 0o755) == 0 else { throw GaneshaServer.Failure(description: "\(path): errno \(errno)") }
    }

    package static func makeLink(_ path: String, to target: String) throws {
        guard symlink(target, path) == 0 else { throw GaneshaServer.Failure(description: "\(path): errno \(errno)") }
    }

    package static func removeTree(_ path: String) {
        guard let child = try? PipedProcess(["/bin/rm", "-rf", "--", path]) else { return }
        _ = child.readToEnd()
        _ = child.wait()
    }
}
