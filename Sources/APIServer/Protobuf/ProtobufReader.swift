import NIOCore

/// Why bytes are no protobuf message, and where.
struct ProtobufError: Error, CustomStringConvertible {
    let description: String

    init(_ message: String, at offset: Int) {
        description = "byte \(offset): \(message)"
    }
}

/// Reads the fields of one message in protobuf's wire format (protobuf.dev, "Encoding").
struct ProtobufReader {
    enum Value {
        case varint(UInt64)
        case bytes(ByteBufferView)
        /// 4 or 8 bytes, which no field that is read here has.
        case fixed
    }

    private var bytes: ByteBufferView

    init(_ bytes: ByteBufferView) {
        self.bytes = bytes
    }

    /// The next field; `nil` at the end.
    mutating func next() throws(ProtobufError) -> (number: Int, value: Value)? {
        guard !bytes.isEmpty else { return nil }
        let start = bytes.startIndex
        let tag = try varint()
        let number = tag >> 3
        guard number > 0, number < 1 << 29 else {
            throw ProtobufError("field number \(number) does not exist", at: start)
        }
        switch tag & 7 {
        case 0: return (Int(number), .varint(try varint()))
        case 1:
            _ = try take(8)
            return (Int(number), .fixed)
        case 2:
            let length = try varint()
            guard length <= UInt64(bytes.count) else {
                throw ProtobufError(
                    "field \(number) is \(length) bytes long, but \(bytes.count) are left", at: start)
            }
            return (Int(number), .bytes(try take(Int(length))))
        case 5:
            _ = try take(4)
            return (Int(number), .fixed)
        default: throw ProtobufError("field \(number) has the wire type \(tag & 7), which is not supported", at: start)
        }
    }

    private mutating func varint() throws(ProtobufError) -> UInt64 {
        var value: UInt64 = 0
        for position in 0..<10 {
            guard let byte = bytes.popFirst() else {
                throw ProtobufError("the message ends within a number", at: bytes.startIndex)
            }
            value |= UInt64(byte & 0x7F) << UInt64(7 * position)
            if byte & 0x80 == 0 { return value }
        }
        throw ProtobufError("a number is longer than 10 bytes", at: bytes.startIndex)
    }

    private mutating func take(_ count: Int) throws(ProtobufError) -> ByteBufferView {
        guard count <= bytes.count else {
            throw ProtobufError("the message ends within a field", at: bytes.endIndex)
        }
        let taken = bytes.prefix(count)
        bytes = bytes.dropFirst(count)
        return taken
    }
}
