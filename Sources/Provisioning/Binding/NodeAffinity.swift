import JSONTree

/// From which nodes a volume can be reached (`v1.VolumeNodeAffinity`): any one of its terms, all requirements of it.
struct NodeAffinity: Sendable {
    private let terms: [JSONValue]?

    /// - Parameter affinity: `spec.nodeAffinity` of a PersistentVolume; `nil`: every node reaches it.
    init(_ affinity: JSONValue?) {
        terms = affinity?.at("required", "nodeSelectorTerms")?.arrayValue
    }

    /// Made from a driver's `topology`: each entry is a set of topology keys and values that hold together.
    static func json(topology: [[String: String]]) -> JSONValue? {
        let terms = topology.filter { !$0.isEmpty }.map { segments -> JSONValue in
            let expressions = segments.sorted { $0.key < $1.key }.map { key, value -> JSONValue in
                ["key": .string(key), "operator": "In", "values": [.string(value)]]
            }
            return ["matchExpressions": .array(expressions)]
        }
        return terms.isEmpty ? nil : ["required": ["nodeSelectorTerms": .array(terms)]]
    }

    func matches(nodeName: String, labels: [String: String]) -> Bool {
        guard let terms else { return true }
        return terms.contains { term in
            let expressions = term["matchExpressions"]?.arrayValue ?? []
            let fields = term["matchFields"]?.arrayValue ?? []
            // A term without requirements matches nothing (v1.NodeSelectorTerm).
            guard !expressions.isEmpty || !fields.isEmpty else { return false }
            return expressions.allSatisfy { Self.holds($0, for: labels[$0["key"]?.stringValue ?? ""]) }
                && fields.allSatisfy {
                    $0["key"]?.stringValue == "metadata.name" && Self.holds($0, for: nodeName)
                }
        }
    }

    private static func holds(_ requirement: JSONValue, for value: String?) -> Bool {
        let values = requirement["values"]?.stringArray ?? []
        switch requirement["operator"]?.stringValue {
        case "In": return value.map(values.contains) ?? false
        case "NotIn": return !(value.map(values.contains) ?? false)
        case "Exists": return value != nil
        case "DoesNotExist": return value == nil
        case "Gt": return compare(value, values, >)
        case "Lt": return compare(value, values, <)
        default: return false
        }
    }

    private static func compare(_ value: String?, _ values: [String], _ holds: (Int64, Int64) -> Bool) -> Bool {
        guard let number = value.flatMap({ Int64($0) }), let bound = values.first.flatMap({ Int64($0) }) else {
            return false
        }
        return holds(number, bound)
    }
}
