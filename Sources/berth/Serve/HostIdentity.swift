import Foundation

/// The name with which drivers mark what they make for this host, for the whole life of its data directory.
enum HostIdentity {
    /// Reads `DIR/identity`, or makes one.
    static func load(in directory: String) throws -> String {
        let path = directory + "/identity"
        if let text = try? String(contentsOfFile: path, encoding: .utf8) {
            let identity = text.trimmingCharacters(in: .whitespacesAndNewlines)
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

/// A directory that nobody but its owner can list.
enum PrivateDirectory {
    static func make(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o711])
        } catch {
            throw CommandFailure("cannot make the data directory \(path): \(error.localizedDescription)")
        }
    }
}
