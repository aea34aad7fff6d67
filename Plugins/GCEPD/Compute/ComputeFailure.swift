import CloudHTTP
import DriverProtocol
import StorageDriverKit

/// A call of Compute Engine that did not do what it was to do.
struct ComputeFailure: Error, Sendable {
    enum Cause: Sendable {
        /// The API refused it. `reason` is the machine's word, as `notFound`.
        case refused(status: Int, reason: String, message: String)
        /// The operation that it began has failed.
        case operation(code: String, message: String)
        /// The operation that it began goes on; there is no time left to wait for it.
        case running(operation: String, percent: Int64?)
        case transport(HTTPFailure)
        /// There is no token.
        case credentials(DriverError)
        case cancelled
    }

    let cause: Cause
    /// As `disks.insert`.
    let api: String
    /// A try before the last may have been carried out although its reply was lost.
    var mayHaveArrived = false
    var retryAfter: Duration?

    func isRefusal(_ reason: String) -> Bool {
        if case .refused(_, reason, _) = cause { true } else { false }
    }

    var isNotFound: Bool {
        switch cause {
        case .refused(404, _, _): true
        case .operation(let code, _): code == "RESOURCE_NOT_FOUND"
        default: false
        }
    }

    var isConflict: Bool {
        switch cause {
        case .refused(409, _, _): true
        case .operation(let code, _): code == "RESOURCE_ALREADY_EXISTS"
        default: false
        }
    }

    var isNotReady: Bool {
        switch cause {
        case .refused(_, "resourceNotReady", _): true
        case .operation(let code, _): code == "RESOURCE_NOT_READY"
        default: false
        }
    }

    var isInUse: Bool {
        switch cause {
        case .refused(_, "resourceInUseByAnotherResource", _): true
        case .operation(let code, _): code == "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE"
        default: false
        }
    }

    /// Neither zone nor account has room.
    var isExhaustion: Bool {
        switch cause {
        case .refused(_, let reason, _): ["quotaExceeded", "limitExceeded", "resourcePoolExhausted"].contains(reason)
        case .operation(let code, _): code.hasPrefix("ZONE_RESOURCE_POOL_EXHAUSTED") || code.hasSuffix("QUOTA_EXCEEDED")
        default: false
        }
    }

    /// What the host is told.
    ///
    /// - Parameters:
    ///   - task: What was not done, as the beginning of a sentence: `disk d could not be made`.
    ///   - isChange: Whether the call changes something, so that what says nothing about the state leaves the outcome
    ///     unknown.
    /// - Returns: A ``DriverError``, `PendingOperation` or `CancellationError`.
    func error(_ task: String, isChange: Bool = true) -> any Error {
        let unclear: DriverError.Outcome = isChange ? .unknown : .final
        switch cause {
        case .cancelled: return CancellationError()
        case .credentials(let error):
            return DriverError(
                error.code, "\(task): \(error.message)", outcome: error.code.isTransient ? unclear : error.outcome)
        case .running(let operation, let percent):
            return PendingOperation(
                operation, progress: OperationProgress(percent: percent.map { Int(min(max($0, 0), 100)) }, phase: api))
        case .transport(let failure):
            return failure.driverError("\(task) (\(api))", earlier: unclear)
        case .refused(let status, let reason, let message):
            let (code, advice) = Self.meaning(status, reason)
            return DriverError(
                code, "\(task): \(api) was answered \(status) \(reason): \(message)\(advice)",
                outcome: code.isTransient || mayHaveArrived ? unclear : .final, retryAfter: retryAfter,
                reschedule: reason == "resourcePoolExhausted")
        case .operation(let code, let message):
            let meaning = Self.meaning(code)
            return DriverError(
                meaning.code, "\(task): the operation of \(api) failed with \(code): \(message)",
                outcome: meaning.code.isTransient || mayHaveArrived ? unclear : .final,
                retryAfter: meaning.retryAfter, reschedule: code.hasPrefix("ZONE_RESOURCE_POOL_EXHAUSTED"))
        }
    }

    /// - Returns: Also what to do about it.
    private static func meaning(_ status: Int, _ reason: String) -> (DriverError.Code, advice: String) {
        switch (status, reason) {
        case (_, "quotaExceeded"), (_, "limitExceeded"):
            (.resourceExhausted, " Ask for a larger quota, or delete what is not needed")
        case (_, "resourcePoolExhausted"): (.resourceExhausted, "")
        case (_, "rateLimitExceeded"), (_, "userRateLimitExceeded"), (429, _): (.unavailable, "")
        case (_, "resourceInUseByAnotherResource"): (.failedPrecondition, "")
        case (_, "resourceNotReady"): (.aborted, "")
        case (401, _): (.unauthenticated, " Look at the credentials in drivers.json")
        case (403, _):
            (
                .permissionDenied,
                " The driver's account needs roles/compute.storageAdmin, and to attach, "
                    + "roles/compute.instanceAdmin.v1 and roles/iam.serviceAccountUser"
            )
        case (404, _): (.notFound, "")
        case (409, _): (.alreadyExists, "")
        case (412, _): (.aborted, "")
        case (400..<500, _): (.invalidArgument, "")
        default: (.unavailable, "")
        }
    }

    private static func meaning(_ code: String) -> (code: DriverError.Code, retryAfter: Duration?) {
        switch code {
        case "RESOURCE_NOT_FOUND": (.notFound, nil)
        case "RESOURCE_ALREADY_EXISTS": (.alreadyExists, nil)
        case "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE": (.failedPrecondition, nil)
        case "RESOURCE_NOT_READY": (.aborted, nil)
        case "QUOTA_EXCEEDED", "REGION_QUOTA_EXCEEDED": (.resourceExhausted, nil)
        // Hyperdisks are changed every few hours at most.
        case "RATE_LIMIT_EXCEEDED", "RESOURCE_OPERATION_RATE_EXCEEDED": (.resourceExhausted, .seconds(300))
        case "UNSUPPORTED_OPERATION", "INVALID_USAGE", "INVALID_FIELD_VALUE": (.invalidArgument, nil)
        case _ where code.hasPrefix("ZONE_RESOURCE_POOL_EXHAUSTED"): (.resourceExhausted, .seconds(30))
        case "INTERNAL_ERROR", "OPERATION_CANCELED_BY_USER": (.unavailable, nil)
        default: (.internal, nil)
        }
    }
}

extension DriverError.Code {
    /// Says nothing about what is there.
    fileprivate var isTransient: Bool { self == .unavailable || self == .aborted || self == .internal }
}
