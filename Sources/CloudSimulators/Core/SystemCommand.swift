import Foundation

/// A program of the system, run to its end.
enum SystemCommand {
    private static let directories = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]

    /// - Returns: What it wrote on standard output.
    /// - Throws: ``DiskContentFailure`` with what it wrote on standard error.
    @discardableResult
    static func run(_ name: String, _ arguments: [String]) async throws -> String {
        let candidates = directories.map { "\($0)/\(name)" }
        guard let path = candidates.first(where: FileManager.default.isExecutableFile) else {
            throw DiskContentFailure("\(name) is not installed")
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = ["PATH": directories.joined(separator: ":"), "LC_ALL": "C"]
        process.standardInput = FileHandle.nullDevice
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        let status = try await withCheckedThrowingContinuation {
            (continuation: CheckedContinuation<Int32, any Error>) in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
        // Both write a line or two, which the pipes hold.
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        guard status == 0 else {
            let reason = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            throw DiskContentFailure(
                "\(name) \(arguments.joined(separator: " ")) ended with \(status): "
                    + reason.split(whereSeparator: \.isNewline).joined(separator: " "))
        }
        return text
    }
}
