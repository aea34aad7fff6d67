import Foundation
public import JSONTree
import TestSupport

/// `berth serve` as a process, and its commands.
public struct ServedBerth: Sendable {
    public let directory: String

    /// Serves with the driver of this entry of drivers.json.
    public static func running<Value: Sendable>(
        _ entry: JSONValue, _ body: @Sendable (ServedBerth) async throws -> Value
    ) async throws -> Value {
        try await withTemporaryDirectory { directory in
            let server = ChildProcess(
                executable: try BuiltProducts.path(of: "berth"),
                arguments: [
                    "serve", "--data-dir", directory + "/data", "--listen", "127.0.0.1:0", "--drivers",
                    try DriversFile.write([entry], in: directory),
                ], environment: ["PATH": "/usr/bin:/bin", "HOME": directory])
            return try await server.running { _ in
                try await until("berth serve is ready") {
                    FileManager.default.fileExists(atPath: directory + "/data/kubeconfig")
                }
                return try await body(ServedBerth(directory: directory))
            }
        }
    }

    /// A manifest of `Examples`.
    public static func example(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Examples/\(name)")
            .standardizedFileURL.path
    }

    /// - Returns: What it prints.
    public func run(_ arguments: String...) async throws -> String {
        let result = try await ChildProcess(
            executable: try BuiltProducts.path(of: "berth"), arguments: arguments,
            environment: ["PATH": "/usr/bin:/bin", "BERTH_DATA_DIR": directory + "/data", "HOME": directory]
        ).run(deadline: .seconds(240))
        guard result.isSuccess else {
            throw TestFailure("berth \(arguments.joined(separator: " ")): \(result.output)\(result.errors)")
        }
        return result.output
    }

    public func objects(_ kind: String) async throws -> [JSONValue] {
        let text = try await run("get", kind, "-o", "json")
        return try JSONParser.parse(Array(text.utf8))["items"]?.arrayValue ?? []
    }
}
