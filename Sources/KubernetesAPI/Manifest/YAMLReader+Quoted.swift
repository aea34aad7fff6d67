/// Scalars in quotes.
extension YAMLReader {
    mutating func singleQuoted() throws(Fault) -> String {
        let start = position
        position += 1
        var text: [UInt8] = []
        while position < end {
            let byte = bytes[position]
            if byte == UInt8(ascii: "'") {
                position += 1
                guard position < end, bytes[position] == UInt8(ascii: "'") else {
                    tokenEnd = position
                    return String(decoding: text, as: UTF8.self)
                }
                text.append(byte)
                position += 1
            } else if byte == 0x0A {
                try foldBreak(into: &text, protected: 0)
            } else {
                text.append(byte)
                position += 1
            }
        }
        throw Fault(offset: start, message: "the text in single quotes that begins here has no end")
    }

    mutating func doubleQuoted() throws(Fault) -> String {
        let start = position
        position += 1
        var text: [UInt8] = []
        // White space before this was written as an escape, so that a line break does not swallow it.
        var protected = 0
        while position < end {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                take(1)
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                try escape(into: &text)
                protected = text.count
            case 0x0A: try foldBreak(into: &text, protected: protected)
            default:
                text.append(byte)
                position += 1
            }
        }
        throw Fault(offset: start, message: "the text in double quotes that begins here has no end")
    }

    /// A line break in quotes: white space around it goes, and it becomes a space, or less by one when there are more.
    private mutating func foldBreak(into text: inout [UInt8], protected: Int) throws(Fault) {
        while text.count > protected, text.last == 0x20 || text.last == 0x09 { text.removeLast() }
        var breaks = 0
        while position < end, bytes[position] == 0x0A {
            breaks += 1
            position += 1
            lineStart = position
            guard !atMarker else { throw fault("the document ends within a text in quotes") }
            skipBlanks()
        }
        text.append(contentsOf: breaks == 1 ? [0x20] : Array(repeating: 0x0A, count: breaks - 1))
    }

    private mutating func escape(into text: inout [UInt8]) throws(Fault) {
        guard position + 1 < end else { throw fault("the document ends within an escape") }
        let code = bytes[position + 1]
        position += 2
        switch code {
        case UInt8(ascii: "0"): text.append(0)
        case UInt8(ascii: "a"): text.append(0x07)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "t"), 0x09: text.append(0x09)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "v"): text.append(0x0B)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "e"): text.append(0x1B)
        case 0x20, UInt8(ascii: "\""), UInt8(ascii: "/"), UInt8(ascii: "\\"): text.append(code)
        case UInt8(ascii: "N"): text.append(contentsOf: "\u{85}".utf8)
        case UInt8(ascii: "_"): text.append(contentsOf: "\u{A0}".utf8)
        case UInt8(ascii: "L"): text.append(contentsOf: "\u{2028}".utf8)
        case UInt8(ascii: "P"): text.append(contentsOf: "\u{2029}".utf8)
        case UInt8(ascii: "x"): try appendScalar(try hexadecimal(2), to: &text)
        case UInt8(ascii: "u"): try appendScalar(try utf16Escape(), to: &text)
        case UInt8(ascii: "U"): try appendScalar(try hexadecimal(8), to: &text)
        case 0x0A:
            // An escaped line break joins the lines.
            lineStart = position
            skipBlanks()
        default:
            throw Fault(
                offset: position - 2, message: "unknown escape \\\(Character(Unicode.Scalar(code))) in double quotes")
        }
    }

    /// As JSON does it, a character beyond 16 bits may be written as two escapes.
    private mutating func utf16Escape() throws(Fault) -> UInt32 {
        let first = try hexadecimal(4)
        guard (0xD800..<0xDC00).contains(first), bytes[position...].starts(with: "\\u".utf8) else { return first }
        position += 2
        let second = try hexadecimal(4)
        guard (0xDC00..<0xE000).contains(second) else { throw fault("half of a surrogate pair stands alone") }
        return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
    }

    private mutating func hexadecimal(_ count: Int) throws(Fault) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard position < end, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
                throw fault("\(count) hexadecimal digits are expected")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    private func appendScalar(_ value: UInt32, to text: inout [UInt8]) throws(Fault) {
        guard let scalar = Unicode.Scalar(value) else { throw fault("an escape stands for no character") }
        text.append(contentsOf: String(Character(scalar)).utf8)
    }
}
