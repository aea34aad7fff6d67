import Hummingbird
import JSONTree
import KubernetesAPI

/// `authorization.k8s.io`: answers `kubectl auth can-i`. Whoever holds the token may do everything.
struct AccessReview {
    /// By plural.
    static let kinds = [
        "selfsubjectaccessreviews": "SelfSubjectAccessReview", "selfsubjectrulesreviews": "SelfSubjectRulesReview",
    ]

    static let resources: [APIResource] = kinds.sorted { $0.key < $1.key }.map { plural, kind in
        APIResource(
            plural: plural, singular: kind.lowercased(), kind: kind, isNamespaced: false, verbs: ["create"])
    }

    let maximumBodyBytes: Int

    func respond(_ request: Request, kind: String) async throws -> Response {
        guard request.method == .post else { throw StatusError.methodNotAllowed }
        let bytes = try await request.collectBody(limit: maximumBodyBytes)
        var review = try RequestDocument.decode(bytes, contentType: request.headers[.contentType]).value
        guard review.objectValue != nil, review["kind"]?.stringValue ?? kind == kind else {
            throw StatusError.badRequest("the body of the request is no \(kind)")
        }
        review["apiVersion"] = .string("\(APIGroup.authorization)/v1")
        review["kind"] = .string(kind)
        review["metadata"] = ["creationTimestamp": .null]
        if kind == "SelfSubjectAccessReview" {
            review["status"] = ["allowed": true, "reason": "the bearer of the token may do everything"]
        } else {
            review["status"] = [
                "resourceRules": [["verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]]],
                "nonResourceRules": [["verbs": ["*"], "nonResourceURLs": ["*"]]], "incomplete": false,
            ]
        }
        return .json(review, status: .created)
    }
}
