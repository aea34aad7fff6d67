extension LabelSelector {
    /// Reads the form of `kubectl -l`: `a=b,c==d,e!=f,g in (x,y),h notin (z),i,!j,k>1`.
    public init(parsing text: String) throws(SelectorError) {
        var parser = LabelSelectorParser(text)
        self.init(requirements: try parser.requirements())
    }
}

private enum Token: Equatable {
    case identifier(String)
    /// `in` and `notin`: operators behind a key, names anywhere else.
    case word(String)
    case symbol(String)
    case end

    var literal: String {
        switch self {
        case .identifier(let text), .word(let text), .symbol(let text): text
        case .end: ""
        }
    }

    /// What it is as a key or a value.
    var asValue: Token {
        if case .word(let text) = self { .identifier(text) } else { self }
    }
}

private struct LabelSelectorParser {
    private static let operators = "in, notin, =, ==, !=, gt, lt"

    private let tokens: [Token]
    private var position = 0

    init(_ text: String) {
        tokens = Self.tokens(of: text)
    }

    mutating func requirements() throws(SelectorError) -> [LabelSelector.Requirement] {
        var requirements: [LabelSelector.Requirement] = []
        while true {
            switch peek {
            case .end: return requirements
            case .identifier, .symbol("!"): break
            case let other:
                throw SelectorError("found '\(other.literal)', expected: !, identifier, or 'end of string'")
            }
            do {
                requirements.append(try requirement())
            } catch {
                throw SelectorError("unable to parse requirement: \(error.message)")
            }
            let separator = next()
            if separator == .end { return requirements }
            guard separator == .symbol(",") else {
                throw SelectorError("found '\(separator.literal)', expected: ',' or 'end of string'")
            }
            switch peek {
            case .identifier, .symbol("!"): break
            case let other: throw SelectorError("found '\(other.literal)', expected: identifier after ','")
            }
        }
    }

    private var peek: Token { tokens[position].asValue }

    private mutating func next() -> Token {
        let token = tokens[position]
        if position < tokens.count - 1 { position += 1 }
        return token
    }

    private mutating func requirement() throws(SelectorError) -> LabelSelector.Requirement {
        let isNegated = peek == .symbol("!")
        if isNegated { _ = next() }
        let token = next().asValue
        guard case .identifier(let key) = token else {
            throw SelectorError("found '\(token.literal)', expected: identifier")
        }
        try LabelSelector.check(key: key, path: "<nil>")
        if isNegated || peek == .end || peek == .symbol(",") {
            return isNegated ? .doesNotExist(key: key) : .exists(key: key)
        }
        let operation = next()
        switch operation {
        case .symbol("="), .symbol("=="): return try isIn(key, [exactValue()])
        case .symbol("!="): return try isNotIn(key, [exactValue()])
        case .word("in"): return try isIn(key, values())
        case .word("notin"): return try isNotIn(key, values())
        case .symbol(">"), .symbol("<"):
            let value = try exactValue()
            guard let bound = Int64(value) else {
                throw SelectorError(
                    "values[0]: Invalid value: \"\(value)\": for 'Gt', 'Lt' operators, the value must be an integer")
            }
            return operation == .symbol(">") ? .isGreater(key: key, than: bound) : .isLess(key: key, than: bound)
        default: throw SelectorError("found '\(operation.literal)', expected: \(Self.operators)")
        }
    }

    private func isIn(_ key: String, _ values: Set<String>) throws(SelectorError) -> LabelSelector.Requirement {
        try LabelSelector.check(values: values.sorted(), of: key)
        return .isIn(key: key, values: values)
    }

    private func isNotIn(_ key: String, _ values: Set<String>) throws(SelectorError) -> LabelSelector.Requirement {
        try LabelSelector.check(values: values.sorted(), of: key)
        return .isNotIn(key: key, values: values)
    }

    private mutating func exactValue() throws(SelectorError) -> String {
        if peek == .end || peek == .symbol(",") { return "" }
        let token = next().asValue
        guard case .identifier(let value) = token else {
            throw SelectorError("found '\(token.literal)', expected: identifier")
        }
        return value
    }

    /// `(x,y)`; what stands before, between or behind commas and is empty is the empty value.
    private mutating func values() throws(SelectorError) -> Set<String> {
        let open = next()
        guard open == .symbol("(") else { throw SelectorError("found '\(open.literal)' expected: '('") }
        var values: Set<String> = []
        while true {
            let token = next().asValue
            switch token {
            case .identifier(let value):
                values.insert(value)
                let separator = next()
                if separator == .symbol(")") { return values }
                guard separator == .symbol(",") else {
                    throw SelectorError("found '\(separator.literal)', expected: ',' or ')'")
                }
                if peek == .symbol(")") {
                    _ = next()
                    values.insert("")
                    return values
                }
            case .symbol(","): values.insert("")
            case .symbol(")"):
                values.insert("")
                return values
            default: throw SelectorError("found '\(token.literal)', expected: ',', ')' or identifier")
            }
        }
    }

    private static func tokens(of text: String) -> [Token] {
        let symbols: Set<String> = ["=", "==", "!=", "!", "(", ")", ",", ">", "<"]
        var tokens: [Token] = []
        var rest = Substring(text)
        while let first = rest.unicodeScalars.first {
            if isSpace(first) {
                rest.unicodeScalars.removeFirst()
            } else if isSymbol(first) {
                // The longest that there is: `!=` before `!`.
                let run = String(String.UnicodeScalarView(rest.unicodeScalars.prefix(2).prefix(while: isSymbol)))
                let symbol = symbols.contains(run) ? run : String(first)
                tokens.append(.symbol(symbol))
                rest = rest.dropFirst(symbol.count)
            } else {
                let end = rest.unicodeScalars.firstIndex { isSpace($0) || isSymbol($0) } ?? rest.endIndex
                let word = String(rest[..<end])
                tokens.append(word == "in" || word == "notin" ? .word(word) : .identifier(word))
                rest = rest[end...]
            }
        }
        return tokens + [.end]
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\t" || scalar == "\r" || scalar == "\n"
    }

    private static func isSymbol(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "=", "!", "(", ")", ",", ">", "<": true
        default: false
        }
    }
}
