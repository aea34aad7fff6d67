public import JSONTree

extension LabelSelector {
    /// Reads a `metav1.LabelSelector` object: `matchLabels` and `matchExpressions`, all of which must hold. An empty
    /// object selects everything.
    public init(_ json: JSONValue) throws(SelectorError) {
        var requirements: [Requirement] = []
        for (key, value) in json["matchLabels"]?.objectValue ?? [:] {
            let value = value.stringValue ?? ""
            try Self.check(key: key, path: "key")
            try Self.check(values: [value], of: key)
            requirements.append(.isIn(key: key, values: [value]))
        }
        for expression in json["matchExpressions"]?.arrayValue ?? [] {
            requirements.append(try Self.requirement(expression))
        }
        self.init(requirements: requirements)
    }

    private static func requirement(_ expression: JSONValue) throws(SelectorError) -> Requirement {
        let key = expression["key"]?.stringValue ?? ""
        let values = expression["values"]?.stringArray ?? []
        let operation = expression["operator"]?.stringValue ?? ""
        try check(key: key, path: "key")
        try check(values: values, of: key)
        switch operation {
        case "In", "NotIn":
            guard !values.isEmpty else {
                throw SelectorError(
                    "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty")
            }
            return operation == "In"
                ? .isIn(key: key, values: Set(values)) : .isNotIn(key: key, values: Set(values))
        case "Exists", "DoesNotExist":
            guard values.isEmpty else {
                let list = values.map { "\"\($0)\"" }.joined(separator: ",")
                throw SelectorError(
                    "values: Invalid value: [\(list)]: values set must be empty for exists and does not exist")
            }
            return operation == "Exists" ? .exists(key: key) : .doesNotExist(key: key)
        default: throw SelectorError("\"\(operation)\" is not a valid label selector operator")
        }
    }

    static func check(key: String, path: String) throws(SelectorError) {
        let faults = NameRules.qualifiedName(key)
        guard faults.isEmpty else {
            throw SelectorError("\(path): Invalid value: \"\(key)\": \(faults.joined(separator: "; "))")
        }
    }

    static func check(values: [String], of key: String) throws(SelectorError) {
        for (position, value) in values.enumerated() {
            let faults = NameRules.labelValue(value)
            guard faults.isEmpty else {
                throw SelectorError(
                    "values[\(position)][\(key)]: Invalid value: \"\(value)\": \(faults.joined(separator: "; "))")
            }
        }
    }
}
