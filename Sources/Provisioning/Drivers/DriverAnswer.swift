import DriverProtocol

/// What one call brought, as far as the host could see: the driver may not have been reached, or have died while it
/// worked.
enum DriverAnswer: Sendable, Hashable {
    case success(DriverReply)
    /// The work goes on behind the driver; ask again.
    case pending(OperationProgress?)
    /// The driver's own word.
    case failed(DriverError, callID: String?)
    /// The driver does not offer the verb.
    case notSupported(String, callID: String?)
    /// The driver was never asked: nothing changed.
    case unreachable(String, retryAfter: Duration?)
    /// It was asked and gave no answer that can be trusted: anything may have happened.
    case lost(String, callID: String?)
}
