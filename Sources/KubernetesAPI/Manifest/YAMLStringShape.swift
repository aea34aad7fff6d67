import JSONTree

/// How a string can be written in YAML so that it is read as this string again.
struct YAMLStringShape {
    let string: String
    /// Without quotes.
    private(set) var isPlain: Bool
    /// As a `|` block.
    private(set) var isBlock: Bool
    private var isPrintable = true

    init(_ string: String) {
        self.string = string
        let bytes = Array(string.utf8)
        let hasBreaks = bytes.contains(0x0A)
        for scalar in string.unicodeScalars where !Self.isPrintable(scalar) { isPrintable = false }
        isPlain = !hasBreaks && isPrintable && Self.isUnambiguous(string) && Self.hasPlainSyntax(bytes)
        // White space before a break would be lost on people.
        let spacedBreak = zip(bytes, bytes.dropFirst()).contains { $0 == 0x20 && $1 == 0x0A }
        isBlock = hasBreaks && isPrintable && !spacedBreak && bytes.last != 0x20
    }

    var quoted: String {
        // kubectl writes what would be a number or the like in double quotes, what has odd characters in single ones.
        let needsEscapes = !isPrintable || string.utf8.contains(0x0A)
        if !needsEscapes, Self.isUnambiguous(string) {
            return "'" + string.replacing("'", with: "''") + "'"
        }
        return "\"" + string.unicodeScalars.reduce(into: "") { $0 += Self.escaped($1) } + "\""
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": "\\\""
        case "\\": "\\\\"
        case "\n": "\\n"
        case "\t": "\\t"
        case "\r": "\\r"
        case "\u{0}": "\\0"
        default:
            if isPrintable(scalar) {
                String(Character(scalar))
            } else if scalar.value <= 0xFF {
                "\\x" + hexadecimal(scalar.value, digits: 2)
            } else {
                scalar.value <= 0xFFFF
                    ? "\\u" + hexadecimal(scalar.value, digits: 4) : "\\U" + hexadecimal(scalar.value, digits: 8)
            }
        }
    }

    private static func hexadecimal(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// A tab is not: nobody sees it, and it could be taken for indentation.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A, 0x20...0x7E, 0xA0...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...0x10FFFF:
            // Some readers take these two for line breaks.
            scalar.value != 0x2028 && scalar.value != 0x2029
        default: false
        }
    }

    /// No reader takes it for a number, a boolean, null, a time or a merge key.
    private static func isUnambiguous(_ string: String) -> Bool {
        guard case .string = YAMLScalar.resolve(string) else { return false }
        return string != "<<" && string != "=" && !looksLikeTime(string.utf8)
    }

    /// A date (`2026-01-31…`), or digits in base 60 (`12:30:45`), which YAML 1.1 has as numbers.
    private static func looksLikeTime(_ text: String.UTF8View) -> Bool {
        let isDigit: (UInt8) -> Bool = { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        let year = text.prefix { isDigit($0) }
        if year.count == 4, text.dropFirst(4).first == UInt8(ascii: "-"),
            text.dropFirst(5).first.map(isDigit) == true
        {
            return true
        }
        guard text.contains(UInt8(ascii: ":")) else { return false }
        return text.enumerated().allSatisfy { position, byte in
            isDigit(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
                || (position == 0 && (byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")))
        }
    }

    /// Nothing in it stands for YAML's own structure.
    private static func hasPlainSyntax(_ bytes: [UInt8]) -> Bool {
        guard let first = bytes.first, let last = bytes.last, first != 0x20, last != 0x20 else { return false }
        if bytes.starts(with: "---".utf8) || bytes.starts(with: "...".utf8) { return false }
        switch first {
        case UInt8(ascii: "#"), UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"),
            UInt8(ascii: "}"), UInt8(ascii: "&"), UInt8(ascii: "*"), UInt8(ascii: "!"), UInt8(ascii: "|"),
            UInt8(ascii: ">"), UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "%"), UInt8(ascii: "@"),
            UInt8(ascii: "`"):
            return false
        case UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":"):
            if bytes.count == 1 || bytes[1] == 0x20 { return false }
        default: break
        }
        for (position, byte) in bytes.enumerated() {
            let next = position + 1 < bytes.count ? bytes[position + 1] : 0x20
            if byte == UInt8(ascii: ":"), next == 0x20 { return false }
            if byte == UInt8(ascii: "#"), position > 0, bytes[position - 1] == 0x20 { return false }
        }
        return true
    }
}
