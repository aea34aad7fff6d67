import Foundation
public import TestSupport

/// The clouds' own clients in Python, which `make test` installs into a virtual environment.
public enum CloudClients {
    private static let folder = ProcessInfo.processInfo.environment["BERTH_CLOUD_CLIENTS"]

    public static let areInstalled =
        folder.map { FileManager.default.isExecutableFile(atPath: "\($0)/bin/python") } ?? false

    /// Runs a program of the environment to its end: `python` with a script, or `aws`.
    public static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> ChildProcess.Output {
        guard areInstalled, let folder else {
            throw TestFailure(
                "BERTH_CLOUD_CLIENTS names no folder with the clouds' clients: run the tests with make test")
        }
        let usual = [
            "PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1",
            "AWS_EC2_METADATA_DISABLED": "true",
        ]
        return try await ChildProcess(
            executable: "\(folder)/bin/\(program)", arguments: arguments,
            environment: usual.merging(environment) { $1 }
        ).run(deadline: .seconds(300))
    }
}
