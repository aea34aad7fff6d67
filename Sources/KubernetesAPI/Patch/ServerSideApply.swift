import JSONTree

/// Server-side apply: merges a configuration into an object, and removes what the same writer applied before and
/// nobody owns any more. Source: Kubernetes' documentation of server-side apply; structured-merge-diff, `merge`.
struct ServerSideApply {
    /// Owns all fields of an object that was written before anyone was recorded.
    /// More are counted, and not listed.
    private static let maximumConflicts = 100
    private static let firstManager = "before-first-apply"
    private static let lastAppliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration"

    let kind: ResourceKind
    let options: WriteOptions
    let now: Timestamp

    private var type: ObjectType { Schema.kubernetes.type(of: kind) }
    private var fields: OwnedFields { OwnedFields(kind: kind, subresource: options.subresource) }

    func apply(
        _ configuration: JSONValue, to current: JSONValue?, force: Bool
    ) throws(StatusError) -> PatchApplication.Patched {
        guard let manager = options.fieldManager, !manager.isEmpty else {
            throw StatusError(
                code: 422, reason: .invalid,
                message:
                    "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply "
                    + "patch", group: "meta.k8s.io", resource: "PatchOptions",
                causes: [
                    StatusError.Cause(
                        reason: "FieldValueRequired", message: "Required value: is required for apply patch",
                        field: "fieldManager")
                ])
        }
        let wanted = try decoded(configuration, isCreate: current == nil)
        let writer = ManagedFieldsEntry(
            manager: manager, operation: .apply, apiVersion: kind.apiVersion, subresource: options.subresource,
            time: now.description, fields: try paths(of: wanted))
        let live = current ?? JSONValue.object(["apiVersion": .string(kind.apiVersion), "kind": .string(kind.kind)])
        let result = try merged(
            wanted, into: live, writer: writer, managed: managedFields(of: current), force: force)
        return PatchApplication.Patched(object: result, warnings: [])
    }

    private func merged(
        _ wanted: JSONValue, into live: JSONValue, writer: ManagedFieldsEntry, managed: ManagedFields, force: Bool
    ) throws(StatusError) -> JSONValue {
        var writer = writer
        var managed = managed
        let previous = managed[sameWriterAs: writer]
        if let previous, previous.fields == writer.fields { writer.time = previous.time }
        managed.set(writer)

        let rootType = FieldType.object(type, isAtomic: false)
        var object = StructuredMerge.merge(wanted, into: live, rootType)
        if let previous {
            let kept = FieldSet.union(of: managed.entries.map(\.fields))
            object = StructuredMerge.prune(object, applied: previous.fields, kept: kept, type)
        }
        let comparison = fields.compare(live, object)
        if !force {
            try checkConflicts(comparison.changed, of: writer, managed, live: live)
        }
        managed.release(comparison.changed.union(comparison.removed), exceptFrom: writer)
        refreshLastApplied(in: &object, live: live, wanted: wanted, manager: writer.manager)
        managed.write(to: &object)
        return object
    }

    /// The configuration, decoded, without what the request cannot set.
    private func decoded(_ configuration: JSONValue, isCreate: Bool) throws(StatusError) -> JSONValue {
        guard case .object = configuration else {
            throw .badRequest("error decoding patch: a configuration is an object, not \(configuration.typeName)")
        }
        for member in ["apiVersion", "kind"] where configuration[member]?.stringValue == nil {
            throw .badRequest("error decoding patch: the configuration has no \(member)")
        }
        if let managed = configuration.at("metadata", "managedFields"), managed != [], !managed.isNull {
            throw .badRequest("metadata.managedFields must be nil")
        }
        if isCreate, let uid = configuration.at("metadata", "uid")?.stringValue {
            throw .conflict(
                kind, configuration.at("metadata", "name")?.stringValue ?? "",
                "uid mismatch: the provided object specified uid \(uid), and no existing object was found")
        }
        // Unknown fields are always refused here: nobody could own them.
        var wanted: JSONValue
        do throws(StatusError) {
            wanted = try PatchApplication.checked(
                configuration, kind: kind, name: configuration.at("metadata", "name")?.stringValue ?? "",
                validation: .strict
            ).object
        } catch  where error.code == 422 {
            throw .badRequest(
                "failed to create typed patch object (\(configuration.identity)): \(error.causes.first?.message ?? "")")
        }
        if options.subresource == "status" {
            guard case .object(var members) = wanted else { return wanted }
            members.filterInPlace { ["apiVersion", "kind", "metadata", "status"].contains($0.key) }
            wanted = .object(members)
            wanted.set([:], at: "metadata")
            if let resourceVersion = configuration.at("metadata", "resourceVersion") {
                wanted.set(resourceVersion, at: "metadata", "resourceVersion")
            }
        } else if kind.hasStatus {
            wanted["status"] = nil
        }
        wanted.set(nil, at: "metadata", "managedFields")
        return wanted
    }

