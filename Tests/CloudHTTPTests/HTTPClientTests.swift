import CloudHTTP
import DriverProtocol
import Foundation
import JSONTree
import Testing

@Suite("The HTTP client")
struct HTTPClientTests {
    @Test("a request arrives as it was meant, and the reply comes back whole")
    func exchange() async throws {
        try await LoopbackServer.with { server in
            let client = HTTPClient(HTTPClient.Configuration(userAgent: "tester/2"))
            let request = HTTPRequest(
                .put, try server.endpoint(), path: "/echo/a%20b/./c", query: [("q", "1 & 2"), ("z", "")],
                headers: ["X-Empty": "", "Content-Type": "text/plain"], body: Array("body".utf8))
            let reply = try await client.send(request, deadline: nil)
            let echo = try #require(reply.json)
            #expect(reply.status == 200)
            #expect(reply.headers["x-twice"] == "a")
            #expect(reply.headers.fields.filter { $0.name == "X-Twice" }.map(\.value) == ["a", "b"])
            #expect(echo["method"] == "PUT")
            #expect(echo["target"] == "/echo/a%20b/./c?q=1%20%26%202&z=")
            #expect(echo["body"] == "body")
            let headers = (echo["headers"]?.arrayValue ?? []).compactMap(\.stringArray)
            #expect(headers.contains(["X-Empty", ""]))
            #expect(headers.contains(["Content-Type", "text/plain"]))
            #expect(headers.contains(["User-Agent", "tester/2"]))
            #expect(!headers.contains { $0.first == "Expect" })
        }
    }

    @Test(
        "each method goes out as itself",
        arguments: ["GET", "POST", "PUT", "PATCH", "DELETE"], [[], Array("{}".utf8)] as [[UInt8]])
    func methods(method: String, body: [UInt8]) async throws {
        try await LoopbackServer.with { server in
            let request = HTTPRequest(
                HTTPRequest.Method(rawValue: method), try server.endpoint(), path: "/echo", body: body)
            let echo = try #require(try await HTTPClient().send(request, deadline: nil).json)
            #expect(echo["method"]?.stringValue == method)
            #expect(echo["body"]?.stringValue == String(decoding: body, as: UTF8.self))
            let names = (echo["headers"]?.arrayValue ?? []).compactMap { $0.stringArray?.first }
            #expect(!names.contains("Content-Type"))
            #expect(names.contains("Content-Length") == (["POST", "PUT", "PATCH"].contains(method) || !body.isEmpty))
        }
    }

    @Test("a reply with any status is a reply")
    func statuses() async throws {
        try await LoopbackServer.with { server in
            let reply = try await HTTPClient().send(
                HTTPRequest(.post, server.endpoint(), path: "/status/503"), deadline: nil)
            #expect(reply.status == 503)
            #expect(reply.retryAfter == .seconds(7))
            #expect(!reply.isSuccess)
        }
    }

    @Test("a connection is used again")
    func connectionReuse() async throws {
        try await LoopbackServer.with { server in
            let client = HTTPClient()
            for _ in 0..<3 {
                _ = try await client.send(HTTPRequest(.post, server.endpoint(), path: "/echo"), deadline: nil)
            }
            #expect(Set(try await server.received(client).map { $0["connection"] }).count == 1)
        }
    }

    @Test("64 requests wait at the same time, in one thread")
    func sideBySide() async throws {
        try await LoopbackServer.with { server in
            let client = HTTPClient()
            let request = HTTPRequest(.get, try server.endpoint(), path: "/together/64")
            _ = try await client.send(HTTPRequest(.get, server.endpoint(), path: "/echo"), deadline: nil)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<64 {
                    group.addTask { try await client.send(request, deadline: .now + .seconds(60)).status }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses == Array(repeating: 200, count: 64))
        }
    }

    @Test("a reply beyond the limit is given up")
    func sizeLimit() async throws {
        try await LoopbackServer.with { server in
            var request = HTTPRequest(.get, try server.endpoint(), path: "/large/100001")
            request.maximumReplyBytes = 100_000
            let failure = try await HTTPClient().failure(request)
            #expect(failure.kind == .lost)
            #expect(failure.message.contains("longer than 100000 bytes"))
            request.maximumReplyBytes = 100_001
            #expect(try await HTTPClient().send(request, deadline: nil).body.count == 100_001)
        }
    }

    @Test("what would say something else than was meant is not sent")
    func flaws() async throws {
        let endpoint = try Endpoint("http://127.0.0.1:1")
        let client = HTTPClient()
        for request in [
            HTTPRequest(.get, endpoint, headers: ["X-A": "a\r\nX-B: b"]),
            HTTPRequest(.get, endpoint, headers: ["X A": "a"]),
            HTTPRequest(.get, endpoint, path: "/a b"),
            HTTPRequest(.get, endpoint, path: "/a?b"),
            HTTPRequest(.get, endpoint, path: "no-slash"),
        ] {
            let failure = try await client.failure(request)
            #expect(failure.kind == .notSent)
            #expect(!failure.message.contains("X-B: b"))
        }
    }
}
