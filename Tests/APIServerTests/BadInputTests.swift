import JSONTree
import Testing

@Suite("Input that cannot be read")
struct BadInputTests {
    private static let maps = "/api/v1/namespaces/default/configmaps"

    @Test("malformed JSON is refused with line and column")
    func malformedJSON() async throws {
        try await ServerUnderTest.run { server in
            let answer = try await server.send("POST", Self.maps, bytes: Array("{\n  \"kind\": ,\n}".utf8))
            #expect(answer.status == 400)
            #expect(answer.body["message"]?.stringValue?.contains("line 2, column 11") == true, "\(answer.text)")
        }
    }

    @Test("a body over the limit is refused, whether its length is announced or not")
    func tooLarge() async throws {
        try await ServerUnderTest.run { server in
            let body = [UInt8](repeating: UInt8(ascii: "x"), count: 3 * 1024 * 1024 + 1)
            let answer = try await server.send("POST", Self.maps, bytes: body)
            #expect(answer.status == 413)
            #expect(answer.body["message"] == "Request entity too large: limit is 3145728")
            let chunked = try await server.sendChunked("POST", Self.maps, body)
            #expect(chunked == 413)
            #expect(try await server.get(Self.maps).status == 200)
        }
    }

    @Test("10,000 levels of nesting are refused", arguments: ["application/json"])
    func tooDeep(contentType: String) async throws {
        try await ServerUnderTest.run { server in
            let body = Array((String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)).utf8)
            let answer = try await server.send("POST", Self.maps, bytes: body, contentType: contentType)
            #expect(answer.status == 400)
        }
    }

    @Test(
        "a body of a million values is refused, which would take a hundred times its size",
        arguments: ["application/json", "application/yaml"])
    func tooManyValues(contentType: String) async throws {
        try await ServerUnderTest.run { server in
            let body = Array(("[" + String(repeating: "[0],", count: 700_000) + "0]").utf8)
            let answer = try await server.send("POST", Self.maps, bytes: body, contentType: contentType)
            #expect(answer.status == 400)
            #expect(answer.body["message"]?.stringValue?.contains("more than 300000 values") == true, "\(answer.text)")
        }
    }

    @Test("bytes that are not UTF-8 are refused", arguments: ["application/json"])
    func invalidUTF8(contentType: String) async throws {
        try await ServerUnderTest.run { server in
            let body = Array("{\"metadata\":{\"name\":\"".utf8) + [0xC3, 0x28] + Array("\"}}".utf8)
            let answer = try await server.send("POST", Self.maps, bytes: body, contentType: contentType)
            #expect(answer.status == 400)
        }
    }

    @Test("a body of a format that does not exist is refused with those that there are")
    func unknownFormat() async throws {
        try await ServerUnderTest.run { server in
            let answer = try await server.send("POST", Self.maps, bytes: [1, 2, 3], contentType: "image/png")
            #expect(answer.status == 415)
            #expect(answer.body["reason"] == "UnsupportedMediaType")
        }
    }

    @Test("a body that is no object is refused", arguments: ["", "[]", "null", "1", "\"a\"", "{} {}"])
    func noObject(body: String) async throws {
        try await ServerUnderTest.run { server in
            let answer = try await server.send("POST", Self.maps, bytes: Array(body.utf8))
            #expect(answer.status == 400, "\(answer.text)")
        }
    }
}
