/// What holds for every reply: judged at the end, from all calls of the run.
enum ReplyCases {
    static let all: [ConformanceCase] = [
        test("reply/one-object", "each reply is one JSON object on standard output, with nothing beside it", .reply),
        test("reply/exit-status", "the exit status agrees with the reply", .exitStatus),
        test("reply/shape", "each reply has the members, types and bounds of the specification", .replyShape),
        test("reply/call-id", "each reply belongs to its request", .replyCallID),
        test("reply/version", "each reply is written in a version that the host speaks", .replyVersion),
        test("reply/error", "each failure has a code of the specification and a message", .errorShape),
        test("reply/in-time", "each call ends in its time", .timeLimit),
        test(
            "reply/size", "each volume has at least the size that was asked for, and at most the limit",
            .provisionAnswers),
        test("reply/secrets", "no secret stands on standard output or standard error", .secrets),
    ]

    static func test(_ id: String, _ title: String, _ rule: ConformanceRule) -> ConformanceCase {
        ConformanceCase(id, title, rule) { context in
            guard let entry = context.driver.watch[rule] else { return }
            let others = entry.count > 1 ? " (and so in \(entry.count - 1) other calls)" : ""
            context.find(rule, "\(entry.exchange.subject): \(entry.message)\(others)", entry.exchange)
        }
    }
}
