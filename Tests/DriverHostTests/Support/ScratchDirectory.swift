import FoundationEssentials
import Glibc

/// A directory that only this test uses, removed with all that is in it when the last reference goes.
final class ScratchDirectory: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/berth-driver-host-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        precondition(made != nil, "mkdtemp: \(String(cString: strerror(errno)))")
        path = made ?? ""
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file whole, under a temporary name first, as an installer does.
    @discardableResult
    func write(_ name: String, _ text: String, mode: mode_t = 0o644) -> String {
        let target = file(name)
        let temporary = "\(target).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        precondition(descriptor >= 0, "\(temporary): \(String(cString: strerror(errno)))")
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            precondition(count > 0, "\(temporary): \(String(cString: strerror(errno)))")
            bytes = bytes.dropFirst(count)
        }
        fchmod(descriptor, mode)
        close(descriptor)
        precondition(rename(temporary, target) == 0, "\(target): \(String(cString: strerror(errno)))")
        return target
    }

    /// An executable shell script.
    @discardableResult
    func script(_ name: String, _ body: String) -> String {
        write(name, "#!/bin/sh\n\(body)\n", mode: 0o755)
    }

    func read(_ name: String) -> String? {
        let descriptor = open(file(name), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes.append(contentsOf: buffer[..<count])
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
