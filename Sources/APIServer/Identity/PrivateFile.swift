import FileTrust
import Glibc

/// Files that only their owner may read, replaced as a whole or not at all.
enum PrivateFile {
    /// The file's text; `nil` when there is none.
    ///
    /// A file that somebody else may have written is refused, and so is a secret that others can read: revoking their
    /// access now would not undo what they did with it.
    ///
    /// - Parameter isSecret: `false` for what clients see anyway.
    static func read(_ path: String, isSecret: Bool = true) throws(ServingError) -> String? {
        do throws(PathTrustError) {
            let bytes = try TrustedFile.read(path, as: isSecret ? .secret : .file)
            return bytes.map { String(decoding: $0, as: UTF8.self) }
        } catch {
            throw ServingError("\(error)")
        }
    }

    /// Writes beside the file, then renames: a reader sees the old text or the new, and a crash leaves one of them.
    static func write(_ text: String, to path: String) throws(ServingError) {
        let draft = "\(path).\(getpid()).tmp"
        unlink(draft)
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure("write", draft) }
        do throws(ServingError) {
            // The umask may have taken the owner's own rights.
            guard fchmod(descriptor, 0o600) == 0 else { throw failure("protect", draft) }
            try write(Array(text.utf8), descriptor, draft)
            guard fsync(descriptor) == 0 else { throw failure("write", draft) }
        } catch {
            close(descriptor)
            unlink(draft)
            throw error
        }
        close(descriptor)
        guard rename(draft, path) == 0 else {
            let error = failure("replace", path)
            unlink(draft)
            throw error
        }
    }

    static func makeDirectory(_ path: String) throws(ServingError) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure("make", path) }
        do throws(PathTrustError) {
            _ = try PathWalk().destination(of: path, as: .directory)
        } catch {
            throw ServingError("\(error)")
        }
    }

    private static func write(_ bytes: [UInt8], _ descriptor: CInt, _ path: String) throws(ServingError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("write", path)
            }
            rest = rest.dropFirst(count)
        }
    }

    private static func failure(_ action: String, _ path: String) -> ServingError {
        ServingError("cannot \(action) \(path): \(String(cString: strerror(errno)))")
    }
}
