/// A set of Unicode scalars: what a character, a class or `.` of a regular expression matches.
struct ScalarSet: Sendable {
    typealias Ranges = [ClosedRange<UInt32>]

    /// The first 128, as bits.
    private var ascii: (UInt64, UInt64) = (0, 0)
    /// All others, in order and without overlap.
    private var others: Ranges = []

    init(_ ranges: Ranges) {
        for range in Self.merged(ranges) {
            for value in range.lowerBound..<max(range.lowerBound, min(range.upperBound + 1, 128)) {
                if value < 64 { ascii.0 |= 1 << value } else { ascii.1 |= 1 << (value - 64) }
            }
            if range.upperBound > 127 { others.append(max(range.lowerBound, 128)...range.upperBound) }
        }
    }

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        let value = scalar.value
        if value < 64 { return ascii.0 & 1 << value != 0 }
        if value < 128 { return ascii.1 & 1 << (value - 64) != 0 }
        var low = 0
        var high = others.count
        while low < high {
            let middle = (low + high) / 2
            if others[middle].upperBound < value { low = middle + 1 } else { high = middle }
        }
        return low < others.count && others[low].contains(value)
    }

    /// `\d`, `\w` and `\s` of ECMA 262 (sections 22.2.2.9 and 12.2).
    static let digits: Ranges = [48...57]
    static let wordCharacters: Ranges = [48...57, 65...90, 95...95, 97...122]
    static let whiteSpace: Ranges = [
        9...13, 32...32, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F...0x202F,
        0x205F...0x205F, 0x3000...0x3000, 0xFEFF...0xFEFF,
    ]
    /// What `.` does not match.
    static let lineEnds: Ranges = [10...10, 13...13, 0x2028...0x2029]

    /// Every scalar that is in none of the ranges.
    static func complement(_ ranges: Ranges) -> Ranges {
        var result: Ranges = []
        var next: UInt32 = 0
        for range in merged(ranges) {
            if range.lowerBound > next { result.append(next...(range.lowerBound - 1)) }
            next = range.upperBound + 1
        }
        if next <= 0x10FFFF { result.append(next...0x10FFFF) }
        return result
    }

    private static func merged(_ ranges: Ranges) -> Ranges {
        var result: Ranges = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = result.last, range.lowerBound <= last.upperBound {
                result[result.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
        return result
    }
}
