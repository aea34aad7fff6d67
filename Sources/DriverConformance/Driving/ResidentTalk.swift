import DriverHost
import DriverProtocol
import JSONTree

/// One process of a resident driver, talked to line by line. Lives on the thread of the conversation.
final class ResidentTalk {
    let conversation: TrialConversation
    private let driver: DriverUnderTest
    private var requests: [String: DriverRequest] = [:]
    private var sent: [String: ContinuousClock.Instant] = [:]
    /// By callID, in the order in which they came.
    private(set) var replies: [String: [Exchange]] = [:]
    /// Lines that answer no call that was made.
    private(set) var strays: [String] = []

    init(_ conversation: TrialConversation, _ driver: DriverUnderTest) {
        self.conversation = conversation
        self.driver = driver
    }

    /// All in one write.
    func send(_ requests: DriverRequest..., also line: JSONValue? = nil) {
        send(requests, also: line)
    }

    func send(_ requests: [DriverRequest], also line: JSONValue? = nil) {
        var bytes: [UInt8] = []
        for request in requests {
            driver.ledger.willSend(request)
            self.requests[request.callID] = request
            sent[request.callID] = .now
            bytes += request.json.encoded + [0x0A]
        }
        if let line { bytes += line.encoded + [0x0A] }
        conversation.write(bytes)
    }

    func sendRaw(_ bytes: [UInt8]) { conversation.write(bytes) }

    /// Waits until the call is answered.
    ///
    /// - Returns: The answer; `nil` when none came in time.
    func reply(to callID: String, before deadline: ContinuousClock.Instant) -> Exchange? {
        while replies[callID] == nil {
            guard let line = conversation.nextLine(before: deadline) else { return nil }
            take(line)
        }
        return replies[callID]?.first
    }

    /// Takes whatever else comes within a moment, as a second answer.
    func listen(for moment: Duration) {
        let deadline = ContinuousClock.now + moment
        while let line = conversation.nextLine(before: deadline) { take(line) }
    }

    private func take(_ line: [UInt8]) {
        let callID = (try? JSONParser.parse(line))?["callID"]?.stringValue
        guard let callID, let request = requests[callID] else {
            strays.append(driver.shown(line))
            return
        }
        var check = ReplyCheck(request: request, secrets: driver.secrets)
        check.check(line: line)
        let duration = sent[callID].map { $0.duration(to: .now) } ?? .zero
        let exchange = Exchange(
            callID: callID, argument: "serve", request: driver.shown(request), output: driver.shown(line),
            errorTail: "",
            ending: nil, duration: duration, reply: check.reply, verb: request.verb,
            subject: DriverUnderTest.subject(of: request))
        driver.watch.add(check.violations, exchange)
        driver.ledger.didReceive(exchange, to: request)
        replies[callID, default: []].append(exchange)
    }

    /// A call as findings show it that was not answered.
    func unanswered(_ request: DriverRequest) -> Exchange {
        Exchange(
            callID: request.callID, argument: "serve", request: driver.shown(request), output: "", errorTail: "",
            ending: nil, duration: .zero, reply: nil, verb: request.verb,
            subject: DriverUnderTest.subject(of: request))
    }
}

extension DriverUnderTest {
    /// Starts `<driver> serve` and talks to it.
    func serve<Answer: Sendable>(
        _ body: @escaping @Sendable (ResidentTalk) -> Answer
    ) async throws -> (answer: Answer, ending: TrialEnding) {
        try await process.converse(["serve"]) { body(ResidentTalk($0, self)) }
    }
}
