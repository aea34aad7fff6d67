import Crypto

/// An OpenAPI document as it goes over the wire.
struct OpenAPIDocument: Sendable {
    let bytes: [UInt8]
    let contentType: String
    /// Changes with the content, in hexadecimal digits: clients keep a document under this name.
    let hash: String

    init(bytes: [UInt8], contentType: String) {
        self.bytes = bytes
        self.contentType = contentType
        self.hash = SHA256.hash(data: bytes).reduce(into: "") { text, byte in
            text += byte < 16 ? "0" + String(byte, radix: 16) : String(byte, radix: 16)
        }
    }

    /// For the `ETag` header.
    var entityTag: String { "\"\(hash)\"" }
}
