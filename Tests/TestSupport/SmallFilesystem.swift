import Foundation
import Glibc

/// A filesystem that fills up quickly, in memory.
public enum SmallFilesystem {
    /// Why there can be none; `nil`: there can.
    public static let unavailability: String? = {
        guard geteuid() == 0 else { return "only root can mount" }
        var template = Array("/tmp/berth-mount-XXXXXX".utf8CString)
        guard let path = mkdtemp(&template) else { return "there is no temporary directory" }
        defer { rmdir(path) }
        // A container's root may lack the capability.
        guard mount("berth-test", path, "tmpfs", 0, nil) == 0 else { return "root may not mount here" }
        return umount(path) == 0 ? nil : "what was mounted cannot be unmounted"
    }()

    /// Mounts it in a directory of its own for `body`.
    public static func with<Value>(
        bytes: Int, isolation: isolated (any Actor)? = #isolation, _ body: (_ path: String) async throws -> Value
    ) async throws -> Value {
        try await withTemporaryDirectory { path in
            guard mount("berth-test", path, "tmpfs", 0, "size=\(bytes)") == 0 else {
                throw TemporaryDirectoryError(errno: errno)
            }
            let result: Value
            do {
                result = try await body(path)
            } catch {
                umount2(path, CInt(MNT_DETACH))
                throw error
            }
            guard umount2(path, CInt(MNT_DETACH)) == 0 else { throw TemporaryDirectoryError(errno: errno) }
            return result
        }
    }

    /// Takes room that ``release(in:)`` gives back.
    public static func occupy(_ bytes: Int, in path: String) throws {
        try Data(count: bytes).write(to: URL(fileURLWithPath: path + "/ballast"))
    }

    public static func release(in path: String) throws {
        try FileManager.default.removeItem(atPath: path + "/ballast")
    }
}
