public import JSONTree

/// Keeps `metadata.managedFields`: which writer set which fields, so that a server-side apply can tell a conflict.
public enum FieldManagement {
    /// The writer's name when a request has no `fieldManager`: the program's name from the `User-Agent` header.
    public static func defaultManager(userAgent: String?) -> String {
        let name = (userAgent ?? "").prefix { $0 != "/" }
        return name.isEmpty ? "unknown" : String(name.prefix(128))
    }

    /// Records a create or an update.
    ///
    /// A writer owns the fields that it adds or changes, and takes them from others; fields that are gone belong to
    /// nobody. Entries in `after` are taken as they are when the client sent some; `[{}]` drops all.
    ///
    /// - Parameters:
    ///   - before: The stored object; `nil` for a create.
    ///   - after: The object that is about to be stored, defaults filled in.
    ///   - subresource: `status`, when the write is to that.
    ///   - now: The time of the entry, when its fields change.
    /// - Returns: `after` with its `metadata.managedFields`.
    public static func track(
        before: JSONValue?, after: JSONValue, kind: ResourceKind, manager: String, subresource: String? = nil,
        now: Timestamp
    ) -> JSONValue {
        var managed = startingPoint(before: before, after: after, subresource: subresource)
        let comparison = OwnedFields(kind: kind, subresource: subresource).compare(before, after)

        var entry = ManagedFieldsEntry(
            manager: manager, operation: .update, apiVersion: kind.apiVersion, subresource: subresource,
            time: now.description, fields: FieldSet())
        let previous = managed[sameWriterAs: entry]
        entry.fields = (previous?.fields ?? FieldSet()).subtracting(comparison.removed).union(comparison.changed)
        if let previous, previous.fields == entry.fields { entry.time = previous.time }
        managed.release(comparison.changed.union(comparison.removed), exceptFrom: entry)
        managed.set(entry)
        managed.joinOldestUpdaters()

        var result = after
        managed.write(to: &result)
        return result
    }

    private static func startingPoint(
        before: JSONValue?, after: JSONValue, subresource: String?
    ) -> ManagedFields {
        if subresource == nil, case .array(let elements) = after.at("metadata", "managedFields"), !elements.isEmpty {
            if elements == [[:]] { return ManagedFields() }
            // Entries that cannot be read are as if the client had sent none.
            if let managed = ManagedFields(of: after) { return managed }
        }
        return ManagedFields(of: before) ?? ManagedFields()
    }
}
