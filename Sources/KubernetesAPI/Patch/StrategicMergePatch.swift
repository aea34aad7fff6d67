import JSONTree

/// Kubernetes' strategic merge patch: as a merge patch, but lists whose elements have a key are merged element by
/// element, and directives say what a plain value cannot.
///
/// Directives: `$patch: replace|delete|merge` in an object or an element, `$retainKeys`, and beside a list's field
/// `$setElementOrder/<field>` and `$deleteFromPrimitiveList/<field>`. Source: the Kubernetes community's
/// design for strategic merge patch (contributors/devel/sig-api-machinery/strategic-merge-patch.md).
struct StrategicMergePatch {
    private enum Directive {
        static let patch = "$patch"
        static let retainKeys = "$retainKeys"
        static let setElementOrder = "$setElementOrder/"
        static let deleteFromPrimitiveList = "$deleteFromPrimitiveList/"
    }

    private var path: [String] = []

    /// - Throws: `BadRequest` (400), with the path of what does not fit.
    static func apply(
        _ patch: JSONValue, to original: JSONValue, type: ObjectType
    ) throws(StatusError) -> JSONValue {
        guard case .object(let changes) = patch, case .object(let members) = original else {
            throw .badRequest("error decoding patch: a strategic merge patch is an object, not \(patch.typeName)")
        }
        var merge = StrategicMergePatch()
        return .object(try merge.merged(members, changes, .object(type, isAtomic: false)))
    }

    private mutating func merged(
        _ original: JSONObject, _ patch: JSONObject, _ type: FieldType?
    ) throws(StatusError) -> JSONObject {
        var result = original
        if let directive = patch[Directive.patch] {
            switch directive {
            case "replace":
                var replacement = patch
                replacement[Directive.patch] = nil
                return try merged([:], replacement, type)
            case "delete": return [:]
            case "merge": break
            default: throw fault("unknown \(Directive.patch) \(describe(directive)): use replace, delete or merge")
            }
        }
        if let retained = patch[Directive.retainKeys] {
            try retain(retained, patch, in: &result)
        }
        var removed: Set<String> = []
        for (key, change) in patch where !key.hasPrefix("$") {
            guard !change.isNull else {
                removed.insert(key)
                continue
            }
            path.append(key)
            result[key] = try merged(result[key], change, key, patch, type)
            path.removeLast()
        }
        // All at once: each removal alone takes as long as the object is large.
        if !removed.isEmpty { result.filterInPlace { !removed.contains($0.key) } }
        // Directives about lists whose own field is not in the patch.
        for (key, value) in patch where key.hasPrefix("$") {
            if let name = key.suffix(behind: Directive.setElementOrder) {
                guard patch[name] == nil, case .array(let elements) = result[name] else { continue }
                let strategy = child(name, of: type).strategy
                result[name] = .array(
                    ordered(elements, by: try keys(of: value, strategy), original: elements, strategy))
            } else if let name = key.suffix(behind: Directive.deleteFromPrimitiveList) {
                guard case .array(let doomed) = value else { throw fault("\(key) is no list") }
                guard case .array(let elements) = result[name] else { continue }
                // The same patch may add what it deletes from the stored list; what it adds stays.
                let removed = Set(doomed).subtracting(patch[name]?.arrayValue ?? [])
                result[name] = .array(elements.filter { !removed.contains($0) })
            } else if key != Directive.patch, key != Directive.retainKeys {
                throw fault("unknown directive \(key)")
            }
        }
        return result
    }

    private mutating func merged(
        _ original: JSONValue?, _ change: JSONValue, _ name: String, _ patch: JSONObject, _ type: FieldType?
    ) throws(StatusError) -> JSONValue {
        let (childType, strategy) = child(name, of: type)
        switch change {
        case .object(let changes):
            return .object(try merged(original?.objectValue ?? [:], changes, childType))
        case .array(let changes):
            guard let strategy else { return change }
            let order = try patch[Directive.setElementOrder + name].map { (value) throws(StatusError) in
                try keys(of: value, strategy)
            }
            return .array(
                try merged(original?.arrayValue ?? [], changes, strategy, childType?.elementType, order: order))
        default: return change
        }
    }

