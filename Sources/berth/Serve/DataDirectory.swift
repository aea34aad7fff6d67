import FileTrust
import Foundation

/// The directory of a server's state, which only its owner can list or write.
enum DataDirectory {
    /// What a server reads there, and so trusts.
    private static let names: Set<String> = [
        "berth.db", "berth.db-revision", "berth.db-shm", "berth.db-wal", "berth.lock", "calls", "drivers", "identity",
        "running", "tls", "token",
    ]
    /// Directories that hold only the server's own files.
    private static let ownDirectories: Set<String> = ["calls", "running", "tls"]

    /// Creates the directory if it is missing, and checks that nobody else can have written what is in it: whoever
    /// plants a token or a database there controls the server, and through its drivers the machine.
    ///
    /// - Throws: ``CommandFailure`` when it cannot be made, ``PathTrustError`` for the first file that is not trusted.
    static func prepare(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o711])
        } catch {
            throw CommandFailure("cannot make the data directory \(path): \(error.localizedDescription)")
        }
        try check(path)
    }

    /// The same check for a directory that another process has created.
    static func check(_ path: String) throws {
        let walk = PathWalk()
        _ = try walk.destination(of: path, as: .directory)
        for name in try FileManager.default.contentsOfDirectory(atPath: path).sorted() {
            guard names.contains(name) else { continue }
            let entry = "\(path)/\(name)"
            guard ownDirectories.contains(name) || name == "drivers" else {
                _ = try walk.destination(of: entry, as: .file)
                continue
            }
            _ = try walk.destination(of: entry, as: .directory)
            guard ownDirectories.contains(name) else { continue }
            for file in try FileManager.default.contentsOfDirectory(atPath: entry).sorted() {
                do throws(PathTrustError) {
                    _ = try walk.destination(of: "\(entry)/\(file)", as: .file)
                } catch {
                    // A running server renames and removes files meanwhile.
                    guard error.code == .missing else { throw error }
                }
            }
        }
    }
}
