import Foundation

/// A file that is a block device for the time of a test.
public struct LoopDevice: Sendable {
    /// Whether this process may make one.
    public static let isAvailable =
        geteuid() == 0 && access("/dev/loop-control", R_OK | W_OK) == 0
        && access("/sbin/losetup", X_OK) == 0

    private let file: String
    /// `/dev/loop7`
    public let path: String

    public init(file: String, mebibytes: Int) async throws {
        try Data().write(to: URL(filePath: file))
        guard truncate(file, mebibytes << 20) == 0 else {
            throw Failure(description: "\(file) cannot be made so large")
        }
        self.file = file
        path = try await Self.losetup("--find", "--show", file)
    }

    public func grow(mebibytes: Int) async throws {
        guard truncate(file, mebibytes << 20) == 0 else {
            throw Failure(description: "\(file) cannot be made so large")
        }
        _ = try await Self.losetup("--set-capacity", path)
    }

    /// Detaches it, whatever comes of `body`.
    public func whileAttached(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch {
            _ = try? await Self.losetup("--detach", path)  // the test's own failure is the one to report
            throw error
        }
        _ = try await Self.losetup("--detach", path)
    }

    private static func losetup(_ arguments: String...) async throws -> String {
        let result = try await ChildProcess(
            executable: "/sbin/losetup", arguments: arguments, environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
        ).run()
        guard result.isSuccess else { throw Failure(description: "losetup \(arguments): \(result.errors)") }
        return result.output.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
    }

    private struct Failure: Error, CustomStringConvertible {
        let description: String
    }
}
