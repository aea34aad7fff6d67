/// The tags of a resource.
struct EC2Tags: Codable, Hashable, Sendable {
    enum ResourceType: String, Sendable {
        case volume, snapshot, instance

        /// - Returns: `nil` for an id of another kind of resource.
        init?(id: String) {
            switch id.prefix(while: { $0 != "-" }) {
            case "vol": self = .volume
            case "snap": self = .snapshot
            case "i": self = .instance
            default: return nil
            }
        }
    }

    static let limit = 50

    private(set) var values: [String: String] = [:]

    /// By their keys.
    var sorted: [(key: String, value: String)] { values.sorted { $0.key < $1.key } }

    subscript(key: String) -> String? { values[key] }

    /// Sets tags; a tag of the same key is replaced.
    mutating func add(_ tags: [(key: String, value: String?)]) throws(EC2Error) {
        var seen: Set<String> = []
        var values = values
        for (key, value) in tags {
            guard !key.isEmpty else { throw .missing("key") }
            guard seen.insert(key).inserted else { throw .invalidValue("Duplicate tag key '\(key)' specified.") }
            guard !key.lowercased().hasPrefix("aws:") else {
                throw .invalidValue(
                    key, of: "tag key", expected: "Tag keys starting with 'aws:' are reserved for internal use")
            }
            guard key.unicodeScalars.count <= 128 else {
                throw .invalidValue("Tag key exceeds the maximum length of 128 characters")
            }
            guard (value ?? "").unicodeScalars.count <= 256 else {
                throw .invalidValue("Tag value exceeds the maximum length of 256 characters")
            }
            values[key] = value ?? ""
        }
        guard values.count <= Self.limit else {
            throw EC2Error("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
        }
        self.values = values
    }

    /// Without any check.
    mutating func replace(_ values: [String: String]) { self.values = values }

    /// Removes tags; one that comes with a value only where the value is the same; with none given, all of them.
    mutating func remove(_ tags: [(key: String, value: String?)]) {
        if tags.isEmpty { values = [:] }
        for (key, value) in tags where value == nil || values[key] == value { values[key] = nil }
    }
}
