import DriverProtocol

/// The secrets that a resident driver was given. Its log interleaves the lines of different calls, and may mention a
/// secret long after the call that brought it.
struct KnownSecrets: Sendable {
    /// How many are remembered after their calls end. Those of calls in flight are always kept.
    private static let memory = 512

    private(set) var scrubber = SecretScrubber()
    /// The number of calls in flight that use each value.
    private var live: [String: Int] = [:]
    /// Ordered by when they were last given, the latest last.
    private var remembered: [String] = []

    mutating func begin(_ secrets: [String: String]) {
        for value in secrets.values {
            live[value, default: 0] += 1
            if let position = remembered.lastIndex(of: value) {
                remembered.remove(at: position)
            } else {
                scrubber.add([value])
            }
            remembered.append(value)
        }
    }

    mutating func end(_ secrets: [String: String]) {
        for value in secrets.values {
            guard let count = live[value] else { continue }
            live[value] = count > 1 ? count - 1 : nil
        }
        // At twice the number, so that the scrubber is rarely rebuilt.
        guard remembered.count - live.count > 2 * Self.memory else { return }
        let latest = Set(remembered.suffix(Self.memory))
        remembered.removeAll { !latest.contains($0) && live[$0] == nil }
        scrubber = SecretScrubber()
        scrubber.add(remembered)
    }
}
