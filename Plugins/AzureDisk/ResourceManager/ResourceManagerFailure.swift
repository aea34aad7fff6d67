import CloudHTTP
import DriverProtocol
import JSONTree

/// What Azure Resource Manager refused, or what an asynchronous operation of it failed with.
struct ResourceManagerFailure: Error, Sendable {
    let status: Int
    /// `ResourceNotFound`, `OperationNotAllowed`, …; empty where the answer gives none.
    let code: String
    let message: String
    let target: String
    /// An earlier try of the same request may have been carried out.
    var mayHaveArrived = false
    var retryAfter: Duration?
    /// The request was taken, and the asynchronous operation failed later.
    private(set) var isOfOperation = false

    /// What an asynchronous operation failed with.
    init(ofOperation error: JSONValue?) {
        self.init(status: 409, error: error)
        isOfOperation = true
    }

    init(status: Int, error: JSONValue?) {
        self.status = status
        code = error?["code"]?.stringValue ?? ""
        message = error?["message"]?.stringValue ?? "status \(status), without an explanation"
        target = error?["target"]?.stringValue ?? ""
    }

    init(_ reply: HTTPReply) {
        // {"error": {…}}; some services answer with the inner object alone.
        let json = reply.json
        self.init(status: reply.status, error: json?["error"] ?? json)
        retryAfter = reply.retryAfter
    }

    var isThrottled: Bool { status == 429 || code == "TooManyRequests" }

    /// What the request is about is not there. A group or subscription that is not there is a mistake in a
    /// configuration, and not the same.
    var isAbsence: Bool {
        status == 404 && code != "ResourceGroupNotFound" && code != "SubscriptionNotFound"
            && code != "InvalidResourceType"
    }

    /// The token, and not who has it, is what is wrong: a new one helps.
    var isAboutToken: Bool {
        status == 401 && code != "InvalidAuthenticationTokenAudience" && code != "InvalidAuthenticationTokenTenant"
    }

    /// Something else changes the same resource just now.
    var isConflict: Bool { status == 412 || (status == 409 && Self.conflicts.contains(code)) }

    private static let conflicts: Set<String> = [
        "Conflict", "OperationPreempted", "AttachDiskWhileBeingDetached", "RetryableError",
        "AnotherOperationInProgress",
    ]

    /// There is no room for it in this zone or region: elsewhere there may be.
    private static let capacity: Set<String> = [
        "AllocationFailed", "ZonalAllocationFailed", "OverconstrainedAllocationRequest",
        "OverconstrainedZonalAllocationRequest", "SkuNotAvailable",
    ]

    /// What is meant by `OperationNotAllowed`, which Azure says of quotas and limits as well as of states.
    enum Meaning {
        case limit, state
    }

    /// - Parameters:
    ///   - task: The beginning of a sentence: `volume pvc-1 could not be made`.
    ///   - mutates: Whether the request may have changed something, had it been carried out.
    func driverError(_ task: String, mutates: Bool, operationNotAllowed: Meaning = .state) -> DriverError {
        let code = errorCode(operationNotAllowed)
        var outcome = code.defaultOutcome
        if mutates, mayHaveArrived || isThrottled || status >= 500 || status == 408 { outcome = .unknown }
        if !mutates, outcome == .unknown { outcome = .final }
        let name = self.code.isEmpty ? "status \(status)" : self.code
        return DriverError(
            code, "\(task): Azure says \(name): \(message)", field: field(code), outcome: outcome,
            retryAfter: retryAfter, reschedule: Self.capacity.contains(self.code))
    }

    private func errorCode(_ operationNotAllowed: Meaning) -> DriverError.Code {
        if isThrottled { return .unavailable }
        if isConflict { return .aborted }
        if Self.capacity.contains(code) { return .resourceExhausted }
        switch (status, code) {
        case (401, _): return .unauthenticated
        case (403, _): return .permissionDenied
        case (404, "ResourceGroupNotFound"), (404, "SubscriptionNotFound"): return .failedPrecondition
        case (404, _): return .notFound
        case (_, "QuotaExceeded"): return .resourceExhausted
        case (409, "OperationNotAllowed"):
            return operationNotAllowed == .limit ? .resourceExhausted : .failedPrecondition
        case (409, "PropertyChangeNotAllowed"): return .invalidArgument
        case (400, _) where target.hasSuffix("diskSizeGB"): return .outOfRange
        case (400, _): return .invalidArgument
        case (408, _), (500..., _): return .unavailable
        default: return .failedPrecondition
        }
    }

    private func field(_ code: DriverError.Code) -> String? {
        guard code == .outOfRange else { return nil }
        return "volume.capacityBytes"
    }
}
