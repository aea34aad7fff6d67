import DriverProtocol
import JSONTree
import Testing

@testable import StorageDriverKit

@Suite("A resident driver")
struct ResidentServerTests {
    @Test("answers each call by its id, and ends when its input does")
    func answers() throws {
        let server = try RunningServer()
        for number in 0..<100 { server.send(.probe(.provision, "v\(number)", callID: "c\(number)")) }
        server.endInput()
        var answered: Set<String> = []
        for _ in 0..<100 {
            let reply = try server.reply()
            let callID = try #require(reply.callID)
            #expect(reply.volume?.name == "v" + callID.dropFirst())
            answered.insert(callID)
        }
        #expect(answered.count == 100)
        #expect(try server.end() == 0)
    }

    @Test("answers other calls while one blocks its thread, and gives that one up when told")
    func blockingCall() throws {
        let server = try RunningServer()
        server.send(.probe(.provision, "slow", callID: "slow", behaviour: "block"))
        for number in 0..<20 {
            server.send(.probe(.provision, "v\(number)", callID: "c\(number)"))
            #expect(try server.reply().callID == "c\(number)")
        }
        server.send(["cancel": "slow"])
        let reply = try server.reply()
        #expect(reply.callID == "slow")
        #expect(reply.error?.code == .cancelled)
        #expect(reply.error?.outcome == .unknown)
    }

    @Test("reads a cancellation while as many calls run as may")
    func cancelWhenFull() throws {
        let server = try RunningServer(limit: 2)
        server.send(.probe(.provision, "a", callID: "a", behaviour: "block"))
        server.send(.probe(.provision, "b", callID: "b", behaviour: "hang"))
        server.send(.probe(.provision, "c", callID: "c", behaviour: "block"))
        server.send(["cancel": "c"])
        server.send(["cancel": "a"])
        let first = try server.reply()
        let second = try server.reply()
        #expect([first.callID, second.callID] == ["a", "c"])
        // What had not begun has certainly done nothing.
        #expect(second.error?.outcome == .final)
        server.send(["cancel": "b"])
        #expect(try server.reply().callID == "b")
        server.endInput()
        #expect(try server.end() == 0)
    }

    @Test("gives a call up at its deadline", arguments: ["hang", "block"])
    func deadline(behaviour: String) throws {
        let server = try RunningServer()
        server.send(.probe(.provision, behaviour: behaviour, timeout: .milliseconds(20)))
        let error = try #require(try server.reply().error)
        #expect(error.code == .deadlineExceeded)
        #expect(error.outcome == .unknown)
    }

    @Test("gives a call up at the deadline that is a moment in time")
    func absoluteDeadline() throws {
        let server = try RunningServer()
        var request = DriverRequest.probe(.provision, behaviour: "hang", timeout: .seconds(600))
        request.deadline = "2020-01-01T00:00:00Z"
        server.send(request)
        #expect(try server.reply().error?.code == .deadlineExceeded)
    }

    @Test("answers a bad line with a Failure that says what is wrong, and goes on")
    func badLines() throws {
        let server = try RunningServer(lineLimit: 4096)
        let lines: [(String, String)] = [
            ("{nonsense", "a line is no JSON: column 2"),
            (#"{"protocol":"1.0"}"#, "the request is wrong: verb: expected a string, found nothing"),
            (
                #"{"callID":"x","protocol":"1.0","verb":7}"#,
                "the request is wrong: verb: expected a string, found an integer"
            ),
            (#"{"pad":""# + String(repeating: "x", count: 100_000) + #""}"#, "was skipped"),
            ("\u{1}", "a line is no JSON"),
        ]
        for (line, message) in lines {
            server.send(raw: Array((line + "\n").utf8))
            let error = try #require(try server.reply().error)
            #expect(error.message.contains(message), "\(error.message)")
            #expect(error.code == .invalidArgument)
        }
        server.send(raw: Array("\n  \r\n".utf8))
        server.send(.probe(.status, callID: "after"))
        #expect(try server.reply().callID == "after")
    }

    @Test("says which call it was, when a request is wrong but its id can be read")
    func badRequestWithID() throws {
        let server = try RunningServer()
        server.send(raw: Array((#"{"callID":"x","protocol":"1.0","verb":7}"# + "\n").utf8))
        #expect(try server.reply().callID == "x")
    }

    @Test("takes the last line also without its newline")
    func lastLine() throws {
        let server = try RunningServer()
        server.send(raw: DriverRequest.probe(.status).json.encoded)
        server.endInput()
        #expect(try server.reply().status == .success)
        #expect(try server.end() == 0)
    }

    @Test("refuses a second call that changes a volume while one is under way, and takes it afterwards")
    func oneCallPerVolume() throws {
        let server = try RunningServer()
        server.send(.probe(.provision, callID: "first", behaviour: "hang"))
        server.send(.probe(.delete, callID: "second"))
        let refused = try server.reply()
        #expect(refused.callID == "second")
        #expect(refused.error?.code == .aborted)
        server.send(["cancel": "first"])
        #expect(try server.reply().callID == "first")
        server.send(.probe(.delete, callID: "third"))
        #expect(try server.reply().status == .success)
    }

    @Test("refuses a call whose id is in use")
    func duplicateID() throws {
        let server = try RunningServer()
        server.send(.probe(.provision, "a", callID: "same", behaviour: "hang"))
        server.send(.probe(.provision, "b", callID: "same"))
        #expect(try server.reply().error?.code == .aborted)
        server.send(["cancel": "same"])
        #expect(try server.reply().error?.code == .cancelled)
    }

    @Test("answers what is queued beyond its threads, thousands of calls at once")
    func queue() throws {
        let server = try RunningServer(limit: 3)
        let count = 5000
        let status = SystemThread.start {
            for number in 0..<count { server.send(.probe(.provision, "v\(number)", callID: "c\(number)")) }
            server.endInput()
        }
        try #require(status == 0)
        var answered: Set<String> = []
        for _ in 0..<count { answered.insert(try server.reply().callID ?? "") }
        #expect(answered.count == count)
        #expect(try server.end() == 0)
    }

    @Test("a cancellation of a call that it does not know is ignored")
    func unknownCancellation() throws {
        let server = try RunningServer()
        server.send(["cancel": "never"])
        server.send(.probe(.status))
        #expect(try server.reply().status == .success)
    }
}
