public import JSONTree

/// Which parameters a driver's StorageClasses may have: the driver publishes it as ``DriverInfo/parameters``, the kit
/// checks each call against it, and the host checks each StorageClass.
///
/// A JSON Schema (2020-12) object, of which these words are read, and every other is left to people:
/// `properties`; `required`; `additionalProperties` (absent means **false** here: an unknown parameter is most often a
/// misspelt one); `patternProperties`; and for each property `type` (`string`, `integer`, `number`, `boolean`; what the
/// string must read as), `enum`, `pattern`, `minimum`, `maximum`, `minLength`, `maxLength`, `default`, `description`.
/// `"x-caseInsensitive": true` at the top lets names be written in any case, as Kubernetes' in-tree plugins do.
///
/// ```json
/// {"type": "object",
///  "properties": {
///    "onDelete": {"type": "string", "enum": ["delete", "retain", "archive"], "default": "delete",
///                 "description": "what becomes of the data when the volume is deleted"}}}
/// ```
public struct ParameterSchema: Sendable, Hashable {
    /// In the schema's order.
    public let definitions: [ParameterDefinition]
    /// For parameters whose names follow a pattern, as `tagSpecification_1`.
    public let patternDefinitions: [PatternDefinition]
    /// Whether parameters that the schema does not name are let through unchecked.
    public let allowsUnknown: Bool
    public let ignoresCase: Bool
    /// The JSON Schema that this was read from.
    public let json: JSONValue

    /// The names in each of `properties`, `patternProperties` and `required`: Kubernetes' limit for parameters.
    static let mostNames = 512
    /// The bytes of a name in `properties`. Patterns have their own limit.
    static let longestName = 253
    /// The steps of all patterns together: the schema comes from a driver, and each claim has it parsed and matched.
    static let largestPatterns = 20_000

    /// Parameters whose names match ``name`` obey ``definition``.
    public struct PatternDefinition: Sendable, Hashable {
        public var name: ParameterPattern
        public var definition: ParameterDefinition
    }

    /// - Throws: ``ProtocolError`` with the path within the schema of what is wrong.
    public init(json: JSONValue) throws(ProtocolError) {
        let members = try MessageReader(json)
        if let type = try members.string("type"), type != "object" {
            throw ProtocolError(path: "type", expected: "\"object\"", found: "\"\(type)\"")
        }
        for key in ["properties", "patternProperties", "required"] {
            let count = members.value(key).map { $0.objectValue?.count ?? $0.arrayValue?.count ?? 0 } ?? 0
            guard count <= Self.mostNames else {
                throw ProtocolError(path: key, expected: "at most \(Self.mostNames) names", found: "\(count)")
            }
        }
        let required = try members.strings("required")
        var definitions: [ParameterDefinition] = []
        var patterns = PatternTotal()
        for (name, schema) in try members.object("properties") ?? [:] {
            do throws(ProtocolError) {
                guard name.utf8.count <= Self.longestName else {
                    throw ProtocolError(
                        path: "", expected: "a name of at most \(Self.longestName) bytes", found: "\(name.utf8.count)")
                }
                let isRequired = required.contains(name)
                let definition = try ParameterDefinition(name: name, schema: schema, isRequired: isRequired)
                try patterns.add(definition.pattern)
                definitions.append(definition)
            } catch {
                throw error.under(name).under("properties")
            }
        }
        if let undefined = required.first(where: { name in !definitions.contains { $0.name == name } }) {
            throw ProtocolError(path: "required", expected: "names that properties defines", found: "\"\(undefined)\"")
        }
        var patternDefinitions: [PatternDefinition] = []
        for (pattern, schema) in try members.object("patternProperties") ?? [:] {
            do {
                let name = try ParameterPattern(pattern)
                try patterns.add(name)
                let definition = try ParameterDefinition(name: pattern, schema: schema, isRequired: false)
                try patterns.add(definition.pattern)
                patternDefinitions.append(PatternDefinition(name: name, definition: definition))
            } catch {
                throw error.under(pattern).under("patternProperties")
            }
        }
        self.definitions = definitions
        self.patternDefinitions = patternDefinitions
        allowsUnknown = try members.bool("additionalProperties") ?? false
        ignoresCase = try members.bool("x-caseInsensitive") ?? false
        self.json = json
    }

    private struct PatternTotal {
        private var size = 0

        mutating func add(_ pattern: ParameterPattern?) throws(ProtocolError) {
            size += pattern?.size ?? 0
            guard size <= largestPatterns else {
                throw ProtocolError(
                    path: "pattern",
                    expected:
                        "at most \(largestPatterns) characters in all patterns of the schema, with their "
                        + "repetitions expanded",
                    found: "\(size) with this one")
            }
        }
    }

