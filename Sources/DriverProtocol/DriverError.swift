public import JSONTree

/// `error` of a reply: why a call failed, for the host to act on and for the operator to read.
///
/// ```json
/// {"code": "OUT_OF_RANGE", "message": "a volume has at least 1 GiB; 100 MiB were asked for",
///  "field": "volume.capacityBytes", "outcome": "final"}
/// ```
public struct DriverError: Error, Hashable {
    /// `code`, required.
    public var code: Code
    /// `message`, required: what was tried, on what, what was found, what to do. The claim's events show it. Without
    /// secrets.
    public var message: String
    /// `field`, optional: which part of the request is to blame, as `parameters.onDelete`.
    public var field: String?
    /// `outcome`: whether something may have been made or changed; absent: as ``Code/defaultOutcome`` says.
    public var outcome: Outcome
    /// `retryAfterSeconds`, optional: not before so long.
    public var retryAfter: Duration?
    /// `reschedule`, optional: elsewhere (another node or zone) the same request could succeed.
    public var reschedule: Bool

    public init(
        _ code: Code, _ message: String, field: String? = nil, outcome: Outcome? = nil, retryAfter: Duration? = nil,
        reschedule: Bool = false
    ) {
        self.code = code
        self.message = message
        self.field = field
        self.outcome = outcome ?? code.defaultOutcome
        self.retryAfter = retryAfter
        self.reschedule = reschedule
    }

    /// What the host knows after a failure.
    public enum Outcome: String, Sendable, Hashable {
        /// Nothing was made or changed, nothing goes on behind: the host may forget the call.
        case final
        /// Something may have been made, or may still be: the host keeps the name and calls again with the same
        /// arguments until the answer is final.
        case unknown
    }
}

extension DriverError {
    /// The gRPC code's name, as CSI uses it. A code that is not known here is treated as ``internal``.
    public struct Code: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        public var description: String { rawValue }

        /// A parameter, or another part of the request, is wrong. Retried slowly: somebody must change it first.
        public static let invalidArgument = Code(rawValue: "INVALID_ARGUMENT")
        /// What the request is about does not exist (`delete` and its like succeed instead).
        public static let notFound = Code(rawValue: "NOT_FOUND")
        /// The name is taken by something made with other arguments. Retried slowly.
        public static let alreadyExists = Code(rawValue: "ALREADY_EXISTS")
        /// No room, or a quota is used up. Retried with backoff; with `reschedule`, elsewhere.
        public static let resourceExhausted = Code(rawValue: "RESOURCE_EXHAUSTED")
        /// No size within the bounds of the request can be made. Retried slowly.
        public static let outOfRange = Code(rawValue: "OUT_OF_RANGE")
        /// Another operation on the same volume is under way. Retried with backoff.
        public static let aborted = Code(rawValue: "ABORTED")
        /// The backend does not answer. Retried with backoff.
        public static let unavailable = Code(rawValue: "UNAVAILABLE")
        /// The backend refuses these credentials the operation. Retried slowly.
        public static let permissionDenied = Code(rawValue: "PERMISSION_DENIED")
        /// The backend does not accept the credentials. Retried slowly.
        public static let unauthenticated = Code(rawValue: "UNAUTHENTICATED")
        /// The state of the volume or the machine forbids it, for example a volume in use. Retried with backoff.
        public static let failedPrecondition = Code(rawValue: "FAILED_PRECONDITION")
        /// The deadline passed before the work was done. Retried with backoff.
        public static let deadlineExceeded = Code(rawValue: "DEADLINE_EXCEEDED")
        /// The call was given up.
        public static let cancelled = Code(rawValue: "CANCELLED")
        /// A fault of the driver. Retried with backoff.
        public static let `internal` = Code(rawValue: "INTERNAL")
        /// The driver cannot do that. Final.
        public static let unimplemented = Code(rawValue: "UNIMPLEMENTED")
        /// Data was lost or damaged. Retried slowly.
        public static let dataLoss = Code(rawValue: "DATA_LOSS")
        /// A failure without a better code. Retried with backoff.
        public static let unknown = Code(rawValue: "UNKNOWN")

        /// What is assumed where a reply gives no `outcome`: final for a code that says that the request was looked
        /// at and turned down, unknown for every other.
        public var defaultOutcome: Outcome { Self.finalCodes.contains(self) ? .final : .unknown }

        private static let finalCodes: Set<Code> = [
            .invalidArgument, .notFound, .alreadyExists, .resourceExhausted, .outOfRange, .permissionDenied,
            .unauthenticated, .failedPrecondition, .unimplemented,
        ]
    }
}

extension DriverError: JSONConvertible, CustomStringConvertible {
    public init(json: JSONValue) throws(ProtocolError) {
        let members = try MessageReader(json)
        code = Code(rawValue: try members.requiredString("code"))
        message = try members.requiredString("message")
        field = try members.string("field")
        if let word = try members.string("outcome") {
            guard let outcome = Outcome(rawValue: word) else {
                throw ProtocolError(path: "outcome", expected: "\"final\" or \"unknown\"", found: "\"\(word)\"")
            }
            self.outcome = outcome
        } else {
            outcome = code.defaultOutcome
        }
        retryAfter = try members.seconds("retryAfterSeconds")
        reschedule = try members.bool("reschedule") ?? false
    }

    public var json: JSONValue {
        var writer = MessageWriter()
        writer.set("code", code.rawValue)
        writer.set("message", message)
        writer.set("field", field)
        writer.set("outcome", outcome.rawValue)
        writer.set("retryAfterSeconds", seconds: retryAfter)
        if reschedule { writer.set("reschedule", true) }
        return writer.json
    }

    public var description: String { "\(code): \(message)" }
}