    private func paths(of wanted: JSONValue) throws(StatusError) -> FieldSet {
        do throws(StatusError) {
            return try fields.paths(of: wanted)
        } catch {
            throw .badRequest("failed to create typed patch object (\(wanted.identity)): \(error.message)")
        }
    }

    private func managedFields(of current: JSONValue?) -> ManagedFields {
        guard let current else { return ManagedFields() }
        if let managed = ManagedFields(of: current), !managed.entries.isEmpty { return managed }
        return ManagedFields([
            ManagedFieldsEntry(
                manager: Self.firstManager, operation: .update, apiVersion: kind.apiVersion, subresource: nil,
                time: now.description, fields: OwnedFields(kind: kind, subresource: nil).compare(nil, current).changed)
        ])
    }

    // MARK: - Conflicts

    private func checkConflicts(
        _ changed: FieldSet, of writer: ManagedFieldsEntry, _ managed: ManagedFields, live: JSONValue
    ) throws(StatusError) {
        var allowed = FieldSet()
        // kubectl applied these fields itself before, on the client's side; moving on to the server's takes them along.
        if writer.manager == "kubectl" { allowed = lastApplied(of: live) }
        var conflicts: [(writer: ManagedFieldsEntry, paths: [String])] = []
        var count = 0
        for entry in managed.entries where !entry.isSameWriter(as: writer) {
            let contested = entry.fields.intersection(changed).subtracting(allowed)
            if !contested.isEmpty {
                count += contested.count
                let left = Self.maximumConflicts - conflicts.reduce(0) { $0 + $1.paths.count }
                if left > 0 { conflicts.append((entry, contested.paths(atMost: left))) }
            }
        }
        guard !conflicts.isEmpty else { return }
        conflicts.sort { $0.writer.writerDescription < $1.writer.writerDescription }
        var message = "Apply failed with \(count) conflict\(count == 1 ? "" : "s"): "
        if count == 1, let only = conflicts.first {
            message += "conflict with \(only.writer.writerDescription): \(only.paths[0])"
        } else {
            message += conflicts.map { conflict in
                "conflicts with \(conflict.writer.writerDescription):\n"
                    + conflict.paths.map { "- \($0)" }.joined(separator: "\n")
            }.joined(separator: "\n")
            let listed = conflicts.reduce(0) { $0 + $1.paths.count }
            if count > listed { message += "\nand \(count - listed) more" }
        }
        throw StatusError(
            code: 409, reason: .conflict, message: message,
            causes: conflicts.flatMap { conflict in
                conflict.paths.map {
                    StatusError.Cause(
                        reason: "FieldManagerConflict", message: "conflict with \(conflict.writer.writerDescription)",
                        field: $0)
                }
            })
    }

    private func lastApplied(of live: JSONValue) -> FieldSet {
        guard let text = live.at("metadata", "annotations", Self.lastAppliedAnnotation)?.stringValue else {
            return FieldSet()
        }
        do {
            return try fields.paths(of: try JSONParser.parse(text.utf8))
        } catch {
            // A person may have edited the annotation; then nothing is known, and every conflict is told.
            return FieldSet()
        }
    }

    /// A client-side apply after this one compares with the annotation, so it has to say what was applied.
    private func refreshLastApplied(
        in object: inout JSONValue, live: JSONValue, wanted: JSONValue, manager: String
    ) {
        guard manager == "kubectl", options.subresource == nil,
            live.at("metadata", "annotations", Self.lastAppliedAnnotation) != nil
        else { return }
        var configuration = wanted
        configuration.set(nil, at: "metadata", "annotations", Self.lastAppliedAnnotation)
        let text = String(decoding: configuration.sortingKeys.encoded, as: UTF8.self) + "\n"
        object.set(.string(text), at: "metadata", "annotations", Self.lastAppliedAnnotation)
    }
}

extension JSONValue {
    /// For messages: `default/data; v1, Kind=PersistentVolumeClaim`.
    fileprivate var identity: String {
        let namespace = at("metadata", "namespace")?.stringValue
        let name = at("metadata", "name")?.stringValue ?? ""
        let apiVersion = self["apiVersion"]?.stringValue ?? ""
        let groupVersion = apiVersion.contains("/") ? apiVersion : "/" + apiVersion
        return "\(namespace.map { $0 + "/" } ?? "")\(name); \(groupVersion), Kind=\(self["kind"]?.stringValue ?? "")"
    }
}
