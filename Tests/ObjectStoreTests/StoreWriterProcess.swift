import Foundation
import TestSupport

/// A `StoreWriter` that is killed while it writes.
enum StoreWriterProcess {
    /// - Parameters:
    ///   - lines: How many to wait for before SIGKILL; `nil`: it ends by itself.
    ///   - fileLimit: The size in bytes beyond which no file can grow, as on a full disk.
    /// - Returns: Every whole line that it wrote.
    static func run(
        _ directory: String, prefix: String, killedAfter lines: Int?, fileLimit: Int? = nil
    ) async throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try BuiltProducts.path(of: "StoreWriter"))
        process.arguments = [directory, prefix] + (fileLimit.map { [String($0)] } ?? [])
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        var text: [UInt8] = []
        var count = 0
        var isKilled = false
        // Ends when the process has: it holds the only other end of the pipe.
        while case let data = pipe.fileHandleForReading.availableData, !data.isEmpty {
            text += data
            count += data.count { $0 == UInt8(ascii: "\n") }
            if let lines, count >= lines, !isKilled {
                kill(process.processIdentifier, SIGKILL)
                isKilled = true
            }
        }
        process.waitUntilExit()
        let whole = text.prefix(through: text.lastIndex(of: UInt8(ascii: "\n")) ?? -1)
        return String(decoding: whole, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
