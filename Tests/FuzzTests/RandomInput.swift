import TestSupport

/// Builds inputs from seeds and a dictionary's words. The same random seed yields the same inputs.
struct RandomInput {
    private static let numbers = [
        "0", "-1", "9223372036854775807", "-9223372036854775808", "18446744073709551616", "1e999", "0.000000001",
        "2147483648",
    ]
    private static let longest = 8192

    private var generator: SplitMix64
    private let seeds: [[UInt8]]
    private let words: [[UInt8]]

    init(seed: UInt64, seeds: [[UInt8]], dictionary: [String]) {
        generator = SplitMix64(seed: seed)
        self.seeds = seeds.isEmpty ? [[]] : seeds
        words = (dictionary + Self.numbers).map { Array($0.utf8) }
    }

    mutating func next() -> [UInt8] {
        if chance(16) { return (0..<Int.random(in: 0...200, using: &generator)).map { _ in byte() } }
        var input = seeds.randomElement(using: &generator) ?? []
        for _ in 0..<Int.random(in: 1...6, using: &generator) { change(&input) }
        return Array(input.prefix(Self.longest))
    }

    private mutating func change(_ input: inout [UInt8]) {
        let range = range(in: input)
        switch Int.random(in: 0..<10, using: &generator) {
        case 0 where !input.isEmpty: input[position(in: input)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 1 where !input.isEmpty: input[position(in: input)] = byte()
        case 2: input.removeSubrange(range)
        case 3: input.insert(contentsOf: Array(input[range]), at: range.lowerBound)
        case 4:
            let other = seeds.randomElement(using: &generator) ?? []
            input.replaceSubrange(range, with: other[self.range(in: other)])
        case 5 where !input.isEmpty: replaceNumber(in: &input)
        case 6:
            // Deep or long, against recursion and quadratic time.
            let piece = chance(2) ? input[range].prefix(8) : [byte()]
            let count = Int.random(in: 1...400, using: &generator)
            input.insert(contentsOf: Array(repeatElement(Array(piece), count: count).joined()), at: range.lowerBound)
        default:
            let word = words.randomElement(using: &generator) ?? []
            input.replaceSubrange(chance(2) ? range : range.lowerBound..<range.lowerBound, with: word)
        }
    }

    /// Replaces one of the numbers in the text.
    private mutating func replaceNumber(in input: inout [UInt8]) {
        let isDigit = { (byte: UInt8) in byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
        guard let start = input[position(in: input)...].firstIndex(where: isDigit) else { return }
        let end = input[start...].firstIndex { !isDigit($0) } ?? input.endIndex
        let number = Self.numbers.randomElement(using: &generator) ?? ""
        input.replaceSubrange(start..<end, with: Array(number.utf8))
    }

    private mutating func byte() -> UInt8 { UInt8.random(in: 0...255, using: &generator) }
    private mutating func chance(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &generator) == 0 }
    private mutating func position(in input: [UInt8]) -> Int { Int.random(in: 0..<input.count, using: &generator) }

    private mutating func range(in input: [UInt8]) -> Range<Int> {
        let start = Int.random(in: 0...input.count, using: &generator)
        return start..<Int.random(in: start...min(input.count, start + 64), using: &generator)
    }
}
