import FileTrust
import Foundation

/// The directory of a server's state, which nobody but its owner can list or write.
enum DataDirectory {
    /// What a server reads there and goes by, beside `berth.db` and all else that begins with `berth.`.
    private static let names: Set<String> = ["calls", "drivers", "identity", "running", "tls", "token"]
    /// Directories with nothing but the server's own files.
    private static let ownDirectories: Set<String> = ["calls", "running", "tls"]

    /// Makes the directory where there is none, and looks whether somebody else can have written what is in it: whoever
    /// plants a token or a database there rules the server, and through its drivers the machine.
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

    /// The same for a directory that another process has made.
    static func check(_ path: String) throws {
        let walk = PathWalk()
        _ = try walk.destination(of: path, as: .directory)
        for name in try FileManager.default.contentsOfDirectory(atPath: path).sorted() {
            guard names.contains(name) || name.hasPrefix("berth.") else { continue }
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
                    // A server that runs puts files aside and removes them.
                    guard error.code == .missing else { throw error }
                }
            }
        }
    }
}
