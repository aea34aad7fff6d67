import CloudHTTP
import DriverProtocol

/// A call of EC2 (or STS) that did not succeed.
struct EC2Failure: Error, Sendable {
    enum Reason: Sendable {
        /// EC2 said no.
        case refused(code: String, message: String)
        /// There was no whole answer, or none of EC2's.
        case unanswered(HTTPFailure)
        /// There are no credentials to sign with.
        case unsigned(DriverError)
    }

    /// `CreateVolume`
    let action: String
    let reason: Reason
    /// Whether EC2 may have carried it out all the same.
    let mayHaveArrived: Bool
    /// EC2 refused it only because there were too many, and there was no time to wait.
    var nextTryAfter: Duration?

    var code: String? {
        if case .refused(let code, _) = reason { code } else { nil }
    }

    func isOneOf(_ codes: Set<String>) -> Bool { code.map(codes.contains) ?? false }

    /// What the host is told.
    ///
    /// - Parameters:
    ///   - task: What was not done, as the beginning of a sentence.
    ///   - earlier: What is known of the call's requests before this one.
    func driverError(_ task: String, earlier: DriverError.Outcome = .final) -> DriverError {
        switch reason {
        case .unsigned(let error):
            return DriverError(error.code, "\(task): \(error.message)", field: error.field, outcome: earlier)
        case .unanswered(let failure):
            var error = failure.driverError(task, earlier: mayHaveArrived ? .unknown : earlier)
            error.retryAfter = nextTryAfter
            return error
        case .refused(let code, let message):
            let kind = EC2ErrorKind(code)
            let outcome: DriverError.Outcome = mayHaveArrived || kind == .transient ? .unknown : earlier
            var error = DriverError(
                kind.code, "\(task): EC2 answered \(action) with \(code): \(message)\(kind.remedy)", outcome: outcome,
                retryAfter: nextTryAfter ?? kind.retryAfter)
            error.reschedule = kind == .capacity
            // A refusal for the throttling's sake has changed nothing, but an earlier request may have.
            if kind == .throttled { error.outcome = mayHaveArrived ? .unknown : earlier }
            return error
        }
    }
}

/// What EC2's error codes mean for whoever called.
enum EC2ErrorKind: Sendable {
    case throttled, transient, busy, notFound, quota, capacity, invalid, denied, unauthenticated, expired, other

    init(_ code: String) {
        self =
            Self.codes[code]
            ?? (code.hasPrefix("Throttling") || code.hasPrefix("RequestThrottled") ? .throttled : .other)
        if self == .other, code.hasSuffix(".Malformed") || code.hasSuffix(".NotFound") { self = .notFound }
    }

    /// Source: botocore's retries/standard.py, the EBS CSI driver's cloud.go, EC2's list of error codes.
    private static let codes: [String: EC2ErrorKind] = [
        "RequestLimitExceeded": .throttled, "EC2ThrottledException": .throttled, "SlowDown": .throttled,
        "BandwidthLimitExceeded": .throttled, "PriorRequestNotComplete": .throttled,
        "ClientInternalError": .transient,
        "InternalError": .transient, "InternalFailure": .transient, "Unavailable": .transient,
        "ServiceUnavailable": .transient, "RequestTimeout": .transient,
        "VolumeInUse": .busy, "IncorrectState": .busy, "IncorrectModificationState": .busy,
        "VolumeModificationRateExceeded": .busy, "ConcurrentTagAccess": .busy, "InvalidSnapshot.InUse": .busy,
        "VolumeLimitExceeded": .quota, "MaxIOPSLimitExceeded": .quota, "SnapshotLimitExceeded": .quota,
        "VolumeModificationSizeLimitExceeded": .quota, "AttachmentLimitExceeded": .quota,
        "SnapshotCreationPerVolumeRateExceeded": .quota, "ConcurrentSnapshotLimitExceeded": .quota,
        "ResourceCountExceeded": .quota, "TagLimitExceeded": .quota,
        "InsufficientVolumeCapacity": .capacity, "InsufficientCapacity": .capacity,
        "InvalidParameter": .invalid, "InvalidParameterCombination": .invalid, "InvalidParameterDependency": .invalid,
        "InvalidParameterValue": .invalid, "MissingParameter": .invalid, "UnknownParameter": .invalid,
        "UnknownVolumeType": .invalid, "UnsupportedOperation": .invalid, "ValidationError": .invalid,
        "InvalidZone.NotFound": .invalid, "InvalidVolume.ZoneMismatch": .invalid, "InvalidTagKey.Malformed": .invalid,
        "UnauthorizedOperation": .denied, "AccessDenied": .denied, "OptInRequired": .denied, "Blocked": .denied,
        "PendingVerification": .denied, "InvalidKmsKey.InvalidState": .busy,
        "AuthFailure": .unauthenticated, "SignatureDoesNotMatch": .unauthenticated,
        "InvalidClientTokenId": .unauthenticated, "MissingAuthenticationToken": .unauthenticated,
        "IncompleteSignature": .unauthenticated, "InvalidIdentityToken": .unauthenticated,
        "RequestExpired": .expired, "ExpiredToken": .expired, "ExpiredTokenException": .expired,
    ]

    var code: DriverError.Code {
        switch self {
        case .throttled, .transient: .unavailable
        case .busy: .failedPrecondition
        case .notFound: .notFound
        case .quota, .capacity: .resourceExhausted
        case .invalid: .invalidArgument
        case .denied: .permissionDenied
        case .unauthenticated, .expired: .unauthenticated
        case .other: .unknown
        }
    }

    var retryAfter: Duration? { self == .throttled ? .seconds(5) : nil }

    fileprivate var remedy: String {
        switch self {
        case .quota: ". Delete what is not needed, or ask Amazon to raise the quota"
        case .denied: ". Give the driver's role this permission; its README has the policy"
        case .unauthenticated: ". Check the access key that the driver is given, and this machine's clock"
        case .expired: ". Check this machine's clock"
        default: ""
        }
    }
}
