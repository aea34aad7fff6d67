import Glibc
import Testing

/// Waits until `condition` holds, looking every few milliseconds; records an issue when it does not within `limit`.
func eventually(
    _ comment: Comment, within limit: Duration = .seconds(20), sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < end else {
            Issue.record(comment, sourceLocation: sourceLocation)
            return
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// Whether a process with this id exists and is no zombie.
func isRunning(_ id: pid_t) -> Bool {
    guard kill(id, 0) == 0 else { return false }
    let descriptor = open("/proc/\(id)/stat", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 512)
    let count = read(descriptor, &buffer, buffer.count)
    guard count > 0 else { return false }
    // The state is the field behind the name, which stands in parentheses and may hold any character.
    let fields = String(decoding: buffer[..<count], as: UTF8.self).split(separator: ")").last
    return fields?.split(separator: " ").first != "Z"
}
