import JSONTree
import NIOHTTP1
import TestSupport
import Testing

@testable import CloudSimulators

@Suite("A simulated cloud's server")
struct ServerTests {
    @Test("a request reaches the service, and its answer the client")
    func answers() async throws {
        try await LedgerUnderTest.run { ledger in
            let made = try await ledger.send("PUT", "/things/a%20b?zone=z1", "12345")
            #expect(made.status == 201)
            #expect(made.json == ["made": "a b", "body": 5])
            let list = try await ledger.send("GET", "/things")
            #expect(list.json == ["things": ["a b"], "at": .string(ledger.address.url)])
        }
    }

    @Test("HEAD gets the head of GET's answer, and the connection goes on")
    func head() async throws {
        try await LedgerUnderTest.run { ledger in
            let get = try await ledger.send("GET", "/things")
            let head = try await ledger.send("HEAD", "/things")
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
            #expect(head.headers["Content-Length"] == get.headers["Content-Length"])
            #expect(try await ledger.send("GET", "/things").body == get.body)
        }
    }

    @Test("a body that is too large is refused")
    func largeBody() async throws {
        try await LedgerUnderTest.run { ledger in
            let answer = try await ledger.send("PUT", "/things/a", String(repeating: "x", count: 5 << 20))
            #expect(answer.status == 413)
            #expect(try await ledger.send("GET", "/things").json["things"] == [])
        }
    }

    @Test("what was made is there after a restart")
    func restart() async throws {
        try await withTemporaryDirectory { directory in
            try await LedgerUnderTest.run(dataDirectory: directory) { ledger in
                let made = try await ledger.send("PUT", "/things/kept")
                #expect(made.status == 201)
            }
            try await LedgerUnderTest.run(dataDirectory: directory) { ledger in
                let list = try await ledger.send("GET", "/things")
                #expect(list.json["things"] == ["kept"])
            }
        }
    }
}
