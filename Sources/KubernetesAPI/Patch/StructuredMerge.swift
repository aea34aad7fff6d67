import JSONTree

/// Merges by the schema: objects and shared lists member by member, everything else as a whole.
enum StructuredMerge {
    /// `wanted` wins where both have a value.
    static func merge(_ wanted: JSONValue, into live: JSONValue?, _ type: FieldType) -> JSONValue {
        switch (type, wanted, live) {
        case (.object(let type, false), .object(let changes), .object(var members)):
            for (name, change) in changes {
                guard let field = type.field(name) else { continue }
                members[name] = merge(change, into: members[name], field.type)
            }
            return .object(members)
        case (.map(let element, false), .object(let changes), .object(var members)):
            for (key, change) in changes { members[key] = merge(change, into: members[key], element) }
            return .object(members)
        case (.list(let element, let listType), .array(let changes), .array(let members)) where listType != .atomic:
            let stored = SharedList(members, listType)
            let listed = SharedList(changes, listType)
            // A key that is stored twice stays so, unless the writer lists it: then one element is what it says.
            let kept = stored.unique.filter { listed[$0.key] == nil }
                .flatMap { member in stored.copies(of: member.key).map { (member.key, $0) } }
            let merged = listed.unique.map { member in
                let live = stored.isRepeated(member.key) ? nil : stored[member.key]
                return (member.key, merge(member.value, into: live, element))
            }
            return .array(
                ListOrder.interleaving(kept: kept, into: merged, .afterPredecessors) { stored.position(of: $0.0) }
                    .map(\.1))
        default: return wanted
        }
    }

    /// Removes what `applied` names and `kept` does not.
    ///
    /// - Parameter kept: What all writers own now.
    static func prune(
        _ object: JSONValue, applied: FieldSet, kept: FieldSet, _ type: ObjectType
    ) -> JSONValue {
        guard case .object(var members) = object else { return object }
        for entry in applied.entries {
            guard let name = PathElement.fieldName(entry.element), let field = type.field(name),
                let value = members[name]
            else { continue }
            if ["metadata", "spec", "status"].contains(name) {
                // These stay: others than the recorded writers set fields there.
                members[name] = pruneMembers(
                    value, entry.children, kept[entry.element]?.children ?? FieldSet(), field.type, keys: [])
            } else {
                members[name] = prune(value, entry, kept[entry.element], field.type)
            }
        }
        return .object(members)
    }

    /// `nil`: the value goes.
    private static func prune(
        _ value: JSONValue, _ applied: FieldSet.Entry, _ kept: FieldSet.Entry?, _ type: FieldType
    ) -> JSONValue? {
        guard let kept else {
            switch type {
            case .map(_, isAtomic: false), .list(_, .set), .list(_, .map):
                // Others than the recorded writers may have put members there, Berth's own controllers for example.
                let rest = pruneMembers(value, applied.children, FieldSet(), type, keys: [])
                return rest.isEmptyContainer ? nil : rest
            default: return nil
            }
        }
        let rest = pruneMembers(value, applied.children, kept.children, type, keys: [])
        return rest.isEmptyContainer && !value.isEmptyContainer && !kept.isMember ? nil : rest
    }

    /// - Parameter keys: The fields that tell an element from the others of its list; they stay.
    private static func pruneMembers(
        _ value: JSONValue, _ applied: FieldSet, _ kept: FieldSet, _ type: FieldType, keys: [String]
    ) -> JSONValue {
        guard !applied.isEmpty else { return value }
        switch (type, value) {
        case (.object(let type, false), .object(var members)):
            for entry in applied.entries {
                guard let name = PathElement.fieldName(entry.element), let field = type.field(name),
                    !keys.contains(name), let member = members[name]
                else { continue }
                members[name] = prune(member, entry, kept[entry.element], field.type)
            }
            return .object(members)
        case (.map(let element, false), .object(var members)):
            for entry in applied.entries {
                guard let name = PathElement.fieldName(entry.element), let member = members[name] else { continue }
                members[name] = prune(member, entry, kept[entry.element], element)
            }
            return .object(members)
        case (.list(let element, let listType), .array(let elements)) where listType != .atomic:
            let keyNames: [String] = if case .map(let keys) = listType { keys.map(\.name) } else { [] }
            return .array(
                elements.enumerated().compactMap { position, member in
                    let key = SharedList.key(of: member, at: position, listType)
                    guard let entry = applied[key] else { return member }
                    guard let keptEntry = kept[key] else { return nil }
                    return pruneMembers(member, entry.children, keptEntry.children, element, keys: keyNames)
                })
        default: return value
        }
    }
}

extension JSONValue {
    fileprivate var isEmptyContainer: Bool {
        switch self {
        case .object(let object): object.isEmpty
        case .array(let elements): elements.isEmpty
        default: false
        }
    }
}
