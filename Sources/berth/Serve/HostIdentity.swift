import FileTrust
import Foundation
import Logging
import ObjectStore

/// The name with which drivers mark what they make for this host, for the whole life of its data directory. It is kept
/// both in the file `identity`, for people and backups, and in the database: if it were lost, marked volumes would have
/// no owner.
enum HostIdentity {
    private static let key = "identity"

    /// Compares the two places and decides what to do. Pure.
    enum Finding: Equatable {
        case known(String)
        /// Neither has one.
        case new
        case restoreFile(String)
        case keepInDatabase(String)
        case conflict(file: String, database: String)

        /// - Parameter file: `nil` when it is missing or empty.
        init(file: String?, database: String?) {
            switch (file, database) {
            case (nil, nil): self = .new
            case (nil, let database?): self = .restoreFile(database)
            case (let file?, nil): self = .keepInDatabase(file)
            case (let file?, let database?):
                self = file == database ? .known(file) : .conflict(file: file, database: database)
            }
        }
    }

    /// Reads `DIR/identity` and the store's copy, and creates both if there is neither.
    ///
    /// - Throws: ``CommandFailure`` when the two differ, or the file cannot be read or written.
    static func load(in directory: String, _ store: ObjectStore, logger: Logger) throws -> String {
        let path = directory + "/identity"
        let (file, isEmpty) = try read(path)
        switch Finding(file: file, database: try store.hostValue(key)) {
        case .known(let identity): return identity
        case .new:
            guard !isEmpty else {
                throw CommandFailure(
                    "\(path) is empty: it held the name with which volumes are marked. Restore it from a backup, or remove it to begin anew"
                )
            }
            let identity = "berth-" + UUID().uuidString.lowercased()
            // Both are on disk before the first volume is marked.
            try write(identity, path)
            try store.setHostValue(key, identity)
            return identity
        case .keepInDatabase(let identity):
            try store.setHostValue(key, identity)
            return identity
        case .restoreFile(let identity):
            try write(identity, path)
            logger.warning(
                "the file with the host's identity was missing, and is restored from the database",
                metadata: ["file": "\(path)", "identity": "\(identity)"])
            return identity
        case .conflict(let file, let database):
            throw CommandFailure(
                """
                \(path) identifies this host as \(file), but the database beside it says \(database). The host's volumes are \
                marked with one of the two names and would not be recognised under the other. If the database is the right \
                one, remove \(path): it is restored from the database. If the file is the right one, restore the database \
                that belongs to it.
                """)
        }
    }

    /// - Throws: ``PathTrustError`` for a file that somebody else can have written.
    private static func read(_ path: String) throws -> (String?, isEmpty: Bool) {
        guard let bytes = try TrustedFile.read(path, as: .file) else { return (nil, false) }
        let identity = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return (identity.isEmpty ? nil : identity, identity.isEmpty)
    }

    private static func write(_ identity: String, _ path: String) throws {
        do {
            try (identity + "\n").write(toFile: path, atomically: true, encoding: .utf8)
            try FileHandle(forUpdating: URL(fileURLWithPath: path)).synchronize()
        } catch {
            throw CommandFailure("cannot write \(path): \(error.localizedDescription)")
        }
    }
}
