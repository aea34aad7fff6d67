import Glibc
import JSONTree

/// One rule of a fault plan: which requests it concerns, how often, and what happens to them.
struct FaultRule: Sendable, Hashable {
    /// What happens to a request.
    enum Fault: Sendable, Hashable {
        /// The cloud's own answer instead of the effect.
        case answer(FaultAnswer)
        /// What the model shows afterwards.
        case effect(FaultEffects)
        /// The request is carried out later.
        case latency(Duration)
        case wire(WireFault)
    }

    /// `nil`: the plan gives it one.
    var name: String?
    /// `nil`: every cloud.
    var cloud: Cloud?
    /// Patterns with `*`, `?` and `[…]`; empty: everything. One that names a resource or a zone does not fit a request
    /// that names none.
    var operations: [String] = []
    var resources: [String] = []
    var zones: [String] = []
    var fault: Fault
    /// The share of the fitting requests, from 0 to 1.
    var rate = 1.0
    /// How many requests at most; `nil`: no end.
    var count: Int?
    /// Of the dice for ``rate``.
    var seed: UInt64 = 0

    init(_ fault: Fault) {
        self.fault = fault
    }

    func fits(_ operation: CloudOperation) -> Bool {
        Self.matches(operations, operation.name) && Self.matches(resources, operation.resource)
            && Self.matches(zones, operation.zone)
    }

    private static func matches(_ patterns: [String], _ text: String?) -> Bool {
        guard !patterns.isEmpty else { return true }
        guard let text else { return false }
        return patterns.contains { fnmatch($0, text, 0) == 0 }
    }
}

/// Faults of the connection.
enum WireFault: String, Sendable, Hashable {
    /// The connection is reset; nothing has happened.
    case resetBefore
    /// The request is carried out, and the connection reset instead of an answer.
    case resetAfter
    /// The request is carried out; half of the answer comes, then the connection is reset.
    case halfReply
}
