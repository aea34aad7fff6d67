/// Decoded bytes, with the place in the original text from which each came.
struct DecodedText: Sendable {
    private(set) var bytes: [UInt8]
    /// For each byte, what it was decoded from in the original text. `nil`: the text was not decoded.
    private var origins: [Range<Int32>]?

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Nothing yet, to be filled by ``append(_:from:of:)``.
    private init(capacity: Int) {
        bytes = []
        origins = []
        bytes.reserveCapacity(capacity)
        origins?.reserveCapacity(capacity)
    }

    /// The range of the original text from which a range of these bytes was decoded.
    func source(of range: Range<Int>) -> Range<Int> {
        guard let origins, !range.isEmpty else { return range }
        // Two pieces of base64 that are read from different digits on are not in the text's order.
        let first = origins[range.lowerBound]
        let last = origins[range.upperBound - 1]
        return Int(min(first.lowerBound, last.lowerBound))..<Int(max(first.upperBound, last.upperBound))
    }

    private mutating func append(_ byte: UInt8, from range: Range<Int>, of text: DecodedText) {
        bytes.append(byte)
        let source = text.source(of: range)
        origins?.append(Int32(truncatingIfNeeded: source.lowerBound)..<Int32(truncatingIfNeeded: source.upperBound))
    }
}

// MARK: Escapes

extension DecodedText {
    /// Without the escapes of JSON and of most languages' strings: `\n`, `\"`, `\/`, `\u000a`, `\x0a`.
    ///
    /// - Returns: `nil` when there are none.
    func unescaped() -> DecodedText? {
        guard bytes.contains(UInt8(ascii: "\\")) else { return nil }
        var text = DecodedText(capacity: bytes.count)
        var position = 0
        while position < bytes.count {
            guard bytes[position] == UInt8(ascii: "\\") else {
                text.append(bytes[position], from: position..<position + 1, of: self)
                position += 1
                continue
            }
            let (decoded, length) = escape(at: position)
            for byte in decoded { text.append(byte, from: position..<position + length, of: self) }
            position += length
        }
        return text
    }

    /// - Parameter position: Of a backslash.
    private func escape(at position: Int) -> (bytes: [UInt8], length: Int) {
        let byte = bytes[position]
        guard position + 1 < bytes.count else { return ([byte], 1) }
        switch bytes[position + 1] {
        case UInt8(ascii: "n"): return ([0x0A], 2)
        case UInt8(ascii: "r"): return ([0x0D], 2)
        case UInt8(ascii: "t"): return ([0x09], 2)
        case UInt8(ascii: "b"): return ([0x08], 2)
        case UInt8(ascii: "f"): return ([0x0C], 2)
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "/"), UInt8(ascii: "\\"):
            return ([bytes[position + 1]], 2)
        case UInt8(ascii: "x"):
            guard let value = hexadecimal(at: position + 2, digits: 2) else { return ([byte], 1) }
            return ([UInt8(truncatingIfNeeded: value)], 4)
        case UInt8(ascii: "u"):
            guard let (scalar, length) = scalar(at: position) else { return ([byte], 1) }
            return (Array(String(Character(scalar)).utf8), length)
        default: return ([byte], 1)
        }
    }

    /// `\u00e4`, or a pair of surrogates.
    private func scalar(at position: Int) -> (Unicode.Scalar, length: Int)? {
        guard let unit = hexadecimal(at: position + 2, digits: 4) else { return nil }
        if let scalar = Unicode.Scalar(unit) { return (scalar, 6) }
        guard (0xD800..<0xDC00).contains(unit), position + 7 < bytes.count, bytes[position + 6] == UInt8(ascii: "\\"),
            bytes[position + 7] == UInt8(ascii: "u"), let low = hexadecimal(at: position + 8, digits: 4),
            (0xDC00..<0xE000).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
        else { return nil }
        return (scalar, 12)
    }

    private func hexadecimal(at position: Int, digits: Int) -> UInt32? {
        guard position + digits <= bytes.count else { return nil }
        var value: UInt32 = 0
        for byte in bytes[position..<position + digits] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    /// Without percent-encoding (RFC 3986, section 2.1).
    func percentDecoded() -> DecodedText? { percentDecoded(plusIsSpace: false) }

    /// The same where a plus sign stands for a space, as in a form.
    func formDecoded() -> DecodedText? {
        bytes.contains(UInt8(ascii: "+")) ? percentDecoded(plusIsSpace: true) : nil
    }

    private func percentDecoded(plusIsSpace: Bool) -> DecodedText? {
        guard bytes.contains(UInt8(ascii: "%")) else { return nil }
        var text = DecodedText(capacity: bytes.count)
        var position = 0
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "%"), let value = hexadecimal(at: position + 1, digits: 2) {
                text.append(UInt8(truncatingIfNeeded: value), from: position..<position + 3, of: self)
                position += 3
            } else {
                let isSpace = plusIsSpace && bytes[position] == UInt8(ascii: "+")
                text.append(isSpace ? 0x20 : bytes[position], from: position..<position + 1, of: self)
                position += 1
            }
        }
        return text
    }
}

