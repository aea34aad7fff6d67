import JSONTree

/// A set of paths into an object: what a writer owns, as `metadata.managedFields` has it (`FieldsV1`).
///
/// A tree whose edges are path elements in their serialized form: `f:spec` for a field, `k:{"name":"a"}` for an element
/// of a list by its key, `v:"x"` for an element by its value. Source: sigs.k8s.io/structured-merge-diff, `fieldpath`.
struct FieldSet: Sendable, Hashable {
    struct Entry: Sendable, Hashable {
        var element: String
        /// The path that ends here is in the set, not only paths that go on.
        var isMember: Bool
        var children: FieldSet
    }

    /// Sorted by element; none is empty.
    private(set) var entries: [Entry]

    init() {
        entries = []
    }

    /// Leaves out entries that hold nothing.
    init(_ entries: [Entry]) {
        self.entries = entries.filter { $0.isMember || !$0.children.isEmpty }
        let isSorted = zip(self.entries, self.entries.dropFirst()).allSatisfy { $0.element < $1.element }
        if !isSorted { self.entries.sort { $0.element < $1.element } }
    }

    var isEmpty: Bool { entries.isEmpty }

    subscript(element: String) -> Entry? {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].element < element { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && entries[low].element == element ? entries[low] : nil
    }

    func union(_ other: FieldSet) -> FieldSet {
        if other.isEmpty { return self }
        if isEmpty { return other }
        return combined(with: other) { left, right in
            guard let left else { return right }
            guard let right else { return left }
            return Entry(
                element: left.element, isMember: left.isMember || right.isMember,
                children: left.children.union(right.children))
        }
    }

    /// Of many sets, each merged as often as the logarithm of their number.
    static func union(of sets: [FieldSet]) -> FieldSet {
        var sets = sets
        while sets.count > 1 {
            sets = stride(from: 0, to: sets.count, by: 2).map { position in
                position + 1 < sets.count ? sets[position].union(sets[position + 1]) : sets[position]
            }
        }
        return sets.first ?? FieldSet()
    }

    func subtracting(_ other: FieldSet) -> FieldSet {
        if isEmpty || other.isEmpty { return self }
        // Thousands of writers may own a field each, and one write change thousands of fields.
        if entries.count < other.entries.count / 8 {
            return FieldSet(
                entries.map { entry in
                    guard let gone = other[entry.element] else { return entry }
                    return Entry(
                        element: entry.element, isMember: entry.isMember && !gone.isMember,
                        children: entry.children.subtracting(gone.children))
                })
        }
        return combined(with: other) { left, right in
            guard let left, let right else { return left }
            return Entry(
                element: left.element, isMember: left.isMember && !right.isMember,
                children: left.children.subtracting(right.children))
        }
    }

    func intersection(_ other: FieldSet) -> FieldSet {
        if isEmpty || other.isEmpty { return FieldSet() }
        if entries.count > other.entries.count { return other.intersection(self) }
        if entries.count < other.entries.count / 8 {
            return FieldSet(
                entries.compactMap { left in
                    guard let right = other[left.element] else { return nil }
                    return Entry(
                        element: left.element, isMember: left.isMember && right.isMember,
                        children: left.children.intersection(right.children))
                })
        }
        return combined(with: other) { left, right in
            guard let left, let right else { return nil }
            return Entry(
                element: left.element, isMember: left.isMember && right.isMember,
                children: left.children.intersection(right.children))
        }
    }

    private func combined(with other: FieldSet, _ combine: (Entry?, Entry?) -> Entry?) -> FieldSet {
        var result: [Entry] = []
        result.reserveCapacity(max(entries.count, other.entries.count))
        func add(_ left: Entry?, _ right: Entry?) {
            if let entry = combine(left, right), entry.isMember || !entry.children.isEmpty { result.append(entry) }
        }
        var left = 0
        var right = 0
        while left < entries.count || right < other.entries.count {
            if right == other.entries.count {
                add(entries[left], nil)
                left += 1
            } else if left == entries.count {
                add(nil, other.entries[right])
                right += 1
            } else if entries[left].element == other.entries[right].element {
                add(entries[left], other.entries[right])
                left += 1
                right += 1
            } else if entries[left].element < other.entries[right].element {
                add(entries[left], nil)
                left += 1
            } else {
                add(nil, other.entries[right])
                right += 1
            }
        }
        var set = FieldSet()
        set.entries = result
        return set
    }

    /// How many paths there are.
    var count: Int { entries.reduce(0) { $0 + ($1.isMember ? 1 : 0) + $1.children.count } }

    /// The first paths in the set as people read them: `.spec.containers[name="a"].image`.
    func paths(atMost limit: Int) -> [String] {
        var paths: [String] = []
        for entry in entries where paths.count < limit {
            let prefix = PathElement.description(of: entry.element)
            if entry.isMember { paths.append(prefix) }
            paths += entry.children.paths(atMost: limit - paths.count).map { prefix + $0 }
        }
        return paths
    }
}

extension FieldSet {
    /// As `fieldsV1` holds it.
    var json: JSONValue { .object(jsonObject) }

    private var jsonObject: JSONObject {
        var object = JSONObject()
        object.reserveCapacity(entries.count)
        for entry in entries {
            var children = entry.children.jsonObject
            if entry.isMember, !children.isEmpty {
                children = JSONObject([(".", [:])] + children.map { ($0.key, $0.value) })
            }
            object[entry.element] = .object(children)
        }
        return object
    }

    /// `nil` when `json` is no set of paths.
    init?(json: JSONValue) {
        guard case .object(let object) = json else { return nil }
        var entries: [Entry] = []
        entries.reserveCapacity(object.count)
        for (key, value) in object where key != "." {
            guard let element = PathElement.canonical(key), case .object(let members) = value,
                let children = FieldSet(json: value)
            else { return nil }
            entries.append(
                Entry(element: element, isMember: members.isEmpty || members["."] != nil, children: children))
        }
        self.init(entries)
    }
}
