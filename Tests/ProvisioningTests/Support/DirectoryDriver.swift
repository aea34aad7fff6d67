import Foundation
import JSONTree
import TestSupport

/// `Fixtures/directory-driver.sh`, registered in a drivers.json of its own: what it was asked, what it made, and how its
/// next calls go.
struct DirectoryDriver: Sendable {
    static let provisioner = "example.com/directories"

    let root: String
    let driversFile: String

    /// - Parameters:
    ///   - directory: Gets drivers.json, the driver and its volumes.
    ///   - info: What it says of itself; `nil`: that it makes and deletes volumes, with any parameters.
    init(directory: String, isRegistered: Bool = true, info: JSONValue? = nil) throws {
        root = directory + "/backend"
        driversFile = directory + "/drivers.json"
        let files = FileManager.default
        try files.createDirectory(atPath: root + "/volumes", withIntermediateDirectories: true)
        if let info { try Data(info.encoded).write(to: URL(filePath: root + "/init.json")) }
        let source = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Fixtures/directory-driver.sh").standardized
        // Copied, since drivers must be writable by nobody else, which a checkout does not promise.
        let executable = directory + "/directory-driver"
        if !files.fileExists(atPath: executable) {
            try files.copyItem(atPath: source.path(), toPath: executable)
            try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: executable)
        }
        if isRegistered { try register() }
    }

    /// - Parameter root: Where its volumes are to be; `nil`: here.
    func register(root: String? = nil) throws {
        try write(
            """
            {"apiVersion": "berth.dev/v1", "drivers": [
              {"name": "directories", "provisioners": ["\(Self.provisioner)"], "exec": "./directory-driver",
               "config": {"root": "\(root ?? self.root)"}}
            ]}
            """)
    }

    /// The driver that ships, as a resident process, with `ROOT/volumes` for its volumes.
    func registerHostPath() throws {
        try write(
            """
            {"apiVersion": "berth.dev/v1", "drivers": [
              {"name": "hostpath", "provisioners": ["\(Self.provisioner)"], "mode": "resident",
               "exec": "\(try BuiltProducts.path(of: "hostpath-driver"))",
               "config": {"basePath": "\(root)/volumes"}}
            ]}
            """)
    }

    func unregister() throws {
        try write(#"{"apiVersion": "berth.dev/v1", "drivers": []}"#)
    }

    func setExecutable(_ isExecutable: Bool) throws {
        let executable = URL(filePath: driversFile).deletingLastPathComponent().path() + "directory-driver"
        try FileManager.default.setAttributes(
            [.posixPermissions: isExecutable ? 0o755 : 0o644], ofItemAtPath: executable)
    }

    /// The backend's volumes, by name.
    var volumes: Set<String> {
        get throws {
            // The hostPath driver keeps its own notes in hidden files.
            Set(try FileManager.default.contentsOfDirectory(atPath: root + "/volumes").filter { !$0.hasPrefix(".") })
        }
    }

    /// Every call so far: `provision pvc-… mode= secret= context=`.
    var calls: [String] {
        guard let text = try? String(contentsOfFile: root + "/calls", encoding: .utf8) else { return [] }
        return text.split(separator: "\n").map(String.init)
    }

    func calls(of verb: String) -> [String] { calls.filter { $0.hasPrefix(verb + " ") } }

    /// How the next calls of a verb go, one after the other; see the driver.
    func plan(_ verb: String, _ lines: String...) throws {
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: "\(root)/\(verb).plan"))
    }

    /// Lets the calls go on that `hold` holds.
    func go() throws {
        try Data().write(to: URL(filePath: root + "/go"))
    }

    /// Whether `stats` calls every volume abnormal.
    func setOverfull(_ isOverfull: Bool) throws {
        let file = URL(filePath: root + "/overfull")
        if isOverfull { try Data().write(to: file) } else { try FileManager.default.removeItem(at: file) }
    }

    private func write(_ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: driversFile), options: .atomic)
    }
}
