import FileTrust
import Foundation

/// The name with which drivers mark what they make for this host, for the whole life of its data directory.
enum HostIdentity {
    /// Reads `DIR/identity`, or makes one.
    static func load(in directory: String) throws -> String {
        let path = directory + "/identity"
        if let bytes = try TrustedFile.read(path, as: .file) {
            let identity = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            guard !identity.isEmpty else {
                throw CommandFailure(
                    "\(path) is empty: it held the name with which volumes are marked. Restore it from a backup, or remove it to begin anew"
                )
            }
            return identity
        }
        let identity = "berth-" + UUID().uuidString.lowercased()
        try (identity + "\n").write(toFile: path, atomically: true, encoding: .utf8)
        // On disk before the first volume carries it.
        try FileHandle(forUpdating: URL(fileURLWithPath: path)).synchronize()
        return identity
    }
}
