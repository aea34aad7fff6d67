/// Base 64 of RFC 4648, section 4, as a Secret's `data` and a ConfigMap's `binaryData` carry bytes.
public enum Base64 {
    /// Where the text is no base 64, counted in bytes from 0.
    public struct DecodingError: Error, Sendable, Hashable, CustomStringConvertible {
        public var offset: Int

        public init(offset: Int) { self.offset = offset }

        public var description: String { "illegal base64 data at input byte \(offset)" }
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let invalid: UInt8 = 0xFF
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: invalid, count: 256)
        for (value, byte) in alphabet.enumerated() { values[Int(byte)] = UInt8(value) }
        return values
    }()

    public static func encode(_ bytes: some Collection<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var group: UInt32 = 0
        var count = 0
        func flush() {
            for position in 0...count {
                text.append(alphabet[Int(group >> UInt32(18 - 6 * position) & 0x3F)])
            }
            for _ in count..<3 { text.append(UInt8(ascii: "=")) }
            group = 0
            count = 0
        }
        for byte in bytes {
            group |= UInt32(byte) << UInt32(16 - 8 * count)
            count += 1
            if count == 3 { flush() }
        }
        if count > 0 { flush() }
        return String(decoding: text, as: UTF8.self)
    }

    /// Line ends within the text are passed over; padding is required.
    public static func decode(_ text: String) throws(DecodingError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count / 4 * 3)
        var group: UInt32 = 0
        var count = 0
        var padding = 0
        var offset = 0
        for byte in text.utf8 {
            defer { offset += 1 }
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") { continue }
            if byte == UInt8(ascii: "="), count >= 2, count + padding < 4 {
                padding += 1
                continue
            }
            let value = values[Int(byte)]
            guard value != invalid, padding == 0 else { throw DecodingError(offset: offset) }
            group = group << 6 | UInt32(value)
            count += 1
            if count == 4 {
                bytes.append(UInt8(truncatingIfNeeded: group >> 16))
                bytes.append(UInt8(truncatingIfNeeded: group >> 8))
                bytes.append(UInt8(truncatingIfNeeded: group))
                group = 0
                count = 0
            }
        }
        guard count == 0 || count + padding == 4 else { throw DecodingError(offset: offset) }
        if count > 0 {
            group <<= UInt32(6 * padding)
            bytes.append(UInt8(truncatingIfNeeded: group >> 16))
            if count == 3 { bytes.append(UInt8(truncatingIfNeeded: group >> 8)) }
        }
        return bytes
    }
}
