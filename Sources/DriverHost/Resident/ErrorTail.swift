/// The last bytes of a resident driver's stderr, with their place in the whole, so that each call can be given what was
/// written while it ran.
struct ErrorTail: Sendable {
    private let limit: Int
    private var bytes: [UInt8] = []
    /// How many bytes were written in all.
    private(set) var end = 0

    init(limit: Int) {
        self.limit = limit
    }

    mutating func append(_ piece: UnsafeRawBufferPointer) {
        end += piece.count
        bytes.append(contentsOf: piece.suffix(limit))
        if bytes.count > 2 * limit { bytes.removeFirst(bytes.count - limit) }
    }

    /// What was written from `start` on, as far as it is still kept, and at most `maximum` bytes of it.
    func text(from start: Int, maximum: Int = 8192) -> String {
        String(decoding: bytes.suffix(min(end - start, maximum, limit)), as: UTF8.self)
    }
}
