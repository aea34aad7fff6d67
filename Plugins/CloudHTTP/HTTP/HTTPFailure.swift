public import DriverProtocol

/// A request without a whole reply.
public struct HTTPFailure: Error, Sendable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable {
        /// The request did not leave: the name did not resolve, the connection was refused, TLS failed. Nothing was
        /// changed by it.
        case notSent
        /// It was sent, at least in part, and there was no whole reply: it may have been carried out.
        case lost
        /// The task was cancelled.
        case cancelled
        /// The call's deadline came first.
        case deadline
    }

    public let kind: Kind
    /// Whether the server may have got the request; of ``Kind/cancelled`` and ``Kind/deadline``, either is possible.
    public let mayHaveArrived: Bool
    /// For the operator: method, host and path, what was found, what to do. Without query, headers and body.
    public let message: String

    public init(_ kind: Kind, mayHaveArrived: Bool, _ message: String) {
        self.kind = kind
        self.mayHaveArrived = mayHaveArrived
        self.message = message
    }

    public var description: String { message }

    /// What the host is told.
    ///
    /// - Parameters:
    ///   - task: What was not done, as the beginning of a sentence: `volume pvc-1 could not be made`.
    ///   - earlier: What is known of the call's requests before this one: `unknown` once one of them may have changed
    ///     something. A request that may have arrived makes it unknown in any case.
    public func driverError(_ task: String, earlier: DriverError.Outcome) -> DriverError {
        let code: DriverError.Code =
            switch kind {
            case .notSent, .lost: .unavailable
            case .cancelled: .cancelled
            case .deadline: .deadlineExceeded
            }
        return DriverError(code, "\(task): \(message)", outcome: mayHaveArrived ? .unknown : earlier)
    }
}
