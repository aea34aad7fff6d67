import KubernetesAPI

/// The query of a list or a watch (`meta/v1` ListOptions).
struct ListParameters {
    enum VersionMatch: String {
        case exact = "Exact"
        case notOlderThan = "NotOlderThan"
    }

    let labelSelector: LabelSelector
    let fieldSelector: FieldSelector
    let limit: Int?
    let continueToken: String?
    /// `nil` for 0, which means any.
    let resourceVersion: UInt64?
    let versionMatch: VersionMatch?

    /// - Throws: `BadRequest` for a selector or a number that is none, `Invalid` for parameters that exclude one another.
    init(_ query: Query) throws(StatusError) {
        do throws(SelectorError) {
            labelSelector =
                try query["labelSelector"].map { text throws(SelectorError) in
                    try LabelSelector(parsing: text)
                } ?? .everything
            fieldSelector =
                try query["fieldSelector"].map { text throws(SelectorError) in
                    try FieldSelector(parsing: text)
                } ?? .everything
        } catch {
            throw .badRequest(error.message)
        }
        limit = try query.count("limit").flatMap { $0 == 0 ? nil : $0 }
        continueToken = query["continue"].flatMap { $0.isEmpty ? nil : $0 }
        let version = try query.resourceVersion()
        resourceVersion = version == 0 ? nil : version
        let match = query["resourceVersionMatch"].flatMap { $0.isEmpty ? nil : $0 }
        versionMatch = match.flatMap { VersionMatch(rawValue: $0) }
        guard let match else { return }
        func refusal(_ message: String) -> StatusError {
            .invalidOptions("ListOptions", field: "resourceVersionMatch", reason: "FieldValueForbidden", message)
        }
        guard versionMatch != nil else {
            throw .invalidOptions(
                "ListOptions", field: "resourceVersionMatch", reason: "FieldValueNotSupported",
                "Unsupported value: \"\(match)\": supported values: \"Exact\", \"NotOlderThan\"")
        }
        if continueToken != nil {
            throw refusal("Forbidden: resourceVersionMatch is forbidden when continue is provided")
        }
        if versionMatch == .exact, resourceVersion == nil {
            throw refusal("Forbidden: resourceVersionMatch \"Exact\" is forbidden for resourceVersion \"0\"")
        }
    }

    func options(_ path: ResourcePath) -> ListOptions {
        ListOptions(
            namespace: path.namespace, labelSelector: labelSelector, fieldSelector: fieldSelector, limit: limit,
            continueToken: continueToken)
    }

    /// The list is what there is now; whether that is what was asked for.
    ///
    /// - Throws: `Expired` for an exact version that is not the present one; `Timeout` for one that is still to come.
    func check(_ list: ObjectList) throws(StatusError) {
        guard let resourceVersion, continueToken == nil else { return }
        if resourceVersion > list.resourceVersion {
            throw .tooLargeResourceVersion(resourceVersion, current: list.resourceVersion)
        }
        if versionMatch == .exact, resourceVersion < list.resourceVersion {
            throw .expired("The resourceVersion for the provided list is too old.")
        }
    }
}

extension StatusError {
    static func tooLargeResourceVersion(_ version: UInt64, current: UInt64) -> StatusError {
        StatusError(
            code: 504, reason: .timeout, message: "Too large resource version: \(version), current: \(current)",
            causes: [Cause(reason: "ResourceVersionTooLarge", message: "Too large resource version", field: "")],
            retryAfterSeconds: 1)
    }
}
