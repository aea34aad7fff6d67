import JSONTree
import Testing

@testable import CloudSimulators

@Suite("The simulator's own requests")
struct AdminTests {
    @Test("faults are added, listed with what they did, and cleared")
    func faults() async throws {
        try await LedgerUnderTest.run { ledger in
            let rules = """
                faults:
                  - {fault: serverError, operation: "Put*", count: 1}
                  - {name: slow, fault: latency, delay: 1ms}
                """
            let added = try await ledger.send("POST", "/_berth/faults", rules)
            #expect(added.status == 201)
            #expect(added.json == ["names": ["fault-1", "slow"]])
            #expect(try await ledger.send("PUT", "/things/a").status == 500)
            #expect(try await ledger.send("PUT", "/things/a").status == 201)
            let list = try await ledger.send("GET", "/_berth/faults").json["faults"]?.arrayValue ?? []
            #expect(
                list == [
                    [
                        "name": "fault-1", "fault": "serverError", "status": 500, "operation": "Put*", "count": 1,
                        "fitted": 1, "struck": 1,
                    ],
                    ["name": "slow", "fault": "latency", "delay": "1ms", "fitted": 1, "struck": 1],
                ])
            #expect(try await ledger.send("DELETE", "/_berth/faults").status == 204)
            #expect(try await ledger.send("GET", "/_berth/faults").json == ["faults": []])
            #expect(try await ledger.send("DELETE", "/_berth/faults").status == 204)
        }
    }

    @Test("requests are counted by operation, the reset ones too, and those to the simulator itself not")
    func requests() async throws {
        try await LedgerUnderTest.run { ledger in
            _ = try await ledger.send("PUT", "/things/a")
            _ = try await ledger.send("POST", "/_berth/faults", "{fault: resetAfter, operation: PutThing, count: 1}")
            _ = try await RawExchange.send("PUT", "/things/b", to: ledger.address)
            _ = try await ledger.send("GET", "/things/c")
            let counts = try await ledger.send("GET", "/_berth/requests")
            #expect(
                counts.json == [
                    "total": 3,
                    "operations": [
                        "GetThing": ["requests": 1, "faulty": 0, "unanswered": 0, "statuses": ["404": 1]],
                        "PutThing": ["requests": 2, "faulty": 1, "unanswered": 1, "statuses": ["201": 1]],
                    ],
                ])
            #expect(try await ledger.send("DELETE", "/_berth/requests").status == 204)
            #expect(try await ledger.send("GET", "/_berth/requests").json == ["total": 0, "operations": [:]])
        }
    }

    @Test(
        "a rule that is wrong is refused, with what would be right",
        arguments: [
            ("{fault: trottle}", "there is no fault \"trottle\"|throttle, serverError"),
            ("faults:\n  - fault: latency", "body:2: faults.0.delay: is not set"),
            ("faults:\n  - fault: latency\n    delay: 50", "body:3: faults.0.delay: 50 is not a duration, as 50ms"),
            ("{fault: throttle, rate: 1.5}", "rate: 1.5 is not in 0.0…1.0"),
            ("{fault: throttle, opration: A}", "opration: there is no such setting|operation"),
            ("{fault: quota, retryAfter: 1s}", "retryAfter: belongs to the fault throttle, not to quota"),
            ("{fault: quota, cloud: gce}", "this is the port of aws, and a rule is for gce"),
            ("{fault: quota, cloud: gcp}", "there is no cloud \"gcp\"; there are aws, gce, azure"),
            ("{}", "holds no rule"), ("fault: [", "body:1:"), ("[1]", "not a table"),
        ])
    func badRule(rule: String, expected: String) async throws {
        try await LedgerUnderTest.run { ledger in
            let answer = try await ledger.send("POST", "/_berth/faults", rule)
            #expect(answer.status == 400)
            let message = answer.json["error"]?.stringValue ?? ""
            for part in expected.split(separator: "|") {
                #expect(message.contains(part))
            }
            #expect(try await ledger.send("GET", "/_berth/faults").json == ["faults": []])
        }
    }

    @Test("a path that is not there is answered with those that are")
    func unknownPath() async throws {
        try await LedgerUnderTest.run { ledger in
            let answer = try await ledger.send("GET", "/_berth/fault")
            #expect(answer.status == 404)
            #expect(answer.json["error"]?.stringValue?.contains("POST and DELETE /_berth/faults") == true)
            let gone = try await ledger.send("DELETE", "/_berth/faults/nobody")
            #expect(gone.status == 404)
        }
    }
}
