import Synchronization

/// What was found wrong with replies during the whole run, by rule: the first call that showed it, and how many did.
final class ReplyWatch: Sendable {
    struct Entry: Sendable {
        var message: String
        var exchange: Exchange
        var count = 1
    }

    private let entries = Mutex<[ConformanceRule: Entry]>([:])
    private let timeouts = Mutex(0)

    func add(_ violations: [ReplyCheck.Violation], _ exchange: Exchange) {
        for violation in violations {
            entries.withLock { entries in
                if entries[violation.rule] == nil {
                    entries[violation.rule] = Entry(message: violation.message, exchange: exchange)
                } else {
                    entries[violation.rule]?.count += 1
                }
            }
        }
        if violations.contains(where: { $0.rule == .timeLimit }) { timeouts.withLock { $0 += 1 } }
    }

    subscript(rule: ConformanceRule) -> Entry? { entries.withLock { $0[rule] } }

    var brokenRules: Set<ConformanceRule> { entries.withLock { Set($0.keys) } }

    /// How many calls had to be killed; after a few it is of no use to go on.
    var timeoutCount: Int { timeouts.withLock { $0 } }
}
