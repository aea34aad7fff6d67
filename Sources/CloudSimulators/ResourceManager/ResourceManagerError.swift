import HTTPTypes
import JSONTree

/// A refusal in Azure Resource Manager's words: `{"error": {"code": …, "message": …}}`.
struct ResourceManagerError: Error, Hashable {
    var status: Int
    /// For programs: `ResourceNotFound`, `OperationNotAllowed`, …
    var code: String
    var message: String
    /// What is wrong, as `disk.properties.diskSizeGB`.
    var target: String?
    /// Whole seconds.
    var retryAfter: Int?
    /// `WWW-Authenticate`
    var challenge: String?

    init(
        _ status: Int, _ code: String, _ message: String, target: String? = nil, retryAfter: Int? = nil,
        challenge: String? = nil
    ) {
        self.status = status
        self.code = code
        self.message = message
        self.target = target
        self.retryAfter = retryAfter
        self.challenge = challenge
    }

    /// The `error` member, as it stands in an answer and in an asynchronous operation that failed.
    var json: JSONValue {
        var json: JSONValue = ["code": .string(code), "message": .string(message)]
        json["target"] = target.map { .string($0) }
        return json
    }

    var response: CloudResponse {
        var headers: HTTPFields = [:]
        if let retryAfter { headers[.retryAfter] = String(retryAfter) }
        headers[.wwwAuthenticate] = challenge
        return .json(["error": json], status: status, headers: headers)
    }

    static func invalid(_ target: String, _ message: String) -> ResourceManagerError {
        ResourceManagerError(400, "InvalidParameter", message, target: target)
    }

    static func notFound(_ name: ResourceName) -> ResourceManagerError {
        ResourceManagerError(
            404, "ResourceNotFound",
            "The Resource '\(name.type.path)/\(name.name)' under resource group '\(name.group)' was not found. For more "
                + "details please go to https://aka.ms/ARMResourceNotFoundFix")
    }

    static func propertyChange(_ property: String) -> ResourceManagerError {
        ResourceManagerError(
            409, "PropertyChangeNotAllowed", "Changing property '\(property)' is not allowed.", target: property)
    }

    /// Another operation on the same resource is under way.
    static func conflict(_ what: String) -> ResourceManagerError {
        ResourceManagerError(
            409, "Conflict", "The request failed due to conflict with a concurrent request: \(what)", retryAfter: 1)
    }
}
