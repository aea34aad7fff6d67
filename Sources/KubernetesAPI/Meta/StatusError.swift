public import JSONTree

/// An error as the Kubernetes API gives it: a `Status` object (meta/v1).
public struct StatusError: Error, Sendable, Hashable {
    public struct Reason: RawRepresentable, Sendable, Hashable {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }

        public static let badRequest = Reason(rawValue: "BadRequest")
        public static let unauthorized = Reason(rawValue: "Unauthorized")
        public static let forbidden = Reason(rawValue: "Forbidden")
        public static let notFound = Reason(rawValue: "NotFound")
        public static let methodNotAllowed = Reason(rawValue: "MethodNotAllowed")
        public static let notAcceptable = Reason(rawValue: "NotAcceptable")
        public static let alreadyExists = Reason(rawValue: "AlreadyExists")
        public static let conflict = Reason(rawValue: "Conflict")
        public static let expired = Reason(rawValue: "Expired")
        public static let requestEntityTooLarge = Reason(rawValue: "RequestEntityTooLarge")
        public static let unsupportedMediaType = Reason(rawValue: "UnsupportedMediaType")
        public static let invalid = Reason(rawValue: "Invalid")
        public static let tooManyRequests = Reason(rawValue: "TooManyRequests")
        public static let internalError = Reason(rawValue: "InternalError")
        public static let serviceUnavailable = Reason(rawValue: "ServiceUnavailable")
        public static let timeout = Reason(rawValue: "Timeout")
    }

    /// One of several things that are wrong, for `details.causes`.
    public struct Cause: Sendable, Hashable {
        /// `FieldValueInvalid`, `FieldValueRequired`, `FieldManagerConflict`, …
        public var reason: String
        public var message: String
        /// The path, as `spec.accessModes[0]`.
        public var field: String

        public init(reason: String, message: String, field: String) {
            self.reason = reason
            self.message = message
            self.field = field
        }
    }

    /// The HTTP status.
    public var code: Int
    public var reason: Reason
    public var message: String
    /// Which object: `details.group`, `kind` (the plural, as Kubernetes has it there), `name`, `uid`.
    public var group: String?
    public var resource: String?
    public var name: String?
    public var causes: [Cause]
    public var retryAfterSeconds: Int?

    public init(
        code: Int, reason: Reason, message: String, group: String? = nil, resource: String? = nil,
        name: String? = nil, causes: [Cause] = [], retryAfterSeconds: Int? = nil
    ) {
        self.code = code
        self.reason = reason
        self.message = message
        self.group = group
        self.resource = resource
        self.name = name
        self.causes = causes
        self.retryAfterSeconds = retryAfterSeconds
    }
}

extension StatusError {
    private init(
        _ code: Int, _ reason: Reason, _ kind: ResourceKind, _ name: String, _ message: String,
        causes: [Cause] = []
    ) {
        self.init(
            code: code, reason: reason, message: message, group: kind.group.isEmpty ? nil : kind.group,
            resource: kind.plural, name: name, causes: causes)
    }

    public static func badRequest(_ message: String) -> StatusError {
        StatusError(code: 400, reason: .badRequest, message: message)
    }

    public static func notFound(_ kind: ResourceKind, _ name: String) -> StatusError {
        StatusError(404, .notFound, kind, name, "\(kind.groupResource) \"\(name)\" not found")
    }

    public static func alreadyExists(_ kind: ResourceKind, _ name: String) -> StatusError {
        StatusError(409, .alreadyExists, kind, name, "\(kind.groupResource) \"\(name)\" already exists")
    }

    public static func conflict(
        _ kind: ResourceKind, _ name: String, _ why: String, causes: [Cause] = []
    ) -> StatusError {
        StatusError(
            409, .conflict, kind, name,
            "Operation cannot be fulfilled on \(kind.groupResource) \"\(name)\": \(why)", causes: causes)
    }

    public static func modified(_ kind: ResourceKind, _ name: String) -> StatusError {
        conflict(
            kind, name,
            "the object has been modified; please apply your changes to the latest version and try again")
    }

    public static func forbidden(_ kind: ResourceKind, _ name: String, _ why: String) -> StatusError {
        StatusError(403, .forbidden, kind, name, "\(kind.groupResource) \"\(name)\" is forbidden: \(why)")
    }

    /// 422 with a cause for each fault, in Kubernetes' wording.
    public static func invalid(_ kind: ResourceKind, _ name: String, _ causes: [Cause]) -> StatusError {
        let faults = causes.map { "\($0.field): \($0.message)" }
        let list = faults.count == 1 ? faults[0] : "[" + faults.joined(separator: ", ") + "]"
        var error = StatusError(
            422, .invalid, kind, name,
            "\(kind.kind)\(kind.group.isEmpty ? "" : ".\(kind.group)") \"\(name)\" is invalid: \(list)",
            causes: causes)
        error.resource = kind.kind
        return error
    }

    public static func expired(_ message: String) -> StatusError {
        StatusError(code: 410, reason: .expired, message: message)
    }

    public static func internalError(_ message: String) -> StatusError {
        StatusError(code: 500, reason: .internalError, message: "Internal error occurred: \(message)")
    }

    /// The `Status` object that goes over the wire.
    public var status: JSONValue {
        var details: JSONObject = [:]
        if let name, !name.isEmpty { details["name"] = .string(name) }
        if let group { details["group"] = .string(group) }
        if let resource { details["kind"] = .string(resource) }
        if !causes.isEmpty {
            details["causes"] = .array(
                causes.map {
                    ["reason": .string($0.reason), "message": .string($0.message), "field": .string($0.field)]
                })
        }
        if let retryAfterSeconds { details["retryAfterSeconds"] = .integer(Int64(retryAfterSeconds)) }
        var status: JSONObject = [
            "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure",
            "message": .string(message), "reason": .string(reason.rawValue),
        ]
        if !details.isEmpty { status["details"] = .object(details) }
        status["code"] = .integer(Int64(code))
        return .object(status)
    }

    /// Reads a `Status` object that another server sent.
    public init?(status: JSONValue) {
        guard status["kind"]?.stringValue == "Status", let message = status["message"]?.stringValue else { return nil }
        let details = status["details"]
        self.init(
            code: Int(status["code"]?.integerValue ?? 500),
            reason: Reason(rawValue: status["reason"]?.stringValue ?? ""), message: message,
            group: details?["group"]?.stringValue, resource: details?["kind"]?.stringValue,
            name: details?["name"]?.stringValue,
            causes: (details?["causes"]?.arrayValue ?? []).map {
                Cause(
                    reason: $0["reason"]?.stringValue ?? "", message: $0["message"]?.stringValue ?? "",
                    field: $0["field"]?.stringValue ?? "")
            },
            retryAfterSeconds: (details?["retryAfterSeconds"]?.integerValue).map { Int($0) })
    }
}

extension StatusError: CustomStringConvertible {
    public var description: String { message }
}
