/// Which resources carry a tag: drivers find theirs by it, with every call, among however many there are.
struct EC2TagIndex: Sendable {
    private struct Tag: Hashable, Sendable {
        var key: String
        var value: String
    }

    private var ids: [Tag: Set<String>] = [:]

    mutating func add(_ id: String, _ tags: EC2Tags) {
        for (key, value) in tags.values { ids[Tag(key: key, value: value), default: []].insert(id) }
    }

    mutating func remove(_ id: String, _ tags: EC2Tags) {
        for (key, value) in tags.values {
            let tag = Tag(key: key, value: value)
            ids[tag]?.remove(id)
            if ids[tag]?.isEmpty == true { ids[tag] = nil }
        }
    }

    /// The resources that may pass, and no others do.
    ///
    /// - Returns: `nil` where no filter asks for a tag of a certain value.
    func candidates(_ filters: [EC2Filter]) -> Set<String>? {
        var fewest: Set<String>?
        for filter in filters {
            guard let key = filter.tagKey, let values = filter.literals else { continue }
            var carrying: Set<String> = []
            for value in values { carrying.formUnion(ids[Tag(key: key, value: value)] ?? []) }
            if carrying.count < fewest?.count ?? .max { fewest = carrying }
        }
        return fewest
    }
}
