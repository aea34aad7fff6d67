import JSONTree
import NIOHTTP1
import Testing

@testable import CloudSimulators

@Suite("Faults, as a client sees them")
struct FaultTests {
    @Test("reset before the effect: the connection is reset, and nothing has happened")
    func resetBefore() async throws {
        try await LedgerUnderTest.run(faults: "faults: [{fault: resetBefore, operation: PutThing}]") { ledger in
            let exchange = try await RawExchange.send("PUT", "/things/a", to: ledger.address)
            #expect(exchange.end == .reset)
            #expect(exchange.received.isEmpty)
            let things = try await ledger.send("GET", "/things")
            #expect(things.json["things"] == [])
        }
    }

    @Test("reset after the effect: the connection is reset, and the thing is made")
    func resetAfter() async throws {
        try await LedgerUnderTest.run(faults: "faults: [{fault: resetAfter, operation: PutThing}]") { ledger in
            let exchange = try await RawExchange.send("PUT", "/things/a", to: ledger.address)
            #expect(exchange.end == .reset)
            #expect(exchange.received.isEmpty)
            let things = try await ledger.send("GET", "/things")
            #expect(things.json["things"] == ["a"])
        }
    }

    @Test("half a reply: the head announces all of it, half comes, then the connection is reset")
    func halfReply() async throws {
        try await LedgerUnderTest.run(faults: "faults: [{fault: halfReply, operation: PutThing}]") { ledger in
            let exchange = try await RawExchange.send("PUT", "/things/a", to: ledger.address)
            #expect(exchange.end == .reset)
            let parts = exchange.received.split(separator: "\r\n\r\n", maxSplits: 1).map(String.init)
            try #require(parts.count == 2)
            #expect(parts[0].hasPrefix("HTTP/1.1 201 "))
            let length = try #require(parts[0].firstMatch(of: /[Cc]ontent-[Ll]ength: (\d+)/))
            #expect(parts[1].utf8.count * 2 == (Int(length.1) ?? 0) / 2 * 2)
            let things = try await ledger.send("GET", "/things")
            #expect(things.json["things"] == ["a"])
        }
    }

    @Test("an answer of the cloud's own stands in the place of the effect")
    func answers() async throws {
        let faults = """
            faults:
              - {fault: throttle, resource: slow, retryAfter: 7s}
              - {fault: serverError, resource: broken, status: 503}
              - {fault: quota, resource: greedy}
              - {fault: capacity, zone: z2}
            """
        try await LedgerUnderTest.run(faults: faults) { ledger in
            let slow = try await ledger.send("PUT", "/things/slow")
            #expect(slow.status == 429)
            #expect(slow.headers["Retry-After"] == ["7"])
            #expect(try await ledger.send("PUT", "/things/broken").status == 503)
            #expect(try await ledger.send("PUT", "/things/greedy").json["error"] == "quota")
            #expect(try await ledger.send("PUT", "/things/a?zone=z2").json["error"] == "capacity")
            #expect(try await ledger.send("PUT", "/things/a?zone=z1").status == 201)
            #expect(try await ledger.send("GET", "/things").json["things"] == ["a"])
        }
    }

    @Test("latency delays the answer, and only that")
    func latency() async throws {
        try await LedgerUnderTest.run(faults: "{fault: latency, delay: 150ms, operation: PutThing}") { ledger in
            let start = ContinuousClock.now
            let made = try await ledger.send("PUT", "/things/a")
            #expect(ContinuousClock.now - start >= .milliseconds(150))
            #expect(made.status == 201)
        }
    }

    @Test("what is invisible shows when the clouds' time has come")
    func invisible() async throws {
        try await LedgerUnderTest.run(
            faults: "{fault: invisible, duration: 1h}", configuration: "clock: {speed: 0}"
        ) { ledger in
            let made = try await ledger.send("PUT", "/things/a")
            #expect(made.status == 201)
            #expect(try await ledger.send("GET", "/things/a").status == 404)
            #expect(try await ledger.send("POST", "/_berth/clock", #"{"advance": "59m"}"#).status == 200)
            #expect(try await ledger.send("GET", "/things/a").status == 404)
            #expect(try await ledger.send("POST", "/_berth/clock", #"{"advance": "1m"}"#).status == 200)
            #expect(try await ledger.send("GET", "/things/a").status == 200)
        }
    }

    @Test("what is stuck stays so until the faults are cleared")
    func stuck() async throws {
        try await LedgerUnderTest.run { ledger in
            let added = try await ledger.send("POST", "/_berth/faults", "{fault: stuck, name: jam}")
            #expect(added.json == ["names": ["jam"]])
            #expect(try await ledger.send("PUT", "/things/a").status == 201)
            #expect(try await ledger.send("GET", "/things/a").json["stuck"] == true)
            #expect(try await ledger.send("DELETE", "/_berth/faults/jam").status == 204)
            #expect(try await ledger.send("GET", "/things/a").json["stuck"] == false)
            #expect(try await ledger.send("PUT", "/things/b").status == 201)
            #expect(try await ledger.send("GET", "/things/b").json["stuck"] == false)
        }
    }
}