// MARK: Base64

extension DecodedText {
    private static let values: [UInt8?] = {
        var values = [UInt8?](repeating: nil, count: 256)
        let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
        for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
        values[Int(UInt8(ascii: "-"))] = 62
        values[Int(UInt8(ascii: "_"))] = 63
        return values
    }()

    /// Each run of base64 digits (RFC 4648, sections 4 and 5), decoded from its first, second, third and fourth digit
    /// on, since nothing shows where the encoding begins. A run continues across line breaks.
    ///
    /// - Returns: `nil` when there are no runs. `readable` has the parts that are text, which may hold further
    ///   encodings.
    func base64Decoded() -> (all: DecodedText, readable: DecodedText?)? {
        var all = DecodedText(capacity: 3 * bytes.count)
        var readable = DecodedText(capacity: 0)
        var position = 0
        while position < bytes.count {
            guard Self.values[Int(bytes[position])] != nil else {
                position += 1
                continue
            }
            let run = self.run(from: &position)
            for offset in 0..<4 where run.count - offset >= 4 {
                let start = all.bytes.count
                appendDecoded(run[offset...], to: &all)
                // Do not keep a slice of `all`: the next append would copy all of it.
                if all.bytes.count - start > 5, Self.isText(all.bytes[start...]) {
                    readable.bytes += all.bytes[start...]
                    readable.origins? += all.origins?[start...] ?? []
                    readable.appendSeparator()
                }
                all.appendSeparator()
            }
        }
        return all.bytes.isEmpty ? nil : (all, readable.bytes.isEmpty ? nil : readable)
    }

    /// The positions of the digits. Moves `position` past them.
    private func run(from position: inout Int) -> [Int] {
        var run: [Int] = []
        while position < bytes.count {
            if Self.values[Int(bytes[position])] != nil {
                run.append(position)
                position += 1
                continue
            }
            var next = position
            while next < bytes.count, [0x0A, 0x0D].contains(bytes[next]) || next > position && bytes[next] == 0x20 {
                next += 1
            }
            guard next > position, next < bytes.count, Self.values[Int(bytes[next])] != nil else { break }
            position = next
        }
        return run
    }

    private func appendDecoded(_ run: ArraySlice<Int>, to text: inout DecodedText) {
        var bits: UInt32 = 0
        var count = 0
        var previous = 0
        for place in run {
            bits = bits << 6 | UInt32(Self.values[Int(bytes[place])] ?? 0)
            count += 6
            if count >= 8 {
                count -= 8
                let from = min(previous, place)
                text.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)), from: from..<place + 1, of: self)
            }
            previous = place
        }
    }

    /// So that no pattern is found across two runs.
    private mutating func appendSeparator() {
        bytes.append(0)
        let last = origins?.last ?? 0..<0
        origins?.append(last)
    }

    private static func isText(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F || [0x09, 0x0A, 0x0D].contains($0) }
            && String(validating: bytes, as: UTF8.self) != nil
    }
}
