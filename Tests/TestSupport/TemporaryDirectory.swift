import Foundation

/// A directory that is there while a test needs it.
public func withTemporaryDirectory<Value>(
    isolation: isolated (any Actor)? = #isolation, _ body: (_ path: String) async throws -> Value
) async throws -> Value {
    let parent = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
    var template = Array("\(parent)/berth-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw TemporaryDirectoryError(errno: errno) }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // What cannot be removed stays; the test has said what it has to say.
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}

public struct TemporaryDirectoryError: Error {
    public let errno: CInt
}
