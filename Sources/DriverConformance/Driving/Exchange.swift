import DriverProtocol

/// One call of the driver under test, as a finding shows it. Free of secrets.
public struct Exchange: Sendable, Hashable {
    public var callID: String
    /// The executable's argument; a resident driver's calls have `serve`.
    public var argument: String
    /// What was written to standard input, cut where it is long.
    public var request: String
    /// What came on standard output, cut where it is long.
    public var output: String
    /// The last lines of standard error.
    public var errorTail: String
    /// As `exit status 0`; `nil` for a call of a resident driver, which goes on.
    public var ending: String?
    public var duration: Duration

    /// What the output says, where it says something.
    var reply: DriverReply?
    var verb: Verb

    /// As messages name it: `provision of check-7f-1`.
    var subject: String
}

extension Exchange {
    var succeeded: Bool { reply?.status == .success }
    var code: DriverError.Code? { reply?.status == .failure ? reply?.error?.code : nil }

    /// What was answered, for the end of a sentence: `it answered Failure NOT_FOUND ("there is no volume x")`.
    var answer: String {
        guard let reply else { return "there was no answer (\(ending ?? "it goes on"))" }
        switch reply.status {
        case .failure:
            guard let error = reply.error else { return "it answered Failure without an error" }
            return "it answered Failure \(error.code) (\"\(error.message)\")"
        case .success, .pending, .notSupported: return "it answered \(reply.status.rawValue)"
        }
    }
}
