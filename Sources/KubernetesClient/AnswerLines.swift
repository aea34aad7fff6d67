import AsyncHTTPClient
public import JSONTree
import NIOCore

/// A streamed answer cut into lines, each parsed as JSON.
public struct AnswerLines: AsyncSequence, Sendable {
    public typealias Element = JSONValue

    let body: HTTPClientResponse.Body

    public struct AsyncIterator: AsyncIteratorProtocol {
        var chunks: HTTPClientResponse.Body.AsyncIterator
        var buffer = ByteBuffer()
        /// How much of `buffer` was searched already: a long line is not searched again for each of its chunks.
        var searched = 0

        public mutating func next() async throws -> JSONValue? {
            while true {
                if let line = nextLine() {
                    if line.isEmpty { continue }
                    return try JSONParser.parse(line)
                }
                guard var chunk = try await chunks.next() else { return nil }
                if buffer.readableBytes == 0 { buffer.clear() }
                buffer.writeBuffer(&chunk)
            }
        }

        private mutating func nextLine() -> ByteBufferView? {
            let unread = buffer.readableBytesView
            guard let end = unread.dropFirst(searched).firstIndex(of: UInt8(ascii: "\n")) else {
                searched = unread.count
                return nil
            }
            searched = 0
            let line = buffer.readSlice(length: end - unread.startIndex)?.readableBytesView
            buffer.moveReaderIndex(forwardBy: 1)
            return line
        }
    }

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(chunks: body.makeAsyncIterator())
    }
}
