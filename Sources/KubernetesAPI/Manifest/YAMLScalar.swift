import JSONTree

/// A scalar as it was written, and what it means.
///
/// Plain scalars mean what kubectl takes them for (sigs.k8s.io/yaml over go-yaml v2, which follows YAML 1.1): `yes`,
/// `on` and `y` are true, `0644` is octal, and a date is a string.
enum YAMLScalar {
    /// Without quotes: may be a number, a boolean or null.
    case plain(String)
    /// In quotes or as a block: a string.
    case quoted(String)

    /// A tag of YAML's own.
    enum Tag: String {
        case string = "str"
        case integer = "int"
        case float, binary, timestamp, merge
        case boolean = "bool"
        case null
        case mapping = "map"
        case sequence = "seq"

        /// From `!!str`, `!<tag:yaml.org,2002:str>`, or `!` for a string.
        init?(_ text: String) {
            if text == "!" {
                self = .string
            } else if text.hasPrefix("!!") {
                self.init(rawValue: String(text.dropFirst(2)))
            } else if text.hasPrefix("!<tag:yaml.org,2002:"), text.hasSuffix(">") {
                self.init(rawValue: String(text.dropFirst(20).dropLast()))
            } else {
                return nil
            }
        }

        func allows(_ collection: JSONValue) -> Bool {
            switch collection {
            case .object: self == .mapping
            case .array: self == .sequence
            default: false
            }
        }
    }

    struct Mismatch: Error {
        var message: String
    }

    var isMergeKey: Bool {
        if case .plain("<<") = self { true } else { false }
    }

    /// What a key becomes in JSON, where keys are strings; `nil` for what no key can be.
    static func key(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): text
        case .integer(let number): String(number)
        case .number(let literal): literal
        case .bool(let bool): bool ? "true" : "false"
        default: nil
        }
    }

    func value(tag: Tag?) throws(Mismatch) -> JSONValue {
        let (text, isPlain) =
            switch self {
            case .plain(let text): (text, true)
            case .quoted(let text): (text, false)
            }
        switch tag {
        case nil:
            guard isPlain else { return .string(text) }
            let value = Self.resolve(text)
            if case .number(let literal) = value, Double(literal)?.isFinite != true {
                throw Mismatch(message: "\(text) is no number that JSON can hold: quote it if it is a text")
            }
            return value
        case .string, .timestamp: return .string(text)
        case .binary:
            return .string(try Self.binary(text))
        default: break
        }
        let value = Self.resolve(text)
        let fits =
            switch (tag, value) {
            case (.integer, .integer), (.boolean, .bool), (.null, .null), (.float, .integer), (.float, .number): true
            default: false
            }
        guard fits else {
            throw Mismatch(message: "\"\(text)\" does not fit its tag !!\(tag?.rawValue ?? "")")
        }
        return value
    }

    /// The text behind Base64, which may stand on several lines.
    private static func binary(_ text: String) throws(Mismatch) -> String {
        let bytes: [UInt8]
        do throws(Base64.DecodingError) {
            bytes = try Base64.decode(text.filter { !$0.isWhitespace })
        } catch {
            throw Mismatch(message: "a value of !!binary: \(error)")
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw Mismatch(message: "a value of !!binary is no UTF-8 text")
        }
        return decoded
    }

    /// What a plain scalar means. `.inf` and `.nan` come as a number whose literal JSON cannot hold.
    static func resolve(_ text: String) -> JSONValue {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y": return true
        case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N": return false
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", ".nan", ".NaN", ".NAN":
            return .number(text)
        default: break
        }
        guard let first = text.utf8.first,
            first == UInt8(ascii: "+") || first == UInt8(ascii: "-") || first == UInt8(ascii: ".")
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
        else { return .string(text) }
        let digits = text.replacing("_", with: "")
        return integer(digits) ?? float(digits) ?? .string(text)
    }

    /// `0x`, `0o` and `0b` with a sign or without, and YAML 1.1's octal numbers with a leading zero.
    private static func integer(_ text: String) -> JSONValue? {
        let isNegative = text.hasPrefix("-")
        var digits = isNegative || text.hasPrefix("+") ? text.dropFirst() : text[...]
        var radix = 10
        for (prefix, base) in [("0x", 16), ("0X", 16), ("0b", 2), ("0B", 2), ("0o", 8), ("0O", 8), ("0", 8)]
        where digits.hasPrefix(prefix) && digits.count > prefix.count {
            digits = digits.dropFirst(prefix.count)
            radix = base
            break
        }
        // Int's own initializer would take a second sign.
        guard let first = digits.first, first.isHexDigit else { return nil }
        if let value = Int64((isNegative ? "-" : "") + digits, radix: radix) { return .integer(value) }
        if !isNegative, let value = UInt64(digits, radix: radix) { return .number(String(value)) }
        return nil
    }

    /// Decimal digits, a point and an exponent; a whole number becomes an integer, as JSON writers make it.
    private static func float(_ text: String) -> JSONValue? {
        var isExponent = false
        var digits = 0
        var points = 0
        var previous: UInt8 = 0
        for (position, byte) in text.utf8.enumerated() {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digits += 1
            case UInt8(ascii: "."):
                points += 1
                guard !isExponent, points == 1 else { return nil }
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                guard !isExponent, digits > 0 else { return nil }
                isExponent = true
                digits = 0
            case UInt8(ascii: "+"), UInt8(ascii: "-"):
                guard position == 0 || previous == UInt8(ascii: "e") || previous == UInt8(ascii: "E") else {
                    return nil
                }
            default: return nil
            }
            previous = byte
        }
        guard digits > 0, let value = Double(text) else { return nil }
        guard value.isFinite else { return .number(text.hasPrefix("-") ? "-.inf" : ".inf") }
        if value == value.rounded(), value.magnitude < 1e15 { return .integer(Int64(value)) }
        return .number("\(value)")
    }
}
