import JSONTree

/// Which paths of an object are owned, and which change from one version to the next.
///
/// Scalars and atomic values count as one; of other objects and lists each member counts. Source:
/// sigs.k8s.io/structured-merge-diff, `typed`.
struct OwnedFields {
    struct Comparison {
        /// Added, or with another value.
        var changed = FieldSet()
        var removed = FieldSet()
    }

    /// What the server sets by itself, and what names the object: nobody owns it.
    private static let unownedMetadata: Set<String> = [
        "creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields", "name",
        "namespace", "resourceVersion", "selfLink", "uid",
    ]

    /// Structs that exist in every object of Kubernetes, even when they are empty, so that nobody brings them about.
    private static let everPresent: Set<String> = [
        "daemonEndpoints", "involvedObject", "lastState", "metadata", "nodeInfo", "resources", "source", "spec",
        "state",
        "status", "template", "updateStrategy",
    ]

    /// Metadata without the host's own labels, annotations and finalizers (``ReservedNames``): nobody may change them, so
    /// that an apply which had them in it, and has them no more, does not try to remove them.
    fileprivate static func ownable(_ metadata: JSONValue?) -> JSONObject {
        guard case .object(var members) = metadata else { return [:] }
        for field in ["labels", "annotations"] {
            guard case .object(var names) = members[field], names.contains(where: { ReservedNames.contains($0.key) })
            else { continue }
            names.filterInPlace { !ReservedNames.contains($0.key) }
            members[field] = names.isEmpty ? nil : .object(names)
        }
        if let finalizers = members["finalizers"]?.arrayValue {
            let ownable = finalizers.filter { !ReservedNames.contains($0.stringValue ?? "") }
            if ownable.count != finalizers.count { members["finalizers"] = ownable.isEmpty ? nil : .array(ownable) }
        }
        return members
    }

    let type: ObjectType
    private let isOwned: (String) -> Bool

    /// - Parameter subresource: With `status` only `.status` is looked at, otherwise all but that, where the kind has
    ///   one.
    init(kind: ResourceKind, subresource: String?) {
        type = Schema.kubernetes.type(of: kind)
        isOwned = { name in
            guard name != "apiVersion", name != "kind" else { return false }
            if subresource == "status" { return name == "status" }
            return name != "status" || !kind.hasStatus
        }
    }

    /// - Throws: `BadRequest` (400), when two elements of a list have the same key or one has none.
    func paths(of object: JSONValue) throws(StatusError) -> FieldSet {
        var set = Collector()
        return try set.root(object, type, isOwned, Self.unownedMetadata)
    }

    func compare(_ old: JSONValue?, _ new: JSONValue) -> Comparison {
        let old = old?.objectValue ?? [:]
        let new = new.objectValue ?? [:]
        var changed: [FieldSet.Entry] = []
        var removed: [FieldSet.Entry] = []
        for field in type.fields where isOwned(field.name) {
            if field.name == "metadata", case .object(let metadata, _) = field.type {
                let difference = Self.members(
                    Self.ownable(old["metadata"]), Self.ownable(new["metadata"]), metadata,
                    except: Self.unownedMetadata)
                changed.append(.init(element: field.pathElement, isMember: false, children: difference.changed))
                removed.append(.init(element: field.pathElement, isMember: false, children: difference.removed))
            } else {
                Self.compare(
                    old[field.name], new[field.name], field.type, field.pathElement,
                    isEverPresent: Self.everPresent.contains(field.name), &changed, &removed)
            }
        }
        return Comparison(changed: FieldSet(changed), removed: FieldSet(removed))
    }

    private static func compare(
        _ old: JSONValue?, _ new: JSONValue?, _ type: FieldType, _ element: String, isEverPresent: Bool,
        _ changed: inout [FieldSet.Entry], _ removed: inout [FieldSet.Entry]
    ) {
        if old == nil, new == nil { return }
        guard let difference = members(old, new, type) else {
            if new == nil {
                removed.append(.init(element: element, isMember: true, children: FieldSet()))
            } else if old != new {
                changed.append(.init(element: element, isMember: true, children: FieldSet()))
            }
            return
        }
        changed.append(.init(element: element, isMember: old == nil && !isEverPresent, children: difference.changed))
        removed.append(.init(element: element, isMember: new == nil && !isEverPresent, children: difference.removed))
    }

