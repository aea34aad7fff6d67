/// Writes protobuf's wire format: strings, booleans and messages within messages.
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ number: Int, _ text: String) {
        writeLengthDelimited(number, Array(text.utf8))
    }

    mutating func write(_ number: Int, _ flag: Bool) {
        writeVarint(UInt64(number) << 3)
        bytes.append(flag ? 1 : 0)
    }

    mutating func write(_ number: Int, message body: (inout ProtobufWriter) -> Void) {
        var writer = ProtobufWriter()
        body(&writer)
        writeLengthDelimited(number, writer.bytes)
    }

    private mutating func writeLengthDelimited(_ number: Int, _ content: [UInt8]) {
        writeVarint(UInt64(number) << 3 | 2)
        writeVarint(UInt64(content.count))
        bytes.append(contentsOf: content)
    }

    private mutating func writeVarint(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(value))
    }
}
