import JSONTree

/// `filter` of a list, as far as it is in common use: comparisons of a field by `=`, `!=`, `<`, `<=`, `>`, `>=`, `:`,
/// `eq` and `ne`, joined by AND, OR, NOT, parentheses, or nothing at all, which means AND (AIP-160).
///
/// `eq` and `ne` match a regular expression against the whole field; `=` takes a `*` at the end of its text.
struct ListFilter {
    private indirect enum Expression {
        case comparison(field: [String], comparison: Comparison, value: String)
        /// `eq`: the whole field is a match.
        case match(field: [String], Regex<AnyRegexOutput>)
        case all([Expression])
        case any([Expression])
        case not(Expression)
    }

    private enum Comparison: String {
        case equal = "=", unequal = "!=", less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">=", has =
            ":"
    }

    private let expression: Expression?

    /// - Throws: 400 for what is no filter.
    init(_ text: String?) throws(ComputeError) {
        guard let text, !text.allSatisfy(\.isWhitespace) else {
            expression = nil
            return
        }
        var parser = Parser(text)
        guard let parsed = parser.disjunction(), parser.isAtEnd else {
            throw .invalid("filter", text, "Invalid list filter expression.")
        }
        expression = parsed
    }

    /// The only name that a match can have; `nil`: the filter does not say.
    var requiredName: String? {
        let parts: [Expression] =
            if case .all(let parts)? = expression { parts } else { [expression].compactMap(\.self) }
        for case .comparison(["name"], .equal, let value) in parts where !value.hasSuffix("*") { return value }
        return nil
    }

    /// - Parameter resource: As it would be answered.
    func matches(_ resource: JSONValue) -> Bool {
        expression.map { Self.evaluate($0, resource) } ?? true
    }

    private static func evaluate(_ expression: Expression, _ resource: JSONValue) -> Bool {
        switch expression {
        case .all(let parts): parts.allSatisfy { evaluate($0, resource) }
        case .any(let parts): parts.contains { evaluate($0, resource) }
        case .not(let part): !evaluate(part, resource)
        case .comparison(let field, let comparison, let value):
            compare(values(of: field[...], in: resource), comparison, value)
        case .match(let field, let pattern):
            values(of: field[...], in: resource).contains { $0.wholeMatch(of: pattern) != nil }
        }
    }

    /// The field's value as text; several where a list lies on the way.
    private static func values(of field: ArraySlice<String>, in value: JSONValue) -> [String] {
        if case .array(let elements) = value { return elements.flatMap { values(of: field, in: $0) } }
        guard let name = field.first else {
            switch value {
            case .string(let text): return [text]
            case .bool(let flag): return [flag ? "true" : "false"]
            case .integer(let number): return [String(number)]
            case .number(let literal): return [literal]
            case .object: return [""]
            case .null, .array: return []
            }
        }
        guard let member = value[name] else { return [] }
        return values(of: field.dropFirst(), in: member)
    }

    private static func compare(_ found: [String], _ comparison: Comparison, _ wanted: String) -> Bool {
        switch comparison {
        case .equal: found.contains { isEqual($0, wanted) }
        case .unequal: !found.contains { isEqual($0, wanted) }
        case .has: wanted == "*" ? !found.isEmpty : found.contains { isEqual($0, wanted) || $0.contains(wanted) }
        case .less: found.contains { order($0, wanted) < 0 }
        case .lessOrEqual: found.contains { order($0, wanted) <= 0 }
        case .greater: found.contains { order($0, wanted) > 0 }
        case .greaterOrEqual: found.contains { order($0, wanted) >= 0 }
        }
    }

    private static func isEqual(_ found: String, _ wanted: String) -> Bool {
        if wanted.hasSuffix("*") { return found.hasPrefix(wanted.dropLast()) }
        if let one = Double(found), let other = Double(wanted) { return one == other }
        return found == wanted
    }

    /// Numbers by their value, everything else by its characters.
    private static func order(_ found: String, _ wanted: String) -> Int {
        if let one = Double(found), let other = Double(wanted) { return one < other ? -1 : one > other ? 1 : 0 }
        return found < wanted ? -1 : found > wanted ? 1 : 0
    }

