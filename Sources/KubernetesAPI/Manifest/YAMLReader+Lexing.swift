/// White space, comments, indicators and messages.
extension YAMLReader {
    var atEnd: Bool { position >= end }

    var column: Int { position - lineStart }

    /// Whether nothing but white space stands before on this line.
    var isFirstOnLine: Bool { lineStart >= tokenEnd }

    /// At `---` or `...`.
    var atMarker: Bool { atMarker(UInt8(ascii: "-")) || atMarker(UInt8(ascii: ".")) }

    func atMarker(_ byte: UInt8) -> Bool {
        guard position == lineStart, position + 3 <= end,
            bytes[position..<position + 3].allSatisfy({ $0 == byte })
        else { return false }
        return position + 3 == end || isBlankOrBreak(bytes[position + 3])
    }

    /// A dash, question mark or colon that stands for structure: white space or the end follows.
    func isIndicator(_ byte: UInt8) -> Bool {
        guard position < end, bytes[position] == byte else { return false }
        return position + 1 == end || isBlankOrBreak(bytes[position + 1])
    }

    func isBlankOrBreak(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A }

    func isFlowIndicator(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"): true
        default: false
        }
    }

    mutating func take(_ count: Int) {
        position += count
        tokenEnd = position
    }

    mutating func accept(_ byte: UInt8) -> Bool {
        guard position < end, bytes[position] == byte else { return false }
        take(1)
        return true
    }

    mutating func skipBlanks() {
        while position < end, bytes[position] == 0x20 || bytes[position] == 0x09 { position += 1 }
    }

    /// Goes on to what is neither white space nor a comment.
    mutating func skipToContent(inFlow: Bool = false) throws(Fault) {
        while position < end {
            switch bytes[position] {
            case 0x20, 0x09: position += 1
            case 0x0A:
                position += 1
                lineStart = position
            case UInt8(ascii: "#") where position == lineStart || isBlankOrBreak(bytes[position - 1]):
                while position < end, bytes[position] != 0x0A { position += 1 }
            default:
                if !inFlow, isFirstOnLine, let tab = bytes[lineStart..<position].firstIndex(of: 0x09) {
                    throw Fault(offset: tab, message: "a tab stands in the indentation: use spaces")
                }
                if inFlow, atMarker { throw fault("the document ends within a list or an object") }
                return
            }
        }
    }

    /// Whether a scalar and a colon stand on this line: the first key of an object.
    func isImplicitKeyAhead() throws(Fault) -> Bool {
        guard position < end else { return false }
        var ahead = position
        switch bytes[position] {
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            let quote = bytes[position]
            ahead += 1
            while ahead < end, bytes[ahead] != 0x0A {
                if bytes[ahead] == quote {
                    guard quote == UInt8(ascii: "'"), ahead + 1 < end, bytes[ahead + 1] == quote else { break }
                    ahead += 1
                } else if bytes[ahead] == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                    ahead += 1
                }
                ahead += 1
            }
            guard ahead < end, bytes[ahead] == quote else { return false }
            ahead += 1
            while ahead < end, bytes[ahead] == 0x20 || bytes[ahead] == 0x09 { ahead += 1 }
        case UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: "*"), UInt8(ascii: "|"), UInt8(ascii: ">"),
            UInt8(ascii: "#"):
            return false
        default:
            while ahead < end, bytes[ahead] != 0x0A {
                let byte = bytes[ahead]
                if byte == UInt8(ascii: ":"), ahead + 1 == end || isBlankOrBreak(bytes[ahead + 1]) { break }
                if byte == UInt8(ascii: "#"), ahead > position, isBlankOrBreak(bytes[ahead - 1]) { return false }
                ahead += 1
            }
        }
        guard ahead < end, bytes[ahead] == UInt8(ascii: ":") else { return false }
        return ahead + 1 == end || isBlankOrBreak(bytes[ahead + 1])
    }

    mutating func count() throws(Fault) {
        values += 1
        guard values <= maximumValues else { throw fault("the document has more than \(maximumValues) values") }
    }

    // MARK: - Messages

    func fault(_ message: String) -> Fault { Fault(offset: position, message: message) }

    var tooDeep: Fault { fault("the document is nested deeper than \(maximumDepth) levels") }

    var misplacedKey: Fault {
        fault("a key and a colon may not stand here: quote the text, or begin the object on a line of its own")
    }

    func unexpected(_ place: String) -> Fault {
        guard !atEnd else { return fault("the document ends \(place)") }
        let rest = bytes[position..<end].prefix { $0 != 0x0A }
        let text = String(decoding: rest.prefix(20), as: UTF8.self)
        return fault("unexpected \"\(text)\(rest.count > 20 ? "…" : "")\" \(place)")
    }
}
