#if canImport(Glibc)
    import Glibc
#endif

/// Many byte strings, looked for in one pass.
///
/// A table of the first two bytes rules out most positions at once; a dictionary finds the candidates at the others.
/// Patterns are a few hundred bytes at most, so a comparison is short.
struct PatternTable: Sendable {
    private static let keyLength = 4

    private var all: Set<[UInt8]> = []
    private var longer: [UInt32: [[UInt8]]] = [:]
    /// Of three bytes.
    private var short: Set<UInt32> = []
    private var pairs: [Bool] = []
    private(set) var longestLength = 0

    var isEmpty: Bool { all.isEmpty }

    /// - Parameter pattern: At least three bytes; a shorter one is ignored.
    mutating func insert(_ pattern: [UInt8]) {
        guard pattern.count > 2, all.insert(pattern).inserted else { return }
        if pairs.isEmpty { pairs = [Bool](repeating: false, count: 1 << 16) }
        pairs[Int(pattern[0]) << 8 | Int(pattern[1])] = true
        longestLength = max(longestLength, pattern.count)
        if pattern.count < Self.keyLength {
            short.insert(Self.key(pattern, 3))
        } else {
            longer[Self.key(pattern, Self.keyLength), default: []].append(pattern)
        }
    }

    /// Calls `body` with the range of each match: the longest at each position, even if it overlaps another.
    ///
    /// - Parameter mayContinue: Whether a pattern that is cut off at the end of the text counts as well.
    func forEachMatch(in text: [UInt8], mayContinue: Bool = false, _ body: (Range<Int>) -> Void) {
        text.withUnsafeBufferPointer { text in
            guard text.count > 2, !pairs.isEmpty else { return }
            for position in 0..<text.count - 2 where pairs[Int(text[position]) << 8 | Int(text[position + 1])] {
                if let length = lengthOfMatch(in: text, at: position, mayContinue) {
                    body(position..<position + length)
                }
            }
        }
    }

    private func lengthOfMatch(in text: UnsafeBufferPointer<UInt8>, at position: Int, _ mayContinue: Bool) -> Int? {
        let rest = UnsafeBufferPointer(rebasing: text[position...])
        var length: Int?
        if !short.isEmpty, short.contains(Self.key(rest, 3)) { length = 3 }
        guard rest.count >= Self.keyLength, let patterns = longer[Self.key(rest, Self.keyLength)] else { return length }
        for pattern in patterns where pattern.count > length ?? 0 {
            let common = min(pattern.count, rest.count)
            guard common == pattern.count || mayContinue else { continue }
            let isEqual = pattern.withUnsafeBufferPointer { pattern in
                pattern.baseAddress.flatMap { pattern in rest.baseAddress.map { memcmp(pattern, $0, common) == 0 } }
            }
            if isEqual == true { length = common }
        }
        return length
    }

    private static func key(_ bytes: some RandomAccessCollection<UInt8>, _ count: Int) -> UInt32 {
        bytes.prefix(count).reduce(0) { $0 << 8 | UInt32($1) }
    }
}
