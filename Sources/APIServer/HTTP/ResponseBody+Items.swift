import Hummingbird
import NIOCore

extension ResponseBody {
    /// How much is gathered before it is sent.
    static let chunkBytes = 256 * 1024

    /// `prefix`, the items with commas between them, and `suffix`. What fits one chunk goes out at once; a longer
    /// list is made and sent piece by piece, so that 100,000 objects do not stand in memory a second time.
    static func items<Item: Sendable>(
        prefix: [UInt8], _ items: [Item], suffix: [UInt8], encode: @Sendable @escaping (Item) -> [UInt8]
    ) -> ResponseBody {
        var buffer = ByteBuffer(bytes: prefix)
        var next = 0
        while next < items.count, buffer.readableBytes < chunkBytes {
            if next > 0 { buffer.writeInteger(UInt8(ascii: ",")) }
            buffer.writeBytes(encode(items[next]))
            next += 1
        }
        guard next < items.count else {
            buffer.writeBytes(suffix)
            return ResponseBody(byteBuffer: buffer)
        }
        let first = buffer
        let sent = next
        return ResponseBody { writer in
            try await writer.write(first)
            var buffer = ByteBuffer()
            for item in items[sent...] {
                buffer.writeInteger(UInt8(ascii: ","))
                buffer.writeBytes(encode(item))
                if buffer.readableBytes >= chunkBytes {
                    try await writer.write(buffer)
                    buffer = ByteBuffer()
                }
            }
            buffer.writeBytes(suffix)
            try await writer.write(buffer)
            try await writer.finish(nil)
        }
    }
}
