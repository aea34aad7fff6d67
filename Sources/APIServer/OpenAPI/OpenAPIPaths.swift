import JSONTree
import KubernetesAPI

/// The operations of a group version: clients look here for the kind behind a resource, and for the query parameters
/// that the server knows (`dryRun`, `fieldValidation`).
struct OpenAPIPaths {
    private enum Action: String {
        case get, list, post, put, patch, delete, deletecollection

        /// Takes an object that the server checks before it stores it.
        var writes: Bool { self == .post || self == .put || self == .patch }

        /// The operation's name in the document.
        var method: String {
            switch self {
            case .list: "get"
            case .deletecollection: "delete"
            default: rawValue
            }
        }
    }

    private struct Target {
        var group: String
        var version: String
        var kind: String
        var schema: String?
    }

    private let version: OpenAPIVersion

    init(_ version: OpenAPIVersion) {
        self.version = version
    }

    func paths(_ group: APIGroup, _ version: String) -> JSONObject {
        let root = "/" + OpenAPIDocuments.path(group, version)
        var paths: JSONObject = [:]
        for resource in group.resources(version) {
            let served = Schema.kubernetes.served.first {
                $0.kind.group == group.name && $0.kind.plural == resource.plural && $0.version == version
            }
            let target = Target(
                group: group.name, version: version, kind: resource.kind, schema: served?.type.qualifiedName)
            let plural = root + (resource.isNamespaced ? "/namespaces/{namespace}/" : "/") + resource.plural
            let verbs = Set(resource.verbs)
            func actions(_ pairs: [(String, Action)]) -> [Action] {
                pairs.filter { verbs.contains($0.0) }.map(\.1)
            }
            var placeholders = resource.isNamespaced ? ["namespace"] : []
            paths[plural] = item(
                actions([("list", .list), ("create", .post), ("deletecollection", .deletecollection)]), target,
                placeholders)
            placeholders.append("name")
            let ofOne = actions([("get", .get), ("update", .put), ("patch", .patch), ("delete", .delete)])
            if !ofOne.isEmpty { paths["\(plural)/{name}"] = item(ofOne, target, placeholders) }
            for subresource in resource.subresources {
                let isOwnKind = subresource.kind == resource.kind
                paths["\(plural)/{name}/\(subresource.name)"] = item(
                    [.get, .put, .patch],
                    Target(
                        group: isOwnKind ? group.name : subresource.group,
                        version: isOwnKind ? version : subresource.version, kind: subresource.kind,
                        schema: isOwnKind ? target.schema : nil), placeholders)
            }
            if resource.isNamespaced, verbs.contains("list") {
                paths["\(root)/\(resource.plural)"] = item([.list], target, [])
            }
        }
        return paths
    }

    private func item(_ actions: [Action], _ target: Target, _ placeholders: [String]) -> JSONValue {
        var item: JSONObject = [:]
        for action in actions { item[action.method] = operation(action, target) }
        if !placeholders.isEmpty {
            item["parameters"] = .array(
                placeholders.map { parameter($0, in: "path", "The \($0 == "name" ? "object's name" : $0).") })
        }
        return .object(item)
    }

    private func operation(_ action: Action, _ target: Target) -> JSONValue {
        let parameters = queryParameters(action).map { parameter($0, in: "query", $1) }
        var operation: JSONObject = [:]
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        operation["responses"] = ["200": response(action == .list ? target.schema.map { $0 + "List" } : target.schema)]
        operation["x-kubernetes-action"] = .string(action.rawValue)
        operation["x-kubernetes-group-version-kind"] = [
            "group": .string(target.group), "version": .string(target.version), "kind": .string(target.kind),
        ]
        return .object(operation)
    }

    private func queryParameters(_ action: Action) -> [(String, String)] {
        var parameters: [(String, String)] = []
        if action.writes || action == .delete || action == .deletecollection {
            parameters.append(("dryRun", "All: check everything, store nothing."))
        }
        if action.writes {
            parameters += [
                ("fieldManager", "Who writes, for metadata.managedFields."),
                ("fieldValidation", "What happens to unknown fields: Ignore, Warn or Strict."),
            ]
        }
        if action == .patch { parameters.append(("force", "A server-side apply takes fields from other managers.")) }
        if action == .list || action == .deletecollection {
            parameters += [
                ("labelSelector", "Only objects with these labels."),
                ("fieldSelector", "Only objects with these fields."),
            ]
        }
        if action == .list {
            parameters += [
                ("limit", "At most so many objects; a token says where to go on."),
                ("continue", "The token of the list that was cut."),
                ("watch", "Send changes as they happen."),
                ("resourceVersion", "The version to start from."),
            ]
        }
        return parameters
    }

    private func parameter(_ name: String, in place: String, _ description: String) -> JSONValue {
        let type =
            switch name {
            case "force", "watch": "boolean"
            case "limit": "integer"
            default: "string"
            }
        var parameter: JSONObject = [
            "name": .string(name), "in": .string(place), "description": .string(description),
        ]
        if place == "path" { parameter["required"] = true }
        switch version {
        case .version2: parameter["type"] = .string(type)
        case .version3: parameter["schema"] = ["type": .string(type)]
        }
        return .object(parameter)
    }

    private func response(_ schema: String?) -> JSONValue {
        guard let schema else { return ["description": "OK"] }
        let reference: JSONValue = ["$ref": version.reference(schema)]
        switch version {
        case .version2: return ["description": "OK", "schema": reference]
        case .version3: return ["description": "OK", "content": ["application/json": ["schema": reference]]]
        }
    }
}
