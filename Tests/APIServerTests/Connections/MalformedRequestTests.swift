import APIServer
import JSONTree
import Testing

@Suite("Requests that are not HTTP")
struct MalformedRequestTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let status: Int
        let request: String

        init(_ testDescription: String, _ status: Int, _ request: String) {
            self.testDescription = testDescription
            self.status = status
            self.request = request
        }
    }

    private static let long = String(repeating: "a", count: 100 * 1024)
    private static let chunked = "POST /api HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"

    static let cases = [
        Case("a target of 100 KiB", 414, "GET /\(long) HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        Case("a target of 100 KiB behind empty lines", 414, "\r\n\r\nGET /\(long) HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        Case("a target without an end", 414, "GET /\(long)"),
        Case("a header of 100 KiB", 431, "GET / HTTP/1.1\r\nA: \(long)\r\n\r\n"),
        Case("a header's name of 100 KiB", 431, "GET / HTTP/1.1\r\n\(long): a\r\n\r\n"),
        Case("2,000 headers", 431, "GET / HTTP/1.1\r\n\(String(repeating: "a: b\r\n", count: 2000))\r\n"),
        Case(
            "many headers of 100 KiB together", 431,
            "GET / HTTP/1.1\r\n\(String(repeating: "a: \(long.prefix(1024))\r\n", count: 100))\r\n"),
        Case("no such method", 400, "BREW / HTTP/1.1\r\n\r\n"),
        Case("no such version", 400, "GET / HTTP/9.9\r\n\r\n"),
        Case("HTTP/2", 400, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        Case("no version", 400, "GET /\r\n\r\n"),
        Case("a TLS handshake", 400, "\u{16}\u{03}\u{01}\u{02}\u{00}\u{01}"),
        Case("a space in a header's name", 400, "GET / HTTP/1.1\r\nA B: c\r\n\r\n"),
        Case("a header without a name", 400, "GET / HTTP/1.1\r\n: c\r\n\r\n"),
        Case("a header without a colon", 400, "GET / HTTP/1.1\r\nA\r\n\r\n"),
        Case("NUL in a header", 400, "GET / HTTP/1.1\r\nA: \u{0}\r\n\r\n"),
        Case("a control character in the target", 400, "GET /\u{1} HTTP/1.1\r\n\r\n"),
        Case("a negative length", 400, "POST /api HTTP/1.1\r\nContent-Length: -1\r\n\r\n"),
        Case("a length beyond 64 bits", 400, "POST /api HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n"),
        Case("a length that is no number", 400, "POST /api HTTP/1.1\r\nContent-Length: 1x\r\n\r\n"),
        Case("two lengths", 400, "POST /api HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
        Case("a length and chunks", 400, "\(chunked)Content-Length: 5\r\n\r\n0\r\n\r\n"),
        Case(
            "chunks and a length", 400,
            "POST /api HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Case(
            "a transfer coding that does not end in chunks", 400,
            "POST /api HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n"),
    ]

    @Test("are answered with a Status that says what is wrong, and the connection is closed", arguments: cases)
    func malformed(malformed: Case) async throws {
        try await ServerUnderTest.run { server in
            let connection = try await RawConnection.open(to: server)
            try await connection.sendIfOpen(malformed.request)
            let answer = try await connection.received()
            #expect(answer.hasPrefix("HTTP/1.1 \(malformed.status) "), "\(answer)")
            let body = answer.split(separator: "\r\n\r\n", maxSplits: 1).last ?? ""
            let status = try JSONParser.parse(Array(body.utf8))
            #expect(status["kind"] == "Status" && status["code"] == .integer(Int64(malformed.status)), "\(answer)")
            #expect(answer.contains("\r\nConnection: close\r\n"))
            #expect(try await server.get("/healthz").status == 200)
        }
    }

    @Test(
        "a chunk that is none is answered, whether the body is being read or not, and nothing is stored",
        arguments: [
            "zz\r\n", "-1\r\n", "FFFFFFFFFFFFFFFFFF\r\n", "5\r\nabc", "2\r\n{}x\r\n", "2\r\n{}\r\n0\r\n: c\r\n\r\n",
        ])
    func chunks(chunk: String) async throws {
        try await ServerUnderTest.run { server in
            for path in ["/api/v1/namespaces/default/configmaps", "/nothing"] {
                let connection = try await RawConnection.open(to: server)
                try await connection.send(
                    "POST \(path) HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
                try await connection.sendIfOpen(chunk)
                connection.trickle("\r\n")
                let answer = try await connection.received()
                let expected = path == "/nothing" ? ["400", "404"] : ["400"]
                #expect(expected.contains { answer.hasPrefix("HTTP/1.1 \($0) ") }, "\(answer)")
                #expect(answer.contains("\"kind\":\"Status\""))
            }
            let list = try await server.get("/api/v1/namespaces/default/configmaps")
            #expect(list.body["items"] == [])
        }
    }

    @Test("what stands before the fault is answered first")
    func pipelined() async throws {
        try await ServerUnderTest.run { server in
            let connection = try await RawConnection.open(to: server)
            try await connection.send(
                "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /version HTTP/1.1\r\n\r\nnonsense\r\n")
            let answer = try await connection.received()
            let codes = answer.matches(of: #/HTTP/1.1 ([0-9]+) /#).map { String($0.output.1) }
            #expect(codes == ["200", "200", "400"], "\(answer)")
        }
    }

    @Test("a client that would go on in another protocol is answered, and what follows is not kept")
    func upgrade() async throws {
        try await ServerUnderTest.run { server in
            for request in [
                "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
                "CONNECT localhost:80 HTTP/1.1\r\nHost: a\r\n\r\n", "HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /healthz HTTP/1.0\r\n\r\n",
            ] {
                let connection = try await RawConnection.open(to: server)
                try await connection.send(request)
                connection.trickle(String(Self.long.prefix(10_000)))
                let answer = try await connection.received()
                #expect(answer.matches(of: #/HTTP/1.[01] /#).count == 1, "\(answer)")
                #expect(answer.lowercased().contains("\r\nconnection: close\r\n"), "\(answer)")
            }
        }
    }
}
