import HTTPTypes
import Hummingbird
import JSONTree
import KubernetesAPI

/// The body and the query of a deletion (`meta/v1` DeleteOptions); what stands in the query wins.
struct DeleteParameters {
    let options: DeleteOptions

    /// - Throws: `BadRequest`, `Invalid`.
    init(_ query: Query, body: JSONValue?) throws(StatusError) {
        if let body {
            guard body.objectValue != nil else {
                throw .badRequest("the body of the request is no DeleteOptions object, but \(body.typeName)")
            }
            if let kind = body["kind"]?.stringValue, kind != "DeleteOptions" {
                throw .badRequest("the body of the request is a \(kind); a deletion takes DeleteOptions")
            }
        }
        let policy = query["propagationPolicy"] ?? body?["propagationPolicy"]?.stringValue ?? ""
        guard policy.isEmpty || ["Background", "Foreground", "Orphan"].contains(policy) else {
            throw .invalidOptions(
                "DeleteOptions", field: "propagationPolicy", reason: "FieldValueNotSupported",
                "Unsupported value: \"\(policy)\": supported values: \"Background\", \"Foreground\", \"Orphan\"")
        }
        if let seconds = try query.count("gracePeriodSeconds")
            ?? body?["gracePeriodSeconds"]?.integerValue.map({ Int($0) }),
            seconds < 0
        {
            throw .invalidOptions(
                "DeleteOptions", field: "gracePeriodSeconds", reason: "FieldValueInvalid",
                "Invalid value: \(seconds): must be greater than or equal to 0")
        }
        var values = query.all("dryRun")
        if values.isEmpty { values = body?["dryRun"]?.stringArray ?? [] }
        var options = DeleteOptions(isDryRun: try WriteParameters.isDryRun(values, kind: "DeleteOptions"))
        options.uid = body?.at("preconditions", "uid")?.stringValue
        if let version = body?.at("preconditions", "resourceVersion")?.stringValue {
            guard let number = UInt64(version) else {
                throw .badRequest("preconditions.resourceVersion: \"\(version)\" is no resource version")
            }
            options.resourceVersion = number
        }
        self.options = options
    }
}

extension Request {
    /// The options in a deletion's body, if it has one.
    func deleteParameters(_ query: Query, limit: Int) async throws -> DeleteParameters {
        let bytes = try await collectBody(limit: limit)
        guard bytes.readableBytes > 0 else { return try DeleteParameters(query, body: nil) }
        let document = try RequestDocument.decode(bytes, contentType: headers[.contentType])
        return try DeleteParameters(query, body: document.value)
    }
}
