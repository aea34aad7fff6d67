import JSONTree

/// Why Compute Engine refuses a request, in its own shape.
struct ComputeError: Error, Hashable {
    /// The HTTP status, which is the body's `code` too.
    var status: Int
    /// The machine's word, as `notFound`.
    var reason: String
    var message: String

    init(_ status: Int, _ reason: String, _ message: String) {
        self.status = status
        self.reason = reason
        self.message = message
    }

    var json: JSONValue {
        [
            "error": [
                "code": .integer(Int64(status)), "message": .string(message),
                "errors": [["message": .string(message), "domain": .string(domain), "reason": .string(reason)]],
            ]
        ]
    }

    private var domain: String {
        switch reason {
        case "rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded": "usageLimits"
        default: "global"
        }
    }

    static func notFound(_ resource: String) -> ComputeError {
        ComputeError(404, "notFound", "The resource '\(resource)' was not found")
    }

    static func alreadyExists(_ resource: String) -> ComputeError {
        ComputeError(409, "alreadyExists", "The resource '\(resource)' already exists")
    }

    static func invalid(_ field: String, _ value: String, _ why: String) -> ComputeError {
        ComputeError(400, "invalid", "Invalid value for field '\(field)': '\(value)'. \(why)")
    }

    static func required(_ field: String) -> ComputeError {
        ComputeError(400, "required", "Required field '\(field)' not specified")
    }

    static func notReady(_ resource: String) -> ComputeError {
        ComputeError(400, "resourceNotReady", "The resource '\(resource)' is not ready")
    }

    static func inUse(_ disk: String, by user: String) -> ComputeError {
        ComputeError(
            400, "resourceInUseByAnotherResource",
            "The disk resource '\(disk)' is already being used by '\(user)'")
    }

    static let staleLabels = ComputeError(
        412, "conditionNotMet", "Labels fingerprint either invalid or resource labels have changed")

    static func quotaExceeded(_ metric: String, limit: Double, region: String) -> ComputeError {
        ComputeError(
            403, "quotaExceeded", "Quota '\(metric)' exceeded.  Limit: \(limit) in region \(region).")
    }

    static let unauthenticated = ComputeError(
        401, "authError",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
            + "authentication credential.")
}

/// Why an operation that had begun came to nothing.
struct OperationFailure: Hashable, Codable {
    /// As `ZONE_RESOURCE_POOL_EXHAUSTED`.
    var code: String
    var message: String
    var httpStatus: Int
    var httpMessage: String

    static func poolExhausted(_ zone: String) -> OperationFailure {
        OperationFailure(
            code: "ZONE_RESOURCE_POOL_EXHAUSTED",
            message: "The zone '\(zone)' does not have enough resources available to fulfill the request.  Try a "
                + "different zone, or try again later.",
            httpStatus: 503, httpMessage: "SERVICE UNAVAILABLE")
    }

    static func rateExceeded(_ resource: String) -> OperationFailure {
        OperationFailure(
            code: "RESOURCE_OPERATION_RATE_EXCEEDED",
            message: "Operation rate exceeded for resource '\(resource)'. Too frequent operations from the source "
                + "resource.",
            httpStatus: 429, httpMessage: "TOO MANY REQUESTS")
    }
}
