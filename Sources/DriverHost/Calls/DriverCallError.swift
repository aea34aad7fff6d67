public import DriverProtocol

/// Why a call of a driver failed, whether the driver said so or the host found out.
///
/// `code` and `outcome` are for the caller to act on, as the driver protocol defines them; `message` is for the operator
/// and free of secrets.
public struct DriverCallError: Error, Sendable, Hashable {
    /// How the failure came about.
    public struct Reason: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        public var description: String { rawValue }

        /// The driver answered `Failure`; ``DriverCallError/driverError`` is what it said.
        public static let driverFailure = Reason(rawValue: "driverFailure")
        /// The driver answered `Not supported`.
        public static let notSupported = Reason(rawValue: "notSupported")
        /// The deadline passed; a driver that runs once was ended.
        public static let deadline = Reason(rawValue: "deadline")
        /// The caller's task was cancelled, or the host is ending.
        public static let cancelled = Reason(rawValue: "cancelled")
        /// The same, before the call had begun.
        public static let cancelledBefore = Reason(rawValue: "cancelledBefore")
        /// The process ended by a signal that the host did not send, or a resident driver ended with calls in flight.
        public static let crashed = Reason(rawValue: "crashed")
        /// The process ended and had answered nothing.
        public static let noReply = Reason(rawValue: "noReply")
        /// What stood on stdout is no reply of the protocol, or more than one, or belongs to another call.
        public static let malformedReply = Reason(rawValue: "malformedReply")
        /// The reply was longer than any may be.
        public static let oversizedReply = Reason(rawValue: "oversizedReply")
        /// Exit status and reply disagree.
        public static let contradiction = Reason(rawValue: "contradiction")
        /// The executable could not be started.
        public static let notStarted = Reason(rawValue: "notStarted")
        /// No driver of this name, or none that serves this provisioner.
        public static let notRegistered = Reason(rawValue: "notRegistered")
        /// The driver is registered and cannot be called as it is: its file or its answer to `init` is wrong.
        public static let notReady = Reason(rawValue: "notReady")
        /// The circuit breaker rests the driver after repeated failures.
        public static let resting = Reason(rawValue: "resting")
        /// The request lacks what the driver's protocol needs, or wants what it does not have.
        public static let unfitRequest = Reason(rawValue: "unfitRequest")
        /// Too many calls of this driver are waiting already.
        public static let busy = Reason(rawValue: "busy")
        /// The driver's entry was changed or removed while the call waited for its turn.
        static let retired = Reason(rawValue: "retired")

        /// Whether the call can have been seen by the driver. If not, what was known before the call still holds.
        public var reachedDriver: Bool { !Self.before.contains(self) }

        private static let before: Set<Reason> = [
            .notStarted, .notRegistered, .notReady, .resting, .unfitRequest, .busy, .retired, .cancelledBefore,
        ]
    }

    public var reason: Reason
    public var code: DriverError.Code
    /// What was tried, on what, what was found, what to do.
    public var message: String
    /// `final` only when the driver said so. A call that did not reach the driver leaves `unknown`: an earlier one may
    /// have made something.
    public var outcome: DriverError.Outcome
    /// Do not call again before so long.
    public var retryAfter: Duration?
    /// What the driver said, if that is how the call failed.
    public var driverError: DriverError?
    /// The driver's registered name.
    public var driver: String
    /// Names the call's record; `nil` when no call was made.
    public var callID: String?

    init(
        _ reason: Reason, _ code: DriverError.Code, _ message: String, driver: String, callID: String? = nil,
        outcome: DriverError.Outcome = .unknown, retryAfter: Duration? = nil, driverError: DriverError? = nil
    ) {
        self.reason = reason
        self.code = code
        self.message = message
        self.driver = driver
        self.callID = callID
        self.outcome = outcome
        self.retryAfter = retryAfter
        self.driverError = driverError
    }

    public var reachedDriver: Bool { reason.reachedDriver }
    /// Which part of the request is to blame, as `parameters.onDelete`.
    public var field: String? { driverError?.field }
    /// Elsewhere the same request could succeed.
    public var reschedule: Bool { driverError?.reschedule ?? false }
}

extension DriverCallError: CustomStringConvertible {
    public var description: String { "\(code): \(message)" + (callID.map { " (call \($0))" } ?? "") }
}
