import JSONTree
import KubernetesAPI

/// The rules for `metadata`, the same for every kind but for the form of the name.
enum MetadataRules {
    /// Annotations of one object, keys and values together: 256 KiB.
    static let annotationsLimit = 256 << 10

    private static let orphanDependents = "orphan"
    private static let deleteDependents = "foregroundDeletion"

    /// Expects that a name was made from `generateName` already.
    static func checkCreate(_ metadata: JSONValue, _ kind: ResourceKind, _ faults: inout FieldFaults) {
        let rule = nameRule(of: kind)
        let path = FieldPath.metadata
        let prefix = metadata.text("generateName")
        if !prefix.isEmpty {
            faults.invalid(path.child("generateName"), prefix, each: rule(maskingTrailingDash(prefix)))
        }
        let name = metadata.text("name")
        if name.isEmpty {
            faults.required(path.child("name"), "name or generateName is required")
        } else {
            faults.invalid(path.child("name"), name, each: rule(name))
        }
        let namespace = metadata.text("namespace")
        if !kind.isNamespaced {
            if !namespace.isEmpty { faults.forbidden(path.child("namespace"), "not allowed on this type") }
        } else if namespace.isEmpty {
            faults.required(path.child("namespace"))
        } else {
            faults.checkLabel(path.child("namespace"), namespace)
        }
        checkCommon(metadata, &faults)
    }

    static func checkUpdate(old: JSONValue, new: JSONValue, _ faults: inout FieldFaults) {
        let path = FieldPath.metadata
        if old.present("deletionTimestamp") != nil {
            let known = Set(old.elements("finalizers"))
            let added = new.elements("finalizers").filter { !known.contains($0) }.compactMap(\.stringValue).sorted()
            if !added.isEmpty {
                let list = added.map { "\"\($0)\"" }.joined(separator: ", ")
                faults.forbidden(
                    path.child("finalizers"),
                    "no new finalizers can be added if the object is being deleted, found new finalizers "
                        + "[]string{\(list)}")
            }
        }
        // What the system gives an object, a client may leave out, but not change.
        for field in [
            "name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds",
        ] {
            guard let value = new.present(field), value != .string("") else { continue }
            faults.checkImmutable(path.child(field), old: old[field], new: value)
        }
        checkCommon(new, &faults)
    }

    private static func checkCommon(_ metadata: JSONValue, _ faults: inout FieldFaults) {
        let path = FieldPath.metadata
        faults.checkNotNegative(path.child("generation"), metadata["generation"])
        if let labels = metadata["labels"] { checkLabels(labels, path.child("labels"), &faults) }
        if let annotations = metadata["annotations"] {
            checkAnnotations(annotations, path.child("annotations"), &faults)
        }
        if let owners = metadata.present("ownerReferences") {
            checkOwners(owners, path.child("ownerReferences"), &faults)
        }
        if let finalizers = metadata.present("finalizers") {
            checkFinalizers(finalizers, path.child("finalizers"), &faults)
        }
    }

    static func checkLabels(_ labels: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults) {
        for (key, value) in labels.objectValue ?? [:] {
            faults.checkQualifiedName(path, key)
            let value = value.stringValue ?? ""
            faults.invalid(path, value, each: NameRules.labelValue(value))
        }
    }

    static func checkAnnotations(_ annotations: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults) {
        var size = 0
        for (key, value) in annotations.objectValue ?? [:] {
            // Like a label's key, but in any case.
            faults.invalid(path, key, each: NameRules.qualifiedName(key.lowercased()))
            size += key.utf8.count + (value.stringValue?.utf8.count ?? 0)
        }
        if size > annotationsLimit { faults.tooLong(path, limit: annotationsLimit) }
    }

    private static func checkOwners(_ owners: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults) {
        var controller: String?
        for owner in owners.arrayValue ?? [] {
            let apiVersion = owner.text("apiVersion")
            if apiVersion.isEmpty || apiVersion.hasSuffix("/") {
                faults.invalid(path.child("apiVersion"), .string(apiVersion), "version must not be empty")
            }
            for field in ["kind", "name", "uid"] where owner.text(field).isEmpty {
                faults.invalid(path.child(field), "", "must not be empty")
            }
            if apiVersion == "v1", owner.text("kind") == "Event" {
                faults.invalid(path, owner, "/v1, Kind=Event is disallowed from being an owner")
            }
            guard owner.flag("controller") else { continue }
            let name = "\(owner.text("kind"))/\(owner.text("name"))"
            if let controller {
                faults.invalid(
                    path, owners,
                    "Only one reference can have Controller set to true. Found \"true\" in references for "
                        + "\(controller) and \(name)")
            }
            controller = controller ?? name
        }
    }

    private static func checkFinalizers(_ finalizers: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults) {
        let names = finalizers.stringArray ?? []
        for name in names { faults.checkQualifiedName(path, name) }
        if names.contains(orphanDependents), names.contains(deleteDependents) {
            faults.invalid(
                path, finalizers, "finalizer \(orphanDependents) and \(deleteDependents) cannot be both set")
        }
        for (position, name) in names.enumerated() {
            faults.checkQualifiedName(path[position], name)
            if !name.contains("/"), ![orphanDependents, deleteDependents, "kubernetes"].contains(name) {
                faults.invalid(
                    path[position], .string(name),
                    "name is neither a standard finalizer name nor is it fully qualified")
            }
        }
    }

    private static func nameRule(of kind: ResourceKind) -> (String) -> [String] {
        switch kind {
        case .namespace, .statefulSet: NameRules.dns1123Label
        default: NameRules.dns1123Subdomain
        }
    }

    /// A prefix may end with a dash: something comes behind it.
    private static func maskingTrailingDash(_ prefix: String) -> String {
        prefix.hasSuffix("-") && prefix.count > 1 ? prefix.dropLast() + "a" : prefix
    }
}
