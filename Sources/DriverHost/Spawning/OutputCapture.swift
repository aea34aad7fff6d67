import DriverProtocol

/// The beginning and the end of a stream, bounded: the first lines say what a driver set out to do, the last why it
/// failed.
struct OutputCapture: Sendable, Hashable {
    private let headLimit: Int
    private let tailLimit: Int
    /// How many more bytes are kept at each end, and never shown, to find a secret that the limit cuts.
    private let margin: Int
    private var head: [UInt8] = []
    private var tail: [UInt8] = []
    private(set) var byteCount = 0

    /// - Parameters:
    ///   - limit: How many bytes are kept, half of them from each end.
    ///   - margin: ``SecretScrubber/reach`` of the secrets that may occur in the stream.
    init(limit: Int, margin: Int = 0) {
        headLimit = limit / 2
        tailLimit = limit - limit / 2
        self.margin = margin
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        byteCount += bytes.count
        let room = min(headLimit + margin - head.count, bytes.count)
        if room > 0 { head.append(contentsOf: bytes.prefix(room)) }
        let tailRoom = tailLimit + margin
        tail.append(contentsOf: bytes.dropFirst(max(room, 0)).suffix(tailRoom))
        // Trimmed at twice its size, so that each byte is moved once.
        if tail.count > 2 * tailRoom { tail.removeFirst(tail.count - tailRoom) }
    }

    /// What was kept, without secrets, repaired to UTF-8; a line in the middle says how much was left out.
    func text(_ scrubber: SecretScrubber) -> String {
        let omitted = byteCount - headLimit - tailLimit
        guard omitted > 0 else { return String(decoding: scrubber.scrub(head + tail), as: UTF8.self) }
        // If little was left out, the margin of the beginning overlaps the end.
        let isWhole = byteCount == head.count + tail.count
        let end = isWhole ? head + tail : tail
        let first = scrubber.scrub(isWhole ? end : head, range: 0..<headLimit)
        let last = scrubber.scrub(end, range: end.count - tailLimit..<end.count)
        return String(decoding: first, as: UTF8.self) + "\n[… \(omitted) bytes left out …]\n"
            + String(decoding: last, as: UTF8.self)
    }
}
