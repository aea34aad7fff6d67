import JSONTree

/// Where the parts of a JSON document stand, so that messages can name a line and an edit can leave the rest of the file
/// byte for byte as it is. Only for bytes that ``JSONParser`` has accepted.
struct JSONSpans {
    struct Member {
        var key: String
        /// From the key's opening quote.
        var keyStart: Int
        var value: Range<Int>
    }

    let bytes: [UInt8]
    private let starts: LineStarts

    init(bytes: [UInt8]) {
        self.bytes = bytes
        starts = LineStarts(bytes)
    }

    /// The value that the document is, without the white space around it.
    var root: Range<Int> {
        let start = skipWhitespace(from: 0)
        return start..<endOfValue(at: start)
    }

    /// Counted from 1.
    func line(of offset: Int) -> Int { starts.place(of: offset).line }

    /// The members of an object; empty for another value.
    func members(of value: Range<Int>) -> [Member] {
        guard !value.isEmpty, bytes[value.lowerBound] == UInt8(ascii: "{") else { return [] }
        var members: [Member] = []
        var position = skipWhitespace(from: value.lowerBound + 1)
        while position < value.upperBound, bytes[position] == UInt8(ascii: "\"") {
            let keyStart = position
            let keyEnd = endOfString(at: position)
            position = skipWhitespace(from: keyEnd)
            position = skipWhitespace(from: position + 1)  // the colon
            let end = endOfValue(at: position)
            members.append(Member(key: text(keyStart..<keyEnd), keyStart: keyStart, value: position..<end))
            position = skipWhitespace(from: end)
            guard position < value.upperBound, bytes[position] == UInt8(ascii: ",") else { break }
            position = skipWhitespace(from: position + 1)
        }
        return members
    }

    /// The elements of an array; empty for another value.
    func elements(of value: Range<Int>) -> [Range<Int>] {
        guard !value.isEmpty, bytes[value.lowerBound] == UInt8(ascii: "[") else { return [] }
        var elements: [Range<Int>] = []
        var position = skipWhitespace(from: value.lowerBound + 1)
        while position < value.upperBound, bytes[position] != UInt8(ascii: "]") {
            let end = endOfValue(at: position)
            elements.append(position..<end)
            position = skipWhitespace(from: end)
            guard position < value.upperBound, bytes[position] == UInt8(ascii: ",") else { break }
            position = skipWhitespace(from: position + 1)
        }
        return elements
    }

    func skipWhitespace(from start: Int) -> Int {
        var position = start
        while position < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[position]) { position += 1 }
        return position
    }

    private func text(_ range: Range<Int>) -> String {
        guard case .string(let text)? = try? JSONParser.parse(bytes[range]) else {
            return String(decoding: bytes[range], as: UTF8.self)
        }
        return text
    }

    private func endOfString(at start: Int) -> Int {
        var position = start + 1
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(position + 1, bytes.count)
    }

    private func endOfValue(at start: Int) -> Int {
        guard start < bytes.count else { return start }
        switch bytes[start] {
        case UInt8(ascii: "\""): return endOfString(at: start)
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            var depth = 0
            var position = start
            while position < bytes.count {
                switch bytes[position] {
                case UInt8(ascii: "\""):
                    position = endOfString(at: position)
                    continue
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    depth -= 1
                    if depth == 0 { return position + 1 }
                default: break
                }
                position += 1
            }
            return position
        default:
            var position = start
            while position < bytes.count, !Self.endsScalar.contains(bytes[position]) { position += 1 }
            return position
        }
    }

    private static let endsScalar: Set<UInt8> = [
        0x20, 0x0A, 0x0D, 0x09, UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"),
    ]
}
