/// How a resident driver ended.
struct ResidentEnding: Sendable, Hashable, CustomStringConvertible {
    enum Cause: Sendable, Hashable {
        /// By itself, or by somebody who is not this host.
        case ended
        /// It could not be started.
        case notStarted(String)
        /// The host ended it: it was replaced, or the host itself ends.
        case toldTo
        /// The host ended it: a line on stdout was no JSON object. A stream that has lost its framing could hand one
        /// call's answer to another.
        case malformedLine(String)
        /// The host ended it: a line on stdout was longer than any reply.
        case oversizedLine(limit: Int)
        /// The host ended it: it closed stdout, so it cannot answer any more.
        case closedOutput
        /// The host ended it: it did not answer a call long after that was given up.
        case unresponsive
    }

    var cause: Cause
    var status: ExitStatus

    var description: String {
        switch cause {
        case .ended: "it ended by itself, \(status)"
        case .notStarted(let reason): reason
        case .toldTo: "the host ended it, \(status)"
        case .malformedLine(let line):
            "it printed a line on stdout that is no JSON object, \"\(line)\", and was ended; logs belong on stderr"
        case .oversizedLine(let limit):
            "it printed a line of more than \(limit) bytes on stdout, and was ended"
        case .closedOutput: "it closed its stdout, and was ended"
        case .unresponsive: "it did not answer a call that had been given up, and was ended"
        }
    }
}

/// What came of a request to a resident driver.
enum ResidentAnswer: Sendable {
    case reply(JSONLine)
    /// The deadline passed, the driver was told to give up, and did not answer to that either.
    case deadline
    /// The same, since the caller gave up.
    case cancelled
    case ended(ResidentEnding)
    /// The process takes no more requests; this one was not sent.
    case notSent
    /// An earlier call about the same thing was given up, and the driver has not answered that yet.
    case heldUp(byCall: String)
}