    /// `nil` when the value counts as one.
    private static func members(_ old: JSONValue?, _ new: JSONValue?, _ type: FieldType) -> Comparison? {
        switch (type, new ?? old) {
        case (.object(let type, false), .object):
            return members(old?.objectValue ?? [:], new?.objectValue ?? [:], type, except: [])
        case (.map(let element, false), .object):
            let old = old?.objectValue ?? [:]
            let new = new?.objectValue ?? [:]
            var changed: [FieldSet.Entry] = []
            var removed: [FieldSet.Entry] = []
            for (key, value) in new {
                compare(
                    old[key], value, element, PathElement.field(key), isEverPresent: false, &changed, &removed)
            }
            for (key, value) in old where new[key] == nil {
                compare(value, nil, element, PathElement.field(key), isEverPresent: false, &changed, &removed)
            }
            return Comparison(changed: FieldSet(changed), removed: FieldSet(removed))
        case (.list(let element, .set), .array), (.list(let element, .map), .array):
            guard case .list(_, let listType) = type else { return nil }
            let old = SharedList(old?.arrayValue ?? [], listType)
            let new = SharedList(new?.arrayValue ?? [], listType)
            var changed: [FieldSet.Entry] = []
            var removed: [FieldSet.Entry] = []
            for (key, value) in new.unique {
                compare(
                    (old[key], old.isRepeated(key)), (value, new.isRepeated(key)), element, key,
                    sameCopies: { old.copies(of: key) == new.copies(of: key) }, &changed, &removed)
            }
            for (key, value) in old.unique where new[key] == nil {
                compare((value, old.isRepeated(key)), (nil, false), element, key, &changed, &removed)
            }
            return Comparison(changed: FieldSet(changed), removed: FieldSet(removed))
        default: return nil
        }
    }

    /// An element of a shared list. A key that is in a list twice has no element of its own: all elements of that key count
    /// as one value then, as in structured-merge-diff (`typed/compare.go`, `visitListItems`).
    private static func compare(
        _ old: (value: JSONValue?, isRepeated: Bool), _ new: (value: JSONValue?, isRepeated: Bool), _ type: FieldType,
        _ element: String, sameCopies: () -> Bool = { false }, _ changed: inout [FieldSet.Entry],
        _ removed: inout [FieldSet.Entry]
    ) {
        let whole = FieldSet.Entry(element: element, isMember: true, children: FieldSet())
        switch (old.isRepeated, new.isRepeated) {
        case (false, false):
            compare(old.value, new.value, type, element, isEverPresent: false, &changed, &removed)
        case (true, true):
            if !sameCopies() { changed.append(whole) }
        case (true, false):
            if let value = new.value { compare(nil, value, type, element, isEverPresent: false, &changed, &removed) }
            removed.append(whole)
        case (false, true):
            if let value = old.value { compare(value, nil, type, element, isEverPresent: false, &changed, &removed) }
            changed.append(whole)
        }
    }

    private static func members(
        _ old: JSONObject, _ new: JSONObject, _ type: ObjectType, except: Set<String>
    ) -> Comparison {
        var changed: [FieldSet.Entry] = []
        var removed: [FieldSet.Entry] = []
        for (name, value) in new where !except.contains(name) {
            guard let field = type.field(name) else { continue }
            compare(
                old[name], value, field.type, field.pathElement, isEverPresent: everPresent.contains(name), &changed,
                &removed)
        }
        for (name, value) in old where new[name] == nil && !except.contains(name) {
            guard let field = type.field(name) else { continue }
            compare(
                value, nil, field.type, field.pathElement, isEverPresent: everPresent.contains(name), &changed,
                &removed)
        }
        return Comparison(changed: FieldSet(changed), removed: FieldSet(removed))
    }
}

/// A list whose elements are found by their path elements.
///
/// A stored list may have a key twice: two equal finalizers, two environment variables of one name. Only a configuration
/// that is applied may not.
struct SharedList {
    /// In the list's order, each key once: of elements with the same key the first counts.
    private(set) var unique: [(key: String, value: JSONValue)] = []
    /// Every element of each key that is there more than once.
    private var repeated: [String: [JSONValue]] = [:]
    private var positions: [String: Int] = [:]

