/// Why bytes are no JSON document, and where.
public struct JSONParseError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        case syntax, tooDeep, tooMany, invalidUTF8, duplicateKey, trailingBytes
    }

    public var code: Code
    public var message: String
    /// Counted from 1; the column counts bytes.
    public var line: Int
    public var column: Int

    public var description: String { "line \(line), column \(column): \(message)" }
}

/// Reads one JSON document (RFC 8259) into a ``JSONValue``.
///
/// Strict: valid UTF-8 only, no comments, no trailing commas, one document and nothing behind it but white space.
public struct JSONParser {
    public enum DuplicateKeys: Sendable { case reject, keepLast }

    /// Deeper documents are refused: recursion costs stack, and no honest Kubernetes object comes near.
    public static let defaultMaximumDepth = 200

    /// With ``DuplicateKeys/keepLast``: the path of each key that was given twice, as `spec.size`; at most 100 are kept,
    /// and of a path its last 1,024 bytes.
    public private(set) var duplicates: [String] = []

    private static let maximumDuplicates = 100
    private static let maximumPathLength = 1024

    private let bytes: UnsafeBufferPointer<UInt8>
    private let maximumDepth: Int
    private let maximumValues: Int
    private var values = 0
    private let duplicateKeys: DuplicateKeys
    private var position = 0
    private var path: [String] = []

    /// - Throws: ``JSONParseError``, with line and column.
    public static func parse(
        _ bytes: some Sequence<UInt8>, duplicateKeys: DuplicateKeys = .reject,
        maximumDepth: Int = defaultMaximumDepth
    ) throws(JSONParseError) -> JSONValue {
        try parseReportingDuplicates(bytes, duplicateKeys: duplicateKeys, maximumDepth: maximumDepth).value
    }

    /// Like ``parse(_:duplicateKeys:maximumDepth:)``; also says which keys stood twice.
    ///
    /// - Parameter maximumValues: How many values the document may have in all. A value takes up to a hundred bytes of
    ///   memory, and two in the text: whoever reads what strangers send sets a limit.
    public static func parseReportingDuplicates(
        _ bytes: some Sequence<UInt8>, duplicateKeys: DuplicateKeys = .keepLast,
        maximumDepth: Int = defaultMaximumDepth, maximumValues: Int = .max
    ) throws(JSONParseError) -> (value: JSONValue, duplicates: [String]) {
        func read(_ buffer: UnsafeBufferPointer<UInt8>) -> Result<(JSONValue, [String]), JSONParseError> {
            var parser = JSONParser(buffer, duplicateKeys, maximumDepth: maximumDepth, maximumValues: maximumValues)
            do throws(JSONParseError) {
                let value = try parser.document()
                return .success((value, parser.duplicates))
            } catch {
                return .failure(error)
            }
        }
        let result = bytes.withContiguousStorageIfAvailable(read) ?? Array(bytes).withUnsafeBufferPointer(read)
        return try result.get()
    }

    private init(
        _ bytes: UnsafeBufferPointer<UInt8>, _ duplicateKeys: DuplicateKeys, maximumDepth: Int, maximumValues: Int
    ) {
        self.bytes = bytes
        self.duplicateKeys = duplicateKeys
        self.maximumDepth = maximumDepth
        self.maximumValues = maximumValues
    }

    private mutating func document() throws(JSONParseError) -> JSONValue {
        skipWhitespace()
        let value = try self.value(depth: 0)
        skipWhitespace()
        guard position == bytes.count else {
            throw failure(.trailingBytes, "unexpected \(found) after the end of the JSON document")
        }
        return value
    }

    private mutating func value(depth: Int) throws(JSONParseError) -> JSONValue {
        guard depth <= maximumDepth else {
            throw failure(.tooDeep, "the document is nested deeper than \(maximumDepth) levels")
        }
        values += 1
        guard values <= maximumValues else {
            throw failure(.tooMany, "the document has more than \(maximumValues) values")
        }
        guard position < bytes.count else { throw failure(.syntax, "the document ends where a value is expected") }
        switch bytes[position] {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw failure(.syntax, "unexpected \(found) where a value is expected")
        }
    }

