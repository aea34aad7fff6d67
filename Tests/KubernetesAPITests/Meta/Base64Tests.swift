import KubernetesAPI
import Testing

@Suite("Base 64")
struct Base64Tests {
    @Test(
        "the vectors of RFC 4648, section 10",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func vectors(plain: String, encoded: String) throws {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(try Base64.decode(encoded) == Array(plain.utf8))
    }

    @Test("every byte survives")
    func allBytes() throws {
        let bytes = (0...255).map { UInt8($0) }
        #expect(try Base64.decode(Base64.encode(bytes)) == bytes)
    }

    @Test("line ends are passed over")
    func lineEnds() throws {
        #expect(try Base64.decode("Zm9v\nYmFy\r\n") == Array("foobar".utf8))
    }

    @Test(
        "what is no base 64 is refused with the place",
        arguments: [
            ("Zg", 2), ("Zg=", 3), ("Z===", 1), ("Zg==x", 4), ("Z*==", 1), ("Zg===", 4), ("=", 0), ("Zm9v=", 4),
        ])
    func refuses(text: String, offset: Int) {
        #expect(throws: Base64.DecodingError(offset: offset)) { try Base64.decode(text) }
    }

    @Test("the error shows no content")
    func errorText() {
        #expect(Base64.DecodingError(offset: 4).description == "illegal base64 data at input byte 4")
    }
}
