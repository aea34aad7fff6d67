/// The parameters of one request of the query API, and which of them nobody has read yet.
///
/// Lists are `Name.1`, `Name.2`, …; structures in them `Name.1.Member`.
struct EC2Parameters {
    /// What was sent, by names.
    let all: [String: String]
    private var unread: Set<String>
    /// The indices of each list, by its name: 2 of `Filter.1.Value` for `Filter.1.Value.2`.
    private let indices: [String: Set<Int>]

    /// - Throws: ``EC2Error`` for a body that is no form.
    init(_ request: CloudRequest) throws(EC2Error) {
        guard let items = PercentEncoding.items(String(decoding: request.body, as: UTF8.self)) else {
            throw EC2Error("MalformedQueryString", "The query string contains a syntax error.")
        }
        var values: [String: String] = [:]
        for item in request.query + items { values[item.name] = item.value }
        all = values
        unread = Set(values.keys).subtracting(["Action", "Version"])
        indices = Self.indices(in: values.keys)
    }

    private static func indices(in names: some Sequence<String>) -> [String: Set<Int>] {
        var indices: [String: Set<Int>] = [:]
        for name in names {
            // No operation has lists deeper than `TagSpecification.1.Tag.1.Key`.
            let parts = name.split(separator: ".", maxSplits: 6, omittingEmptySubsequences: false)
            for (position, part) in parts.enumerated().dropFirst() {
                guard let number = Int(part), number > 0 else { continue }
                indices[parts[..<position].joined(separator: "."), default: []].insert(number)
            }
        }
        return indices
    }

    /// Without counting as read.
    func peek(_ name: String) -> String? { all[name] }

    mutating func string(_ name: String) -> String? {
        unread.remove(name)
        return all[name]
    }

    mutating func required(_ name: String) throws(EC2Error) -> String {
        guard let value = string(name), !value.isEmpty else { throw .missing(name.lowercasedFirst) }
        return value
    }

    mutating func integer(_ name: String) throws(EC2Error) -> Int? {
        guard let text = string(name) else { return nil }
        guard let value = Int(text), value.magnitude <= Int32.max.magnitude else {
            throw .invalidValue(text, of: name.lowercasedFirst, expected: "Expected an integer.")
        }
        return value
    }

    mutating func boolean(_ name: String) throws(EC2Error) -> Bool? {
        guard let text = string(name) else { return nil }
        switch text.lowercased() {
        case "true", "1": return true
        case "false", "0": return false
        default: throw .invalidValue(text, of: name.lowercasedFirst, expected: "Expected 'true' or 'false'.")
        }
    }

    /// `Name.1`, `Name.2`, … in the order of their numbers.
    mutating func list(_ name: String) -> [String] {
        indices(name).compactMap { string("\(name).\($0)") }
    }

    /// `Filter.1.Name`, `Filter.1.Value.1`, …
    mutating func filters() throws(EC2Error) -> [EC2Filter] {
        var filters: [EC2Filter] = []
        for index in indices("Filter") {
            let name = try required("Filter.\(index).Name")
            let patterns = list("Filter.\(index).Value")
            guard !patterns.isEmpty else {
                throw EC2Error("MissingParameter", "The filter '\(name)' must have a value.")
            }
            filters.append(EC2Filter(name: name, patterns: patterns))
        }
        return filters
    }

    /// `Tag.1.Key`, `Tag.1.Value`, … below `prefix`, in their order. `value` is `nil` where it is not given.
    mutating func tags(_ prefix: String = "") -> [(key: String, value: String?)] {
        indices(prefix + "Tag").map { index in
            (string("\(prefix)Tag.\(index).Key") ?? "", string("\(prefix)Tag.\(index).Value"))
        }
    }

    /// `TagSpecification.1.ResourceType`, `TagSpecification.1.Tag.1.Key`, … of the one type that the request makes.
    mutating func tagSpecifications(for type: EC2Tags.ResourceType) throws(EC2Error) -> EC2Tags {
        var tags = EC2Tags()
        for index in indices("TagSpecification") {
            let given = string("TagSpecification.\(index).ResourceType")
            guard given == type.rawValue else {
                throw .invalidValue(
                    "'\(given ?? "")' is not a valid taggable resource type for this operation.")
            }
            try tags.add(self.tags("TagSpecification.\(index)."))
        }
        return tags
    }

    /// - Throws: ``EC2Error`` `UnknownParameter` for what this operation has no use for.
    func finish() throws(EC2Error) {
        guard let name = unread.sorted().first else { return }
        throw EC2Error("UnknownParameter", "The parameter \(name) is not recognized")
    }

    private func indices(_ name: String) -> [Int] { indices[name, default: []].sorted() }
}

extension String {
    /// EC2's messages name a parameter as its documentation does not: with a small first letter.
    fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