    init(_ elements: [JSONValue], _ type: ListType) {
        unique.reserveCapacity(elements.count)
        for (position, element) in elements.enumerated() {
            let key = Self.key(of: element, at: position, type)
            if let first = positions[key] {
                repeated[key, default: [unique[first].value]].append(element)
            } else {
                positions[key] = unique.count
                unique.append((key, element))
            }
        }
    }

    /// An element that lacks its key is told by its place.
    static func key(of element: JSONValue, at position: Int, _ type: ListType) -> String {
        switch type {
        case .map(let keys): PathElement.key(of: element, keys) ?? PathElement.index(position)
        case .set: PathElement.value(element)
        case .atomic: PathElement.index(position)
        }
    }

    subscript(key: String) -> JSONValue? { positions[key].map { unique[$0].value } }

    func isRepeated(_ key: String) -> Bool { repeated[key] != nil }

    /// All elements of a key, in the list's order.
    func copies(of key: String) -> [JSONValue] { repeated[key] ?? self[key].map { [$0] } ?? [] }

    func position(of key: String) -> Int? { positions[key] }
}

/// Gathers the paths that a configuration sets.
private struct Collector {
    private var path = ""

    mutating func root(
        _ object: JSONValue, _ type: ObjectType, _ isOwned: (String) -> Bool, _ unownedMetadata: Set<String>
    ) throws(StatusError) -> FieldSet {
        var entries: [FieldSet.Entry] = []
        for (name, value) in object.objectValue ?? [:] where isOwned(name) {
            guard let field = type.field(name) else { continue }
            var value = value
            if name == "metadata", case .object = value {
                var metadata = OwnedFields.ownable(value)
                metadata.filterInPlace { !unownedMetadata.contains($0.key) }
                if metadata.isEmpty { continue }
                value = .object(metadata)
            }
            entries.append(try entry(value, field.type, field.pathElement, isItem: false))
        }
        return FieldSet(entries)
    }

    /// - Parameter isItem: A member of a map or an element of a list is owned itself, beside what is in it.
    private mutating func entry(
        _ value: JSONValue, _ type: FieldType, _ element: String, isItem: Bool
    ) throws(StatusError) -> FieldSet.Entry {
        let outer = path
        path += PathElement.description(of: element)
        defer { path = outer }
        guard let children = try children(of: value, type) else {
            return .init(element: element, isMember: true, children: FieldSet())
        }
        return .init(element: element, isMember: isItem || children.isEmpty, children: children)
    }

    private mutating func children(of value: JSONValue, _ type: FieldType) throws(StatusError) -> FieldSet? {
        var entries: [FieldSet.Entry] = []
        switch (type, value) {
        case (.object(let type, false), .object(let members)):
            for (name, member) in members {
                guard let field = type.field(name) else { continue }
                entries.append(try entry(member, field.type, field.pathElement, isItem: false))
            }
        case (.map(let element, false), .object(let members)):
            for (key, member) in members {
                entries.append(try entry(member, element, PathElement.field(key), isItem: true))
            }
        case (.list(let element, .set), .array(let members)):
            var seen: Set<String> = []
            for member in members {
                let key = PathElement.value(member)
                guard seen.insert(key).inserted else {
                    throw .badRequest("\(path): duplicate entries for key \(PathElement.description(of: key))")
                }
                entries.append(try entry(member, element, key, isItem: true))
            }
        case (.list(let element, .map(let keys)), .array(let members)):
            var seen: Set<String> = []
            for (position, member) in members.enumerated() {
                guard let key = PathElement.key(of: member, keys) else {
                    let missing = keys.first { member[$0.name] == nil && $0.defaultValue == nil }?.name ?? ""
                    throw .badRequest(
                        "\(path): element \(position): associative list with keys has an element that omits key field "
                            + "\"\(missing)\" (and doesn't have default value)")
                }
                guard seen.insert(key).inserted else {
                    throw .badRequest("\(path): duplicate entries for key \(PathElement.description(of: key))")
                }
                entries.append(try entry(member, element, key, isItem: true))
            }
        default: return nil
        }
        return FieldSet(entries)
    }
}