    private struct Parser {
        /// Far deeper than any real filter; bounds the stack that recursion uses.
        private static let maximumDepth = 100

        private var rest: Substring
        private var depth = 0

        init(_ text: String) { rest = text[...] }

        var isAtEnd: Bool {
            mutating get {
                skipSpace()
                return rest.isEmpty
            }
        }

        mutating func disjunction() -> Expression? {
            guard let first = conjunction() else { return nil }
            var parts = [first]
            while accept(word: "OR") {
                guard let next = conjunction() else { return nil }
                parts.append(next)
            }
            return parts.count == 1 ? first : .any(parts)
        }

        private mutating func conjunction() -> Expression? {
            guard let first = term() else { return nil }
            var parts = [first]
            while true {
                let isJoined = accept(word: "AND")
                skipSpace()
                if !isJoined, rest.isEmpty || rest.first == ")" || peek(word: "OR") { break }
                guard let next = term() else { return nil }
                parts.append(next)
            }
            return parts.count == 1 ? first : .all(parts)
        }

        private mutating func term() -> Expression? {
            guard depth < Self.maximumDepth else { return nil }
            depth += 1
            defer { depth -= 1 }
            skipSpace()
            if accept(word: "NOT") { return term().map { .not($0) } }
            if rest.first == "-" {
                rest.removeFirst()
                return term().map { .not($0) }
            }
            guard rest.first == "(" else { return comparison() }
            rest.removeFirst()
            guard let inner = disjunction() else { return nil }
            skipSpace()
            guard rest.first == ")" else { return nil }
            rest.removeFirst()
            return inner
        }

        private mutating func comparison() -> Expression? {
            guard let field = field() else { return nil }
            skipSpace()
            let symbols: [Comparison] = [
                .unequal, .lessOrEqual, .greaterOrEqual, .equal, .less, .greater, .has,
            ]
            var found: Comparison?
            for symbol in symbols where rest.hasPrefix(symbol.rawValue) {
                found = symbol
                rest.removeFirst(symbol.rawValue.count)
                break
            }
            if found == nil {
                let isDenied = accept(word: "ne")
                guard isDenied || accept(word: "eq"), let value = value(), let pattern = try? Regex(value) else {
                    return nil  // as for everything that is no filter
                }
                return isDenied ? .not(.match(field: field, pattern)) : .match(field: field, pattern)
            }
            guard let comparison = found, let value = value() else { return nil }
            return .comparison(field: field, comparison: comparison, value: value)
        }

        /// `labels.team`, `labels."a.b"`
        private mutating func field() -> [String]? {
            var parts: [String] = []
            while true {
                if rest.first == "\"" {
                    guard let part = quoted() else { return nil }
                    parts.append(part)
                } else {
                    let part = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
                    guard !part.isEmpty else { return nil }
                    parts.append(String(part))
                    rest = rest.dropFirst(part.count)
                }
                guard rest.first == "." else { return parts }
                rest.removeFirst()
            }
        }

        private mutating func value() -> String? {
            skipSpace()
            if rest.first == "\"" || rest.first == "'" { return quoted() }
            let text = rest.prefix { !$0.isWhitespace && $0 != ")" && $0 != "(" }
            guard !text.isEmpty else { return nil }
            rest = rest.dropFirst(text.count)
            return String(text)
        }

        private mutating func quoted() -> String? {
            guard let quote = rest.popFirst() else { return nil }
            var text = ""
            while let character = rest.popFirst() {
                if character == quote { return text }
                if character == "\\" {
                    guard let escaped = rest.popFirst() else { return nil }
                    text.append(escaped)
                } else {
                    text.append(character)
                }
            }
            return nil
        }

        private mutating func skipSpace() { rest = rest.drop(while: \.isWhitespace) }

        private func peek(word: String) -> Bool {
            guard rest.hasPrefix(word) else { return false }
            let after = rest.dropFirst(word.count).first
            return after == nil || after?.isWhitespace == true || after == "(" || after == "\""
        }

        private mutating func accept(word: String) -> Bool {
            skipSpace()
            guard peek(word: word) else { return false }
            rest = rest.dropFirst(word.count)
            return true
        }
    }
}
