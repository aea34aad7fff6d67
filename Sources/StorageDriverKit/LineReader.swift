import Glibc

/// Reads lines from a file descriptor in big blocks.
struct LineReader {
    enum Line: Equatable {
        /// Without its newline; never empty or blank.
        case line([UInt8])
        /// A line of more than the limit, which was skipped.
        case tooLong
        /// The other side has closed it. What stood behind the last newline was given as a line.
        case end
        /// read(2) failed.
        case failed(errno: Int32)
    }

    private static let blockSize = 64 * 1024

    private let descriptor: Int32
    private let limit: Int
    private var buffer: [UInt8] = []
    /// Where the next line begins in `buffer`.
    private var start = 0
    /// Up to where `buffer` is known to hold no newline.
    private var scanned = 0
    private var isSkipping = false
    private var isAtEnd = false

    init(_ descriptor: Int32, limit: Int) {
        self.descriptor = descriptor
        self.limit = limit
        buffer.reserveCapacity(Self.blockSize)
    }

    /// Whether ``next()`` answers without reading.
    var hasLine: Bool { isAtEnd || buffer[start...].contains(UInt8(ascii: "\n")) }

    mutating func next() -> Line {
        while true {
            if let newline = buffer[scanned...].firstIndex(of: UInt8(ascii: "\n")) {
                let range = start..<newline
                start = newline + 1
                scanned = start
                if let line = take(range) { return line }
                continue
            }
            scanned = buffer.count
            if isAtEnd {
                let range = start..<buffer.count
                start = buffer.count
                return take(range) ?? .end
            }
            if isSkipping || buffer.count - start > limit {
                // The line's end is not here: what there is of it is of no use to anybody.
                isSkipping = true
                start = buffer.count
            }
            compact()
            switch fill() {
            case 0: isAtEnd = true
            case let count where count < 0: return .failed(errno: errno)
            default: break
            }
        }
    }

    /// The line in `range`; `nil` for a blank one.
    private mutating func take(_ range: Range<Int>) -> Line? {
        if isSkipping || range.count > limit {
            isSkipping = false
            return .tooLong
        }
        let isBlank = buffer[range].allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == 0x0D }
        return isBlank ? nil : .line(Array(buffer[range]))
    }

    /// Gives up what was read already; for free where that is everything.
    private mutating func compact() {
        guard start > 0 else { return }
        buffer.removeFirst(start)
        scanned -= start
        start = 0
    }

    private mutating func fill() -> Int {
        let used = buffer.count
        var count = 0
        buffer.reserveCapacity(used + Self.blockSize)
        withUnsafeTemporaryAllocation(byteCount: Self.blockSize, alignment: 16) { block in
            repeat {
                count = read(descriptor, block.baseAddress, Self.blockSize)
            } while count < 0 && errno == EINTR
            if count > 0 { buffer.append(contentsOf: block.prefix(count)) }
        }
        return count
    }
}
