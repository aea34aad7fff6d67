/// An error in EC2's own words.
struct EC2Error: Error, Hashable, Sendable {
    var code: String
    var message: String
    /// The HTTP status.
    var status: Int

    init(_ code: String, _ message: String, status: Int = 400) {
        self.code = code
        self.message = message
        self.status = status
    }

    static func invalidValue(_ message: String) -> EC2Error { EC2Error("InvalidParameterValue", message) }

    static func invalidValue(_ value: String, of parameter: String, expected: String? = nil) -> EC2Error {
        invalidValue("Value (\(value)) for parameter \(parameter) is invalid." + (expected.map { " \($0)" } ?? ""))
    }

    static func invalidCombination(_ message: String) -> EC2Error {
        EC2Error("InvalidParameterCombination", message)
    }

    static func missing(_ parameter: String) -> EC2Error {
        EC2Error("MissingParameter", "The request must contain the parameter \(parameter)")
    }

    static func noVolume(_ id: String) -> EC2Error {
        EC2Error("InvalidVolume.NotFound", "The volume '\(id)' does not exist.")
    }

    static func noSnapshot(_ id: String) -> EC2Error {
        EC2Error("InvalidSnapshot.NotFound", "The snapshot '\(id)' does not exist.")
    }

    static func noInstance(_ id: String) -> EC2Error {
        EC2Error("InvalidInstanceID.NotFound", "The instance ID '\(id)' does not exist")
    }

    static func incorrectState(_ message: String) -> EC2Error { EC2Error("IncorrectState", message) }

    static func volumeLimit(_ type: String, _ what: String) -> EC2Error {
        EC2Error(
            "VolumeLimitExceeded",
            "You have exceeded your maximum \(type) storage limit\(what) in this region. Please contact AWS Support to "
                + "request an Elastic Block Store service limit increase.")
    }

    static let dryRun = EC2Error(
        "DryRunOperation", "Request would have succeeded, but DryRun flag is set.", status: 412)
    static let authFailure = EC2Error(
        "AuthFailure", "AWS was not able to validate the provided access credentials", status: 401)
    static let missingAuthentication = EC2Error(
        "MissingAuthenticationToken", "Request is missing Authentication Token", status: 403)
    static let expired = EC2Error("RequestExpired", "Request has expired.")
    static let throttled = EC2Error("RequestLimitExceeded", "Request limit exceeded.", status: 503)
    static let tokenMismatch = EC2Error(
        "IdempotentParameterMismatch",
        "The request uses the same client token as a previous, but non-identical request. Do not reuse a client token with "
            + "different requests, unless the requests are identical.")
    static let tokenOfDeleted = EC2Error(
        "IdempotentParameterMismatch",
        "The client token you have provided is associated with a resource that is already deleted. Please use a different "
            + "client token.")

    /// The server's own failures, by HTTP status.
    static func server(_ status: Int) -> EC2Error {
        status == 503
            ? EC2Error("Unavailable", "The server is overloaded and can't handle the request.", status: 503)
            : EC2Error("InternalError", "An internal error has occurred", status: status)
    }
}
