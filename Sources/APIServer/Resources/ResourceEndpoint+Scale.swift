import Hummingbird
import JSONTree
import KubernetesAPI

/// `…/scale`: the number of replicas, apart from the rest of a StatefulSet (`autoscaling/v1` Scale). A change to it is a
/// change to `spec.replicas`, and takes the way of any other.
extension ResourceEndpoint {
    func scale(_ request: Request, _ path: ResourcePath, _ query: Query) async throws -> Response {
        switch request.method {
        case .get:
            return .json(Self.scale(of: try await client.get(path.kind, try path.key).decoded()))
        case .put:
            let parameters = try WriteParameters(query, headers: request.headers, kind: "UpdateOptions")
            let bytes = try await request.collectBody(limit: limits.bodyBytes)
            let scale = try RequestDocument.decode(bytes, contentType: request.headers[.contentType]).value
            guard scale["kind"]?.stringValue ?? "Scale" == "Scale" else {
                throw StatusError.badRequest("the body of the request is no Scale")
            }
            return try await patch(path, Self.mergePatch(scale, isWhole: true), parameters)
        case .patch:
            let parameters = try WriteParameters(query, headers: request.headers, kind: "PatchOptions")
            let patchType = try PatchType(contentType: request.headers[.contentType])
            try patchType.check(parameters, query)
            let document = try patchType.document(try await request.collectBody(limit: limits.bodyBytes)).value
            switch try patchType.patch(document, path, force: parameters.force ?? false) {
            case .json(let operations): return try await patch(path, .json(try Self.restricted(operations)), parameters)
            case .merge(let scale), .strategicMerge(let scale), .apply(let scale, _):
                return try await patch(path, Self.mergePatch(scale, isWhole: false), parameters)
            }
        default: throw StatusError.methodNotAllowed
        }
    }

    private func patch(
        _ path: ResourcePath, _ patch: Patch, _ parameters: WriteParameters
    ) async throws -> Response {
        let result = try await client.patch(path.kind, try path.key, patch, parameters.options(path))
        return .json(Self.scale(of: result.object.decoded()), warnings: result.warnings)
    }

    /// What of a Scale concerns the StatefulSet.
    private static func mergePatch(_ scale: JSONValue, isWhole: Bool) throws(StatusError) -> Patch {
        var patch: JSONValue = [:]
        if let replicas = scale.at("spec", "replicas") {
            patch.set(replicas, at: "spec", "replicas")
        } else if isWhole {
            // A Scale without a number has the number 0.
            patch.set(0, at: "spec", "replicas")
        }
        for field in ["resourceVersion", "uid"] {
            if let value = scale.at("metadata", field), !value.isNull { patch.set(value, at: "metadata", field) }
        }
        return .merge(patch)
    }

    /// - Throws: `BadRequest` for an operation on what a Scale cannot change.
    private static func restricted(_ operations: JSONValue) throws(StatusError) -> JSONValue {
        for operation in operations.arrayValue ?? [] {
            let path = operation["path"]?.stringValue ?? ""
            guard path == "/spec/replicas" || path == "/metadata/resourceVersion" else {
                throw .badRequest("a patch of a Scale changes /spec/replicas, not \"\(path)\"")
            }
        }
        return operations
    }

    private static func scale(of set: JSONValue) -> JSONValue {
        var metadata: JSONObject = [:]
        for field in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
            metadata[field] = set.at("metadata", field)
        }
        var status: JSONObject = ["replicas": set.at("status", "replicas") ?? 0]
        if let selector = set.at("spec", "selector"), let parsed = try? LabelSelector(selector) {
            status["selector"] = .string(parsed.text)
        }
        return [
            "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": .object(metadata),
            "spec": ["replicas": set.at("spec", "replicas") ?? 1], "status": .object(status),
        ]
    }
}
