import JSONTree
import KubernetesAPI
import NIOCore

/// The four kinds of patches, by their content types.
enum PatchType: String, CaseIterable {
    case json = "application/json-patch+json"
    case merge = "application/merge-patch+json"
    case apply = "application/apply-patch+yaml"
    case strategicMerge = "application/strategic-merge-patch+json"

    private static let largestJSONPatch = 10_000

    /// - Throws: `UnsupportedMediaType`, with the list of those that there are.
    init(contentType: String?) throws(StatusError) {
        guard let type = contentType.flatMap({ MediaRange($0[...]) }).flatMap({ PatchType(rawValue: $0.type) }) else {
            throw .unsupportedMediaType(Self.allCases.map(\.rawValue))
        }
        self = type
    }

    /// - Throws: `Invalid` for query parameters that this kind of patch lacks or does not take.
    func check(_ parameters: WriteParameters, _ query: Query) throws(StatusError) {
        if self == .apply, (query["fieldManager"] ?? "").isEmpty {
            throw .invalidOptions(
                "PatchOptions", field: "fieldManager", reason: "FieldValueRequired",
                "Required value: is required for apply patch")
        }
        if self != .apply, parameters.force != nil {
            throw .invalidOptions(
                "PatchOptions", field: "force", reason: "FieldValueForbidden",
                "Forbidden: may not be specified for non-apply patch")
        }
    }

    func document(_ bytes: ByteBuffer) throws(StatusError) -> RequestDocument {
        self == .apply ? try RequestDocument.yaml(bytes) : try RequestDocument.json(bytes)
    }

    /// - Throws: `BadRequest` for a body that is no such patch.
    func patch(_ value: JSONValue, _ path: ResourcePath, force: Bool) throws(StatusError) -> Patch {
        if self == .json {
            guard let operations = value.arrayValue else {
                throw .badRequest("error decoding patch: a JSON patch is an array of operations, not \(value.typeName)")
            }
            guard operations.count <= Self.largestJSONPatch else {
                throw StatusError(
                    code: 413, reason: .requestEntityTooLarge,
                    message: "The allowed maximum operations in a JSON patch is \(Self.largestJSONPatch), "
                        + "got \(operations.count)")
            }
            return .json(value)
        }
        guard value.objectValue != nil else {
            throw .badRequest("error decoding patch: the body of the request is no object, but \(value.typeName)")
        }
        switch self {
        case .json, .merge: return .merge(value)
        case .strategicMerge: return .strategicMerge(value)
        case .apply: return .apply(value, force: force)
        }
    }
}
