/// One filter of a Describe call: a resource passes when one of its values fits one of the patterns.
struct EC2Filter: Hashable, Sendable {
    let name: String
    /// `*` stands for any text, `?` for one character; a backslash before them for themselves.
    let patterns: [String]
    /// The tag that a filter `tag:Key` is about.
    let tagKey: String?
    /// The patterns where none of them stands for more than itself.
    let literals: Set<String>?

    init(name: String, patterns: [String]) {
        self.name = name
        self.patterns = patterns
        tagKey = name.hasPrefix("tag:") ? String(name.dropFirst(4)) : nil
        let isPattern = patterns.contains { $0.utf8.contains { "*?\\".utf8.contains($0) } }
        literals = isPattern ? nil : Set(patterns)
    }

    func matches(_ values: [String]) -> Bool {
        if let literals { return values.contains(where: literals.contains) }
        return values.contains { value in
            let value = Array(value.unicodeScalars)
            return patterns.contains { Self.fits(value[...], Array($0.unicodeScalars)[...]) }
        }
    }

    /// Goes back to the last star only, so that no pattern takes exponential time.
    private static func fits(_ value: ArraySlice<Unicode.Scalar>, _ pattern: ArraySlice<Unicode.Scalar>) -> Bool {
        var value = value
        var pattern = pattern
        var retry: (pattern: ArraySlice<Unicode.Scalar>, value: ArraySlice<Unicode.Scalar>)?
        while true {
            if pattern.first == "*" {
                pattern = pattern.dropFirst()
                retry = (pattern, value)
                continue
            }
            if value.isEmpty, pattern.isEmpty { return true }
            let isEscaped = pattern.first == "\\" && pattern.count > 1
            let wanted = isEscaped ? pattern.dropFirst().first : pattern.first
            if let wanted, let found = value.first, wanted == found || (wanted == "?" && !isEscaped) {
                pattern = pattern.dropFirst(isEscaped ? 2 : 1)
                value = value.dropFirst()
                continue
            }
            guard let last = retry, !last.value.isEmpty else { return false }
            retry = (last.pattern, last.value.dropFirst())
            pattern = last.pattern
            value = last.value.dropFirst()
        }
    }
}

/// What the filters of a Describe call see of a resource.
protocol EC2Filterable {
    /// Of resources of this kind, as `volume`.
    var tags: EC2Tags { get }
    /// The values by which the filter of a name goes, other than those of tags.
    ///
    /// - Returns: `nil` for a filter that this kind of resource does not have.
    func values(ofFilter name: String) -> [String]?
}

extension EC2Filterable {
    /// Those that pass, in their order. A filter that does not exist is an error also where there is nothing to filter:
    /// `example` says which ones there are.
    static func passing(_ items: [Self], _ filters: [EC2Filter], example: Self) throws(EC2Error) -> [Self] {
        _ = try example.passes(filters)
        var passing: [Self] = []
        for item in items where try item.passes(filters) { passing.append(item) }
        return passing
    }

    func passes(_ filters: [EC2Filter]) throws(EC2Error) -> Bool {
        var passes = true
        for filter in filters {
            guard let values = tagValues(of: filter) ?? values(ofFilter: filter.name) else {
                throw .invalidValue("The filter '\(filter.name)' is invalid")
            }
            passes = filter.matches(values) && passes
        }
        return passes
    }

    private func tagValues(of filter: EC2Filter) -> [String]? {
        if let key = filter.tagKey { return tags[key].map { [$0] } ?? [] }
        switch filter.name {
        case "tag-key": return tags.sorted.map(\.key)
        case "tag-value": return tags.sorted.map(\.value)
        default: return nil
        }
    }
}