    /// The definition of the parameter that a class calls `name`.
    public func definition(of name: String) -> ParameterDefinition? {
        if let exact = definitions.first(where: { $0.name == name }) { return exact }
        if ignoresCase, let folded = definitions.first(where: { $0.name.lowercased() == name.lowercased() }) {
            return folded
        }
        return patternDefinitions.first { $0.name.matches(name) }?.definition
    }

    /// Checks a class's parameters, without the ones that are for the host (`csi.storage.k8s.io/…`).
    ///
    /// - Returns: The parameters by the names that the schema gives them, with the defaults of those that are absent.
    /// - Throws: ``InvalidParameters`` with everything that is wrong, not only the first; at most 32 faults.
    public func validate(_ parameters: [String: String]) throws(InvalidParameters) -> [String: String] {
        var result: [String: String] = [:]
        var violations: [InvalidParameters.Violation] = []
        for (name, value) in parameters.sorted(by: { $0.key < $1.key }) where violations.count < Self.mostViolations {
            guard let definition = definition(of: name) else {
                if allowsUnknown {
                    result[name] = value
                } else {
                    violations.append(unknown(name))
                }
                continue
            }
            let canonical = ignoresCase && definition.name.lowercased() == name.lowercased() ? definition.name : name
            if result.updateValue(value, forKey: canonical) != nil {
                violations.append(
                    .init(.invalid, parameter: name, message: "\"\(canonical)\" is given twice, in different case"))
            } else if let fault = definition.fault(of: value) {
                violations.append(.init(.invalid, parameter: name, message: "\"\(name)\" \(fault)"))
            }
        }
        for definition in definitions where result[definition.name] == nil && violations.count < Self.mostViolations {
            if let value = definition.defaultValue {
                result[definition.name] = value
            } else if definition.isRequired {
                let purpose = definition.summary.map { " (\($0))" } ?? ""
                violations.append(
                    .init(
                        .missing, parameter: definition.name,
                        message: "\"\(definition.name)\"\(purpose) must be given"))
            }
        }
        guard violations.isEmpty else { throw InvalidParameters(violations: violations) }
        return result
    }

    /// The parameters by the names that the schema gives them, with the defaults of those that are absent, whatever
    /// their values: for every call after `provision`. A volume must stay deletable when a newer driver would no
    /// longer accept its class.
    public func completed(_ parameters: [String: String]) -> [String: String] {
        var result: [String: String] = [:]
        for (name, value) in parameters {
            let folded = ignoresCase ? definitions.first { $0.name.lowercased() == name.lowercased() } : nil
            result[folded?.name ?? name] = value
        }
        for definition in definitions where result[definition.name] == nil {
            result[definition.name] = definition.defaultValue
        }
        return result
    }

    /// More help nobody, and each may cost a search for a suggestion.
    private static let mostViolations = 32

    private func unknown(_ name: String) -> InvalidParameters.Violation {
        let names = definitions.map(\.name)
        let all = names + patternDefinitions.map { "names that match \($0.name.expression)" }
        guard !all.isEmpty else {
            return .init(.unknown, parameter: name, message: "\"\(name)\" is unknown; the driver takes no parameters")
        }
        if let nearest = EditDistance.nearest(to: name, among: names) {
            return .init(
                .unknown, parameter: name, message: "\"\(name)\" is unknown; did you mean \"\(nearest)\"?",
                suggestion: nearest)
        }
        return .init(
            .unknown, parameter: name,
            message: "\"\(name)\" is unknown; the driver takes \(ParameterDefinition.list(all, last: ", "))")
    }
}

/// Parameters that a driver's schema does not allow: what is wrong with each, and what would be right.
public struct InvalidParameters: Error, Sendable, Hashable, CustomStringConvertible {
    public struct Violation: Sendable, Hashable {
        public enum Fault: Sendable, Hashable {
            /// The schema has no such parameter.
            case unknown
            case missing
            /// The value is none that the schema allows.
            case invalid
        }

        public var fault: Fault
        /// As the class spells it.
        public var parameter: String
        /// A clause that names the parameter and what is allowed; never quotes the value.
        public var message: String
        /// The name that was most likely meant.
        public var suggestion: String?

        init(_ fault: Fault, parameter: String, message: String, suggestion: String? = nil) {
            self.fault = fault
            self.parameter = parameter
            self.message = message
            self.suggestion = suggestion
        }
    }

    /// At least one.
    public var violations: [Violation]

    public var description: String {
        "parameter " + violations.map(\.message).joined(separator: "; parameter ")
    }

    /// The same as a driver reports it: final, since somebody must correct the class.
    public var driverError: DriverError {
        DriverError(.invalidArgument, description, field: violations.first.map { "parameters.\($0.parameter)" })
    }
}
