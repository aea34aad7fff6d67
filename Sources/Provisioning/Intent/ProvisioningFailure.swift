import DriverProtocol
import KubernetesAPI

/// A call for a volume that brought none, and what is known after it (the states of
/// sig-storage-lib-external-provisioner, `controller/volume.go`).
struct ProvisioningFailure: Error, Sendable, Hashable {
    enum State: Sendable, Hashable {
        /// There is no volume, and nothing is under way: the claim is free.
        case finished
        /// There may be one, or be one soon: the same call again, even when the claim is deleted meanwhile.
        case background
        /// Nobody was asked: it is as it was before.
        case noChange
        /// As finished, and another node could do: the node is given back.
        case reschedule
    }

    var state: State
    /// For people: the driver's own words, and what to do.
    var message: String
    /// Nothing gets better by itself: tried again at the longest interval.
    var isSlow: Bool
    var retryAfter: Duration?
    /// Finds the call in the host's records.
    var callID: String?

    init(
        _ state: State, _ message: String, isSlow: Bool = false, retryAfter: Duration? = nil, callID: String? = nil
    ) {
        self.state = state
        self.message = message
        self.isSlow = isSlow
        self.retryAfter = retryAfter
        self.callID = callID
    }

    init(_ error: DriverError, intent: ProvisioningIntent, driver: String, callID: String?) {
        let hasNode = intent.topology?.preferred.isEmpty == false
        let state: State =
            switch (error.outcome, error.reschedule || error.code == .resourceExhausted) {
            case (.unknown, _): .background
            case (.final, true) where hasNode: .reschedule
            case (.final, _): .finished
            }
        let field = error.field.flatMap { $0.isEmpty ? nil : " (\($0))" } ?? ""
        var message = "driver \(driver): \(error.code)\(field): \(error.message)"
        if let remedy = Self.remedy(error, intent: intent) { message += ". \(remedy)" }
        self.init(
            state, message, isSlow: error.outcome == .final && Self.slowCodes.contains(error.code),
            retryAfter: error.retryAfter, callID: callID)
    }

    /// Somebody has to change something first.
    private static let slowCodes: Set<DriverError.Code> = [
        .invalidArgument, .alreadyExists, .outOfRange, .permissionDenied, .unauthenticated, .unimplemented, .dataLoss,
    ]

    private static func remedy(_ error: DriverError, intent: ProvisioningIntent) -> String? {
        guard error.outcome == .final else { return nil }
        switch error.code {
        case .invalidArgument where error.field?.hasPrefix("parameters") ?? false:
            return ProvisioningIntent.classRemedy(intent.className)
        case .invalidArgument:
            return "Correct the claim, or the StorageClass \"\(intent.className)\""
        case .outOfRange: return "Change spec.resources of the claim: delete it and create it with another size"
        case .unauthenticated, .permissionDenied:
            guard let secret = intent.secret else { return nil }
            return "Check the secret \(secret)"
        default: return nil
        }
    }
}

/// What follows from a failure for the claim, apart from telling it.
struct FailureConsequence: Sendable, Hashable {
    enum Pace: Sendable, Hashable {
        case backoff
        /// At the longest interval.
        case slow
    }

    /// The intent stays on record, and holds the claim.
    var keepsIntent: Bool
    /// The node goes back to whoever chooses it.
    var returnsNode: Bool
    /// `nil`: the claim is deleted, there is nothing to try any more.
    var pace: Pace?

    /// - Parameters:
    ///   - hadIntent: An earlier attempt had left its intent before this one.
    init(_ failure: ProvisioningFailure, hadIntent: Bool, claimIsBeingDeleted: Bool) {
        switch failure.state {
        case .background: keepsIntent = true
        case .noChange: keepsIntent = hadIntent
        case .finished, .reschedule: keepsIntent = false
        }
        returnsNode = failure.state == .reschedule
        pace =
            if claimIsBeingDeleted, !keepsIntent { nil } else if failure.isSlow { .slow } else { .backoff }
    }
}
