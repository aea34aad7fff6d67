import Foundation
import JSONTree
import KubernetesAPI

/// What the API server does to an object between decoding and storing it: the fields of metadata that are its own, and
/// which part of an object a write may touch (apiserver's registry/rest: BeforeCreate, BeforeUpdate).
struct ObjectPreparation {
    let kind: ResourceKind
    let now: Timestamp

    /// The object as it will be created, but for its name when that is to be generated.
    ///
    /// - Throws: `BadRequest` or `Invalid`.
    func creation(of object: JSONValue) throws(StatusError) -> JSONValue {
        var object = try identified(object)
        var metadata = try metadata(of: object)
        let name = metadata["name"]?.stringValue ?? ""
        let prefix = metadata["generateName"]?.stringValue ?? ""
        guard !name.isEmpty || !prefix.isEmpty else {
            throw .invalid(
                kind, "", .required("name or generateName is required", field: "metadata.name"))
        }
        if let version = metadata["resourceVersion"]?.stringValue, !version.isEmpty, version != "0" {
            throw .badRequest("resourceVersion should not be set on objects to be created")
        }
        try checkNamespace(metadata, name)
        for key in ["resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
            metadata[key] = nil
        }
        metadata["uid"] = .string(UUID().uuidString.lowercased())
        metadata["creationTimestamp"] = now.json
        metadata["generation"] = kind.hasStatus ? 1 : nil
        dropEmptyMembers(of: &metadata)
        object["metadata"] = .object(metadata)
        // Nobody but its controller says in which state an object is.
        if kind.hasStatus { object["status"] = nil }
        return object
    }

    /// The object as it will be after a write of `object` over `current`.
    ///
    /// - Throws: `BadRequest`, `Invalid`, `Conflict` for another uid.
    func update(
        of current: JSONValue, by object: JSONValue, subresource: String?
    ) throws(StatusError) -> JSONValue {
        let written = try identified(object)
        let old = current["metadata"]?.objectValue ?? [:]
        let metadata = try updatedMetadata(try metadata(of: written), old)
        var result: JSONValue
        switch subresource {
        case nil:
            result = written
            if kind.hasStatus { result["status"] = current["status"] }
            // Only the end of a namespace takes its finalizer away, through the subresource of that name.
            if kind == .namespace { result["spec"] = current["spec"] }
        case "status" where kind.hasStatus:
            result = current
            result["status"] = written["status"]
        case "finalize" where kind == .namespace:
            result = current
            result["spec"] = written["spec"]
        case let other?:
            throw StatusError(
                code: 404, reason: .notFound,
                message: "\(kind.groupResource) have no subresource \"\(other)\"")
        }
        result["metadata"] = .object(metadata)
        if let generation = old["generation"]?.integerValue {
            let isSpecChanged = result["spec"] != current["spec"] && generation < .max
            result.set(.integer(generation + (isSpecChanged ? 1 : 0)), at: "metadata", "generation")
        }
        return result
    }

    private func updatedMetadata(_ new: JSONObject, _ old: JSONObject) throws(StatusError) -> JSONObject {
        var metadata = new
        let name = old["name"]?.stringValue ?? ""
        if let uid = new["uid"]?.stringValue, !uid.isEmpty, uid != old["uid"]?.stringValue {
            throw .conflict(
                kind, name,
                "Precondition failed: UID in precondition: \(uid), UID in object meta: \(old["uid"]?.stringValue ?? "")"
            )
        }
        if let given = new["name"]?.stringValue, given != name {
            throw .invalid(kind, name, .invalidValue(given, "field is immutable", field: "metadata.name"))
        }
        if old["deletionTimestamp"] == nil, let claimed = new["deletionTimestamp"]?.stringValue {
            throw .invalid(
                kind, name, .invalidValue(claimed, "field is immutable", field: "metadata.deletionTimestamp"))
        }
        // What a client cannot change is what it was, whatever the client sends: most send back what they read.
        for key in [
            "name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds",
            "generation", "resourceVersion",
        ] where metadata[key] != old[key] {
            metadata[key] = old[key]
        }
        metadata["selfLink"] = nil
        dropEmptyMembers(of: &metadata)
        try checkFinalizers(metadata, old, name)
        return metadata
    }

    /// Empty and absent are the same in Kubernetes' types; stored is absent, so that a write of the other is none.
    private func dropEmptyMembers(of metadata: inout JSONObject) {
        for key in [
            "labels", "annotations", "finalizers", "ownerReferences", "managedFields", "generateName", "namespace",
        ] {
            switch metadata[key] {
            case .null?, .string("")?, .array([])?: metadata[key] = nil
            case .object(let members)? where members.isEmpty: metadata[key] = nil
            default: break
            }
        }
    }

    private func checkFinalizers(_ new: JSONObject, _ old: JSONObject, _ name: String) throws(StatusError) {
        guard old["deletionTimestamp"] != nil else { return }
        let before = Set(old["finalizers"]?.stringArray ?? [])
        let added = (new["finalizers"]?.stringArray ?? []).filter { !before.contains($0) }
        guard !added.isEmpty else { return }
        let list = added.map { "\"\($0)\"" }.joined(separator: ", ")
        throw .invalid(
            kind, name,
            .forbidden(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{\(list)}",
                field: "metadata.finalizers"))
    }

    /// With `apiVersion` and `kind` of the version that is stored.
    private func identified(_ object: JSONValue) throws(StatusError) -> JSONValue {
        guard case .object = object else { throw .badRequest("the object is a JSON \(object.typeName), not an object") }
        if let given = object["kind"]?.stringValue, given != kind.kind {
            throw .badRequest("the object provided is a \(given), not a \(kind.kind)")
        }
        var object = object
        if object["apiVersion"]?.stringValue != kind.apiVersion { object["apiVersion"] = .string(kind.apiVersion) }
        if object["kind"] == nil { object["kind"] = .string(kind.kind) }
        return object
    }

    private func metadata(of object: JSONValue) throws(StatusError) -> JSONObject {
        guard case .object(let metadata) = object["metadata"] ?? [:] else {
            throw .badRequest("metadata is no JSON object")
        }
        return metadata
    }

    private func checkNamespace(_ metadata: JSONObject, _ name: String) throws(StatusError) {
        let namespace = metadata["namespace"]?.stringValue ?? ""
        if kind.isNamespaced, namespace.isEmpty {
            throw .badRequest("an empty namespace may not be set during creation")
        }
        guard kind.isNamespaced || namespace.isEmpty else {
            throw .invalid(kind, name, .forbidden("not allowed on this type", field: "metadata.namespace"))
        }
    }
}