    private mutating func object(depth: Int) throws(JSONParseError) -> JSONValue {
        position += 1
        skipWhitespace()
        var object = JSONObject()
        if accept(UInt8(ascii: "}")) { return .object(object) }
        object.reserveCapacity(4)
        while true {
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
                throw failure(.syntax, "unexpected \(found) where a key in double quotes is expected")
            }
            let keyStart = position
            let key = try string()
            skipWhitespace()
            guard accept(UInt8(ascii: ":")) else {
                throw failure(.syntax, "unexpected \(found) after the key \"\(key)\": a colon is expected")
            }
            skipWhitespace()
            let isDuplicate = object[key] != nil
            if isDuplicate {
                if duplicateKeys == .reject {
                    let full = fullPath(of: key)
                    position = keyStart
                    throw failure(.duplicateKey, "the key \"\(full)\" stands twice")
                }
                if duplicates.count < Self.maximumDuplicates { duplicates.append(fullPath(of: key)) }
            }
            path.append(key)
            object[key] = try value(depth: depth + 1)
            path.removeLast()
            skipWhitespace()
            if accept(UInt8(ascii: ",")) {
                skipWhitespace()
            } else if accept(UInt8(ascii: "}")) {
                return .object(object)
            } else {
                throw failure(.syntax, "unexpected \(found) in an object: a comma or } is expected")
            }
        }
    }

    private func fullPath(of key: String) -> String {
        let full = (path + [key]).joined(separator: ".")
        guard full.utf8.count > Self.maximumPathLength else { return full }
        return "…" + String(decoding: full.utf8.suffix(Self.maximumPathLength), as: UTF8.self)
    }

    private mutating func array(depth: Int) throws(JSONParseError) -> JSONValue {
        position += 1
        skipWhitespace()
        var elements: [JSONValue] = []
        if accept(UInt8(ascii: "]")) { return .array(elements) }
        while true {
            elements.append(try value(depth: depth + 1))
            skipWhitespace()
            if accept(UInt8(ascii: ",")) {
                skipWhitespace()
            } else if accept(UInt8(ascii: "]")) {
                return .array(elements)
            } else {
                throw failure(.syntax, "unexpected \(found) in an array: a comma or ] is expected")
            }
        }
    }

    private mutating func literal(_ text: StaticString, _ value: JSONValue) throws(JSONParseError) -> JSONValue {
        let length = text.utf8CodeUnitCount
        guard position + length <= bytes.count else {
            throw failure(.syntax, "unexpected \(found) where a value is expected")
        }
        for offset in 0..<length where bytes[position + offset] != text.utf8Start[offset] {
            throw failure(.syntax, "unexpected \(found) where a value is expected")
        }
        position += length
        return value
    }

    private mutating func number() throws(JSONParseError) -> JSONValue {
        let start = position
        let negative = accept(UInt8(ascii: "-"))
        var magnitude: UInt64 = 0
        var overflow = false
        let digits = position
        while position < bytes.count, let digit = digit(bytes[position]) {
            let (product, overflow1) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, overflow2) = product.addingReportingOverflow(digit)
            overflow = overflow || overflow1 || overflow2
            magnitude = sum
            position += 1
        }
        guard position > digits else { throw failure(.syntax, "unexpected \(found) in a number") }
        if bytes[digits] == UInt8(ascii: "0"), position > digits + 1 {
            position = digits
            throw failure(.syntax, "a number may not begin with 0")
        }
        var isInteger = true
        if accept(UInt8(ascii: ".")) {
            isInteger = false
            try skipDigits()
        }
        if accept(UInt8(ascii: "e")) || accept(UInt8(ascii: "E")) {
            isInteger = false
            if !accept(UInt8(ascii: "+")) { _ = accept(UInt8(ascii: "-")) }
            try skipDigits()
        }
        if isInteger, !overflow {
            if !negative, magnitude <= UInt64(Int64.max) { return .integer(Int64(magnitude)) }
            if negative, magnitude <= UInt64(Int64.max) + 1 {
                return .integer(Int64(truncatingIfNeeded: ~magnitude &+ 1))
            }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        // As Kubernetes, which reads these as 64-bit floating-point numbers.
        guard let value = Double(text), value.isFinite else {
            throw failure(.syntax, "the number \(text.prefix(32)) is too large", at: start)
        }
        return .number(text)
    }

    private mutating func skipDigits() throws(JSONParseError) {
        let start = position
        while position < bytes.count, digit(bytes[position]) != nil { position += 1 }
        guard position > start else { throw failure(.syntax, "unexpected \(found) in a number: a digit is expected") }
    }

    private func digit(_ byte: UInt8) -> UInt64? {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") ? UInt64(byte &- UInt8(ascii: "0")) : nil
    }

    private mutating func string() throws(JSONParseError) -> String {
        position += 1
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                let text = try utf8(UnsafeBufferPointer(rebasing: bytes[start..<position]), at: start)
                position += 1
                return text
            }
            if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
            guard byte >= 0x20 else {
                throw failure(.syntax, "a control character stands in a string; write it as an escape")
            }
            position += 1
        }
        throw failure(.syntax, "the document ends within a string")
    }

    private mutating func escapedString(from start: Int) throws(JSONParseError) -> String {
        var text = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                let result = String(validating: text, as: UTF8.self)
                guard let result else { throw failure(.invalidUTF8, "a string is not valid UTF-8") }
                position += 1
                return result
            }
            guard byte >= 0x20 else {
                throw failure(.syntax, "a control character stands in a string; write it as an escape")
            }
            position += 1
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            guard position < bytes.count else { break }
            let escape = bytes[position]
            position += 1
            switch escape {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escape)
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"): text.append(contentsOf: String(try unicodeEscape()).utf8)
            default:
                position -= 1
                throw failure(.syntax, "unknown escape \\\(Character(Unicode.Scalar(escape))) in a string")
            }
        }
        throw failure(.syntax, "the document ends within a string")
    }

    /// The character behind `\u`. A lone surrogate becomes U+FFFD, as Go's and JavaScript's writers expect.
    private mutating func unicodeEscape() throws(JSONParseError) -> Character {
        let first = try fourHexDigits()
        if first >= 0xD800, first < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        {
            let rewind = position
            position += 2
            let second = try fourHexDigits()
            if second >= 0xDC00, second < 0xE000,
                let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
            {
                return Character(scalar)
            }
            position = rewind
        }
        return Character(Unicode.Scalar(first) ?? "\u{FFFD}")
    }

    private mutating func fourHexDigits() throws(JSONParseError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard position < bytes.count, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
                throw failure(.syntax, "four hexadecimal digits are expected after \\u")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    private func utf8(_ slice: UnsafeBufferPointer<UInt8>, at start: Int) throws(JSONParseError) -> String {
        guard let text = String(validating: slice, as: UTF8.self) else {
            throw failure(.invalidUTF8, "a string is not valid UTF-8", at: start)
        }
        return text
    }

    private mutating func skipWhitespace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    private mutating func accept(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private var found: String {
        guard position < bytes.count else { return "end of the document" }
        let byte = bytes[position]
        guard byte >= 0x20, byte < 0x7F else { return "byte 0x\(String(byte, radix: 16))" }
        return "'\(Character(Unicode.Scalar(byte)))'"
    }

    private func failure(_ code: JSONParseError.Code, _ message: String, at offset: Int? = nil) -> JSONParseError {
        let read = bytes[..<min(offset ?? position, bytes.count)]
        let line = read.reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
        let lineStart = read.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        return JSONParseError(code: code, message: message, line: line, column: read.count - lineStart + 1)
    }
}
