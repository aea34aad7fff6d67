import JSONTree

/// One parameter of a StorageClass, as a driver's schema describes it. Every value is a string in a class; the type
/// says what the string must read as.
public struct ParameterDefinition: Sendable, Hashable {
    public enum ValueType: String, Sendable, Hashable {
        case string, integer, number, boolean
    }

    public var name: String
    public var type: ValueType
    public var summary: String?
    public var defaultValue: String?
    /// The only values allowed, at most 4096 of 1024 bytes each; empty: any of the type.
    public var allowedValues: [String]
    public var pattern: ParameterPattern?
    public var minimum: Double?
    public var maximum: Double?
    /// In Unicode scalars, as JSON Schema counts.
    public var minimumLength: Int?
    public var maximumLength: Int?
    public var isRequired: Bool

    init(name: String, schema: JSONValue, isRequired: Bool) throws(ProtocolError) {
        let members = try MessageReader(schema)
        self.name = name
        self.isRequired = isRequired
        let word = try members.string("type") ?? ValueType.string.rawValue
        guard let type = ValueType(rawValue: word) else {
            throw ProtocolError(path: "type", expected: "string, integer, number or boolean", found: "\"\(word)\"")
        }
        self.type = type
        summary = try members.string("description")
        defaultValue = try members.value("default").map { value throws(ProtocolError) in
            try Self.text(value, at: "default")
        }
        allowedValues = []
        if let values = members.value("enum") {
            guard let values = values.arrayValue else {
                throw ProtocolError(path: "enum", expected: "an array", found: values.typeName)
            }
            guard values.count <= 4096 else {
                throw ProtocolError(path: "enum", expected: "at most 4096 values", found: "\(values.count)")
            }
            for (position, value) in values.enumerated() {
                let text = try Self.text(value, at: "enum[\(position)]")
                guard text.utf8.count <= 1024 else {
                    throw ProtocolError(
                        path: "enum[\(position)]", expected: "at most 1024 bytes", found: "\(text.utf8.count)")
                }
                allowedValues.append(text)
            }
        }
        if let expression = try members.string("pattern") {
            do {
                pattern = try ParameterPattern(expression)
            } catch {
                throw error.under("pattern")
            }
        }
        minimum = members.value("minimum")?.doubleValue
        maximum = members.value("maximum")?.doubleValue
        minimumLength = try members.integer("minLength").map(Int.init(clamping:))
        maximumLength = try members.integer("maxLength").map(Int.init(clamping:))
        if let defaultValue, let fault = fault(of: defaultValue) {
            throw ProtocolError(
                path: "default", expected: "a value that the schema allows: it \(fault)", found: "another")
        }
    }

    /// What is wrong with a value, as the end of a sentence that begins with the parameter's name: what is allowed.
    /// Does not quote the value: a class may hold what should have been a secret.
    func fault(of value: String) -> String? {
        if !allowedValues.isEmpty, !allowedValues.contains(value) {
            let nearest = EditDistance.nearest(to: value, among: allowedValues)
            return "must be \(Self.alternatives(allowedValues))\(nearest.map { "; did you mean \"\($0)\"?" } ?? "")"
        }
        switch type {
        case .string:
            break
        case .boolean:
            if value != "true", value != "false" { return "must be \"true\" or \"false\"" }
        case .integer:
            guard let integer = Int64(value) else { return "must be an integer\(rangeText)" }
            if !isInRange(Double(integer)) { return "must be an integer\(rangeText)" }
        case .number:
            guard let number = Double(value), number.isFinite else { return "must be a number\(rangeText)" }
            if !isInRange(number) { return "must be a number\(rangeText)" }
        }
        let length = value.unicodeScalars.count
        if let minimumLength, length < minimumLength { return "must have at least \(minimumLength) characters" }
        if let maximumLength, length > maximumLength { return "must have at most \(maximumLength) characters" }
        if pattern != nil, length > ParameterPattern.longestText {
            return "must have at most \(ParameterPattern.longestText) characters"
        }
        if let pattern, !pattern.matches(value) {
            return "must match the pattern \(pattern.expression)\(summary.map { " (\($0))" } ?? "")"
        }
        return nil
    }

    private func isInRange(_ value: Double) -> Bool {
        value >= minimum ?? -.infinity && value <= maximum ?? .infinity
    }

    private var rangeText: String {
        switch (minimum, maximum) {
        case (let low?, let high?): " from \(Self.text(low)) to \(Self.text(high))"
        case (let low?, nil): " of at least \(Self.text(low))"
        case (nil, let high?): " of at most \(Self.text(high))"
        case (nil, nil): ""
        }
    }

    private static func text(_ number: Double) -> String {
        Int64(exactly: number).map { String($0) } ?? "\(number)"
    }

    private static func text(_ value: JSONValue, at path: String) throws(ProtocolError) -> String {
        switch value {
        case .string(let string): return string
        case .bool(let bool): return bool ? "true" : "false"
        case .integer(let integer): return String(integer)
        case .number(let literal): return literal
        default:
            throw ProtocolError(path: path, expected: "a string, number or boolean", found: value.typeName)
        }
    }

    static func alternatives(_ words: [String]) -> String {
        list(words.map { "\"\($0)\"" }, last: " or ")
    }

    /// The words, separated by commas, with `last` before the last one. After 40, the number of the others.
    static func list(_ words: [String], last: String) -> String {
        let shown = words.count > 40 ? words.prefix(40) + ["\(words.count - 40) others"] : words
        guard let final = shown.last, shown.count > 1 else { return shown.first ?? "" }
        return shown.dropLast().joined(separator: ", ") + last + final
    }
}
