import DriverProtocol

/// The last bytes of a resident driver's stderr, with their place in the whole, so that each call can be given what was
/// written while it ran.
struct ErrorTail: Sendable {
    /// Of one call.
    private static let callLimit = 8192

    private let limit: Int
    private var bytes: [UInt8] = []
    /// How many bytes were written in all.
    private(set) var end = 0

    /// - Parameter limit: How many bytes are kept. Up to as many again are held to find a secret that begins earlier.
    init(limit: Int) {
        self.limit = limit
    }

    mutating func append(_ piece: UnsafeRawBufferPointer) {
        end += piece.count
        bytes.append(contentsOf: piece.suffix(2 * limit))
        if bytes.count > 4 * limit { bytes.removeFirst(bytes.count - 2 * limit) }
    }

    /// What was written from `start` on, as far as it is still kept, without secrets, and without the beginning of a
    /// secret that is not completely written yet.
    func text(from start: Int, _ scrubber: SecretScrubber) -> String {
        let count = min(end - start, Self.callLimit, limit)
        guard count > 0 else { return "" }
        let kept = Array(bytes.suffix(count + scrubber.reach))
        let text = scrubber.scrub(kept, range: kept.count - count..<kept.count, mayContinue: true)
        return String(decoding: text, as: UTF8.self)
    }
}
