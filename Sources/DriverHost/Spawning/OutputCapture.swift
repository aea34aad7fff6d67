/// The beginning and the end of a stream, bounded: the first lines say what a driver set out to do, the last why it
/// failed.
struct OutputCapture: Sendable, Hashable {
    private let headLimit: Int
    private let tailLimit: Int
    private var head: [UInt8] = []
    private var tail: [UInt8] = []
    private(set) var byteCount = 0

    /// - Parameter limit: How many bytes are kept, half of them from each end.
    init(limit: Int) {
        headLimit = limit / 2
        tailLimit = limit - limit / 2
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        byteCount += bytes.count
        let room = min(headLimit - head.count, bytes.count)
        if room > 0 { head.append(contentsOf: bytes.prefix(room)) }
        tail.append(contentsOf: bytes.dropFirst(max(room, 0)).suffix(tailLimit))
        // Trimmed at twice its size, so that each byte is moved once.
        if tail.count > 2 * tailLimit { tail.removeFirst(tail.count - tailLimit) }
    }

    /// What was kept, repaired to UTF-8; a line in the middle says how much was left out.
    var text: String {
        let end = tail.suffix(tailLimit)
        let omitted = byteCount - head.count - end.count
        guard omitted > 0 else { return String(decoding: head + end, as: UTF8.self) }
        return String(decoding: head, as: UTF8.self) + "\n[… \(omitted) bytes left out …]\n"
            + String(decoding: end, as: UTF8.self)
    }
}
