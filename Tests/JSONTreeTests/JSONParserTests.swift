import JSONTree
import Testing

@Suite("Reading JSON")
struct JSONParserTests {
    private func parse(_ text: String, depth: Int = 200) throws(JSONParseError) -> JSONValue {
        try JSONParser.parse(text.utf8, maximumDepth: depth)
    }

    @Test(
        "a document that is written as it was read has the same bytes",
        arguments: [
            "null", "true", "false", "0", "-1", "9223372036854775807", "-9223372036854775808",
            "18446744073709551615", "1.5", "1e9", "1e308", "1e-400", "-0.25E-3", "\"\"", "\"a\\\"b\\\\c\"", "[]", "{}",
            "[1,[2,[3]],{\"a\":null}]", "{\"z\":1,\"a\":{\"b\":[true]}}", "\"ümlaut 漢字 🚢\"",
            "\"\\u0001\\n\\t\"",
        ])
    func roundTrip(text: String) throws {
        #expect(String(decoding: try parse(text).encoded, as: UTF8.self) == text)
    }

    @Test("escapes stand for their characters, surrogate pairs for one")
    func escapes() throws {
        #expect(try parse(#""\/\b\f\u00e9\ud83d\udea2""#) == .string("/\u{8}\u{c}é🚢"))
        #expect(try parse(#""\ud83dx""#) == .string("\u{FFFD}x"))
    }

    @Test(
        "what is no JSON is refused with line and column",
        arguments: [
            ("", 1, 1), ("{", 1, 2), ("[1,]", 1, 4), ("{\"a\":1,}", 1, 8), ("{a:1}", 1, 2), ("01", 1, 1),
            ("1.", 1, 3), ("1e", 1, 3), ("-", 1, 2), ("tru", 1, 1), ("nul1", 1, 1), ("\"abc", 1, 5),
            ("\"a\nb\"", 1, 3), ("\"\\x\"", 1, 3), ("\"\\u12g4\"", 1, 6), ("{\n  \"a\": 1\n  \"b\": 2\n}", 3, 3),
            ("[1] x", 1, 5), ("// c", 1, 1), ("{\"a\" 1}", 1, 6),
            ("[1, -1e400]", 1, 5), ("{\"a\":11E2222222}", 1, 6),
        ])
    func malformed(text: String, line: Int, column: Int) {
        let error = #expect(throws: JSONParseError.self) { try parse(text) }
        #expect(error?.line == line)
        #expect(error?.column == column)
    }

    @Test(
        "bytes that are no UTF-8 are refused",
        arguments: [[0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0x5C, 0x6E, 0xED, 0xA0, 0x80, 0x22]])
    func invalidUTF8(bytes: [UInt8]) {
        let error = #expect(throws: JSONParseError.self) { try JSONParser.parse(bytes) }
        #expect(error?.code == .invalidUTF8)
    }

    @Test("nesting deeper than the limit is refused, whatever it is made of")
    func depth() throws {
        _ = try parse(String(repeating: "[", count: 200) + String(repeating: "]", count: 200))
        for opening in ["[", "{\"a\":"] {
            let error = #expect(throws: JSONParseError.self) { try parse(String(repeating: opening, count: 10_000)) }
            #expect(error?.code == .tooDeep)
        }
    }

    @Test("a key that stands twice is refused, or reported by its path")
    func duplicates() throws {
        let text = #"{"spec":{"size":1,"size":2},"spec":{}}"#
        let error = #expect(throws: JSONParseError.self) { try parse(text) }
        #expect(error?.code == .duplicateKey)
        let (value, duplicates) = try JSONParser.parseReportingDuplicates(text.utf8)
        #expect(duplicates == ["spec.size", "spec"])
        #expect(value == ["spec": [:]])
    }

    @Test("every truncation and every flipped byte of a document is an error or a value, never a trap")
    func mutations() {
        let bytes = Array(#"{"a":[1,-2.5e3,"x\u00e9\n",{"b":null,"c":[true,false]}],"d":""}"#.utf8)
        for end in bytes.indices {
            #expect(throws: JSONParseError.self) { try JSONParser.parse(bytes[..<end]) }
        }
        for position in bytes.indices {
            for bit in 0..<8 {
                var mutated = bytes
                mutated[position] ^= 1 << bit
                if let value = try? JSONParser.parse(mutated) {
                    #expect((try? JSONParser.parse(value.encoded)) == value)
                }
            }
        }
    }
}
