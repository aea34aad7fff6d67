/// Why a regular expression is refused: what it has, as `a ( without its )`.
struct PatternFault: Error {
    var reason: String
}

/// Parses a regular expression: the part of ECMA 262's Pattern (section 22.2.1) that ``ParameterPattern`` supports.
struct PatternParser {
    private var rest: ArraySlice<Unicode.Scalar>
    private var depth = 0

    /// The nesting of groups: each level takes stack here and wherever the tree is walked.
    static let deepest = 50

    static func parse(_ expression: String) throws(PatternFault) -> PatternNode {
        var parser = PatternParser(rest: Array(expression.unicodeScalars)[...])
        let node = try parser.alternatives()
        // Only a `)` ends them before the end.
        guard parser.rest.isEmpty else { throw PatternFault(reason: "a ) without its (") }
        return node
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard rest.first == scalar else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func alternatives() throws(PatternFault) -> PatternNode {
        var parts = [try sequence()]
        while take("|") { parts.append(try sequence()) }
        return .choosing(parts)
    }

    private mutating func sequence() throws(PatternFault) -> PatternNode {
        var parts: [PatternNode] = []
        while let scalar = rest.first, scalar != "|", scalar != ")" { parts.append(try term()) }
        return .joining(parts)
    }

    private mutating func term() throws(PatternFault) -> PatternNode {
        switch rest.removeFirst() {
        case "^": return try unrepeated(.start)
        case "$": return try unrepeated(.end)
        case "(": return try repeated(try group())
        case "[":
            var parser = PatternClassParser(rest: rest)
            let set = try parser.characterClass()
            rest = parser.rest
            return try repeated(.scalar(set))
        case "\\":
            var parser = PatternClassParser(rest: rest)
            let ranges = try parser.escape()
            rest = parser.rest
            return try repeated(.scalar(ScalarSet(ranges)))
        case ".": return try repeated(.scalar(ScalarSet(ScalarSet.complement(ScalarSet.lineEnds))))
        case let quantifier where Self.isQuantifier(quantifier):
            throw PatternFault(
                reason: "a \(quantifier) with nothing before it (write \\\(quantifier) for the character)")
        case let scalar: return try repeated(.scalar(ScalarSet([scalar.value...scalar.value])))
        }
    }

    private static func isQuantifier(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "*" || scalar == "+" || scalar == "?" || scalar == "{"
    }

    private mutating func group() throws(PatternFault) -> PatternNode {
        if take("?") {
            guard take(":") else {
                throw PatternFault(reason: "a (? that is not (?:, as for a lookaround or a named group")
            }
        }
        depth += 1
        guard depth <= Self.deepest else {
            throw PatternFault(reason: "more than \(Self.deepest) groups within groups")
        }
        let node = try alternatives()
        guard take(")") else { throw PatternFault(reason: "a ( without its )") }
        depth -= 1
        return node
    }

    /// Returns the anchor; throws if a quantifier follows it.
    private func unrepeated(_ node: PatternNode) throws(PatternFault) -> PatternNode {
        if let scalar = rest.first, Self.isQuantifier(scalar) {
            throw PatternFault(
                reason: "a \(scalar) after ^ or $, which cannot be repeated (write \\^, \\$ or \\{ for a character)")
        }
        return node
    }

    private mutating func repeated(_ node: PatternNode) throws(PatternFault) -> PatternNode {
        let bounds: (least: Int, most: Int?)
        switch rest.first {
        case "*": bounds = (0, nil)
        case "+": bounds = (1, nil)
        case "?": bounds = (0, 1)
        case "{": bounds = try counts()
        default: return node
        }
        rest.removeFirst()
        // Lazy or not, the same texts match.
        _ = take("?")
        if let scalar = rest.first, Self.isQuantifier(scalar) {
            throw PatternFault(reason: "a \(scalar) on a quantifier")
        }
        return .repeating(node, least: bounds.least, most: bounds.most)
    }

    /// `{n}`, `{n,}` or `{n,m}` up to its last character.
    private mutating func counts() throws(PatternFault) -> (least: Int, most: Int?) {
        rest.removeFirst()
        let least = number()
        let hasComma = take(",")
        let most = hasComma ? number() : least
        guard let least, rest.first == "}" else {
            throw PatternFault(reason: "a { that is not {n}, {n,} or {n,m} (write \\{ for the character)")
        }
        guard let most else { return (least, nil) }
        guard least <= most else { throw PatternFault(reason: "a {n,m} whose m is less than its n") }
        return (least, most)
    }

    /// Reads a count; `nil` if there are no digits. Saturates far above the largest accepted count.
    private mutating func number() -> Int? {
        var value: Int?
        while let digit = rest.first?.value, (48...57).contains(digit) {
            value = min((value ?? 0) * 10 + Int(digit - 48), 1 << 40)
            rest.removeFirst()
        }
        return value
    }
}
