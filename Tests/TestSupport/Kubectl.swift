import Foundation

/// A kubectl of this machine. Each that is found is tested: they differ in what they ask of a server.
///
/// Looked for as `kubectl` and `kubectl.1.NN` in the directories of `PATH`, beside the file that a found one really is,
/// and in the directories that `BERTH_KUBECTL_DIRS` names (colons between them), where a test may unpack others.
public struct Kubectl: Sendable, CustomStringConvertible {
    public let path: String
    /// Of 1.32: 32.
    public let minorVersion: Int

    public var description: String { "kubectl 1.\(minorVersion) (\(path))" }

    /// By version, oldest first.
    public static let all: [Kubectl] = find()

    /// The oldest, the newest, and one in between.
    public static var representative: [Kubectl] {
        guard all.count > 3 else { return all }
        return [all[0], all[all.count / 2], all[all.count - 1]]
    }

    /// - Parameters:
    ///   - home: Where it keeps its cache; one that is used again spares it the discovery.
    ///   - kubeconfig: The file by which it finds the server.
    public func command(
        _ arguments: [String], home: String, kubeconfig: String, input: String? = nil,
        environment: [String: String] = [:]
    ) -> ChildProcess {
        var variables = [
            "HOME": home, "KUBECONFIG": kubeconfig, "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "",
            "LANG": "C.UTF-8",
        ]
        variables.merge(environment) { $1 }
        return ChildProcess(
            executable: path, arguments: arguments, environment: variables, input: input, workingDirectory: home)
    }

    private static func find() -> [Kubectl] {
        let environment = ProcessInfo.processInfo.environment
        var directories: [String] = []
        for variable in ["BERTH_KUBECTL_DIRS", "PATH"] {
            directories += (environment[variable] ?? "").split(separator: ":").map(String.init)
        }
        directories += directories.map { URL(fileURLWithPath: $0 + "/kubectl") }
            .filter { FileManager.default.isExecutableFile(atPath: $0.path) }
            .map { $0.resolvingSymlinksInPath().deletingLastPathComponent().path }
        var seen: Set<String> = []
        var found: [Kubectl] = []
        for directory in directories {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
            for name in names.sorted() where name == "kubectl" || name.hasPrefix("kubectl.1.") {
                let path = directory + "/" + name
                let real = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
                guard FileManager.default.isExecutableFile(atPath: path), seen.insert(real).inserted,
                    let minor = minorVersion(of: path)
                else { continue }
                found.append(Kubectl(path: path, minorVersion: minor))
            }
        }
        return found.sorted { ($0.minorVersion, $0.path) < ($1.minorVersion, $1.path) }
    }

    /// Asks the program itself; `nil` when it does not answer as a kubectl.
    private static func minorVersion(of path: String) -> Int? {
        guard let stream = popen("'\(path)' version --client -o json 2>/dev/null", "r") else { return nil }
        defer { pclose(stream) }
        var text = ""
        var buffer = [CChar](repeating: 0, count: 4096)
        while fgets(&buffer, CInt(buffer.count), stream) != nil {
            text += String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        // `"minor": "32",`; Google's says "32+" or "32-dispatcher".
        guard let match = text.firstMatch(of: /"minor": "(\d+)/) else { return nil }
        return Int(match.1)
    }
}