    private mutating func retain(
        _ retained: JSONValue, _ patch: JSONObject, in members: inout JSONObject
    ) throws(StatusError) {
        guard let listed = retained.stringArray, listed.count == retained.arrayValue?.count else {
            throw fault("\(Directive.retainKeys) is no list of names")
        }
        let names = Set(listed)
        for (key, value) in patch where !key.hasPrefix("$") && !value.isNull && !names.contains(key) {
            throw fault("the patch sets \(key), which \(Directive.retainKeys) does not list")
        }
        members.filterInPlace { names.contains($0.key) }
    }

    private mutating func merged(
        _ original: [JSONValue], _ changes: [JSONValue], _ strategy: PatchStrategy, _ elementType: FieldType?,
        order: [JSONValue]?
    ) throws(StatusError) -> [JSONValue] {
        guard let mergeKey = strategy.mergeKey else {
            var present = Set(original)
            let added = changes.filter { present.insert($0).inserted }
            return ordered(original + added, by: order ?? changes, original: original, strategy)
        }
        let replaces = changes.contains { $0[Directive.patch] == "replace" }
        // Elements are marked as gone and taken out at the end, so that positions stay valid.
        var elements: [JSONValue?] = replaces ? [] : original
        var positions: [JSONValue: Int] = [:]
        for (position, element) in elements.enumerated() {
            if let key = element?[mergeKey] { positions[key] = position }
        }
        var listed: [JSONValue] = []
        for change in changes {
            guard case .object(let members) = change else {
                throw fault("an element is \(change.typeName), not an object")
            }
            if replaces, members.count == 1 { continue }
            guard let key = members[mergeKey] else {
                throw fault("an element does not contain the declared merge key: \(mergeKey)")
            }
            switch members[Directive.patch] {
            case "delete":
                if let position = positions.removeValue(forKey: key) { elements[position] = nil }
            case nil, "merge", "replace":
                listed.append(key)
                if let position = positions[key], case .object(let existing) = elements[position] {
                    elements[position] = .object(try merged(existing, members, elementType))
                } else {
                    positions[key] = elements.count
                    elements.append(.object(try merged([:], members, elementType)))
                }
            case .some(let directive):
                throw fault("unknown \(Directive.patch) \(describe(directive)): use replace, delete or merge")
            }
        }
        return ordered(elements.compactMap { $0 }, by: order ?? listed, original: original, strategy)
    }

    /// The elements that `order` names come in that order, the others between them as they stood in the stored list.
    private func ordered(
        _ elements: [JSONValue], by order: [JSONValue], original: [JSONValue], _ strategy: PatchStrategy?
    ) -> [JSONValue] {
        func key(_ element: JSONValue) -> JSONValue {
            strategy?.mergeKey.flatMap { element[$0] } ?? element
        }
        func positions(_ keys: [JSONValue]) -> [JSONValue: Int] {
            Dictionary(keys.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        }
        let wanted = positions(order)
        let stored = positions(original.map(key))
        let listed = elements.filter { wanted[key($0)] != nil }
            .sorted { (wanted[key($0)] ?? 0) < (wanted[key($1)] ?? 0) }
        let kept = elements.filter { wanted[key($0)] == nil }
        return ListOrder.interleaving(kept: kept, into: listed, .beforeSuccessors) { stored[key($0)] }
    }

    /// The merge keys that a `$setElementOrder` list names.
    private func keys(of order: JSONValue, _ strategy: PatchStrategy?) throws(StatusError) -> [JSONValue] {
        guard case .array(let elements) = order else { throw fault("\(Directive.setElementOrder) is no list") }
        guard let mergeKey = strategy?.mergeKey else { return elements }
        return try elements.map { (element) throws(StatusError) in
            guard let key = element[mergeKey] else {
                throw fault("an element of \(Directive.setElementOrder) has no \(mergeKey)")
            }
            return key
        }
    }

    private func child(_ name: String, of type: FieldType?) -> (type: FieldType?, strategy: PatchStrategy?) {
        switch type {
        case .object(let type, _):
            let field = type.field(name)
            return (field?.type, field?.patchStrategy)
        case .map(let element, _): return (element, nil)
        default: return (nil, nil)
        }
    }

    private func describe(_ value: JSONValue) -> String { value.stringValue ?? value.typeName }

    private func fault(_ message: String) -> StatusError {
        .badRequest("the strategic merge patch does not fit at .\(path.joined(separator: ".")): \(message)")
    }
}

extension String {
    /// What stands behind `prefix`; `nil` when the text does not begin with it.
    fileprivate func suffix(behind prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
