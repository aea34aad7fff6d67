/// A regular expression of a parameter's schema: what JSON Schema recommends for interchange (core specification 2020-12,
/// section 6.4: characters, classes, `^` and `$`, groups, alternatives, quantifiers and their lazy forms), and `.`,
/// `(?:…)`, `\d` `\w` `\s` and the escapes of single characters. It has the meaning of ECMA 262 with the flag `u`;
/// redundant escapes and unpaired `]` and `}`, which that flag forbids, are literal. No lookaround, no backreferences, no
/// `\b`, no `\p`.
///
/// A matcher of our own, since patterns come from drivers and no library here bounds what one costs: regcomp(3) of glibc
/// takes time that doubles with each `(^)*`, and Swift's `Regex` with each character that `(a*)*b` is tried on. This one
/// takes at most as many steps as the pattern has with its repetitions expanded, times the characters of the text.
public struct ParameterPattern: Sendable, Hashable {
    /// As the schema gives it.
    public let expression: String
    /// Compiled for each match, since expanding repetitions can take a thousand times the memory.
    private let node: PatternNode
    /// The steps of its program (see ``PatternNode/size``).
    let size: Int

    /// The bytes of an expression.
    static let longest = 1024
    /// The steps of a program.
    static let largest = 5000
    /// The characters of a text that is matched.
    static let longestText = 4096

    /// - Throws: ``ProtocolError`` if the expression has unsupported syntax, or is too large.
    public init(_ expression: String) throws(ProtocolError) {
        guard expression.utf8.count <= Self.longest else {
            throw ProtocolError(
                path: "", expected: "a regular expression of at most \(Self.longest) bytes",
                found: "\(expression.utf8.count) bytes")
        }
        do {
            node = try PatternParser.parse(expression)
        } catch {
            throw ProtocolError(
                path: "",
                expected: "a regular expression of characters, classes, groups, alternatives, quantifiers, ^ and $",
                found: "\"\(expression)\", which has \(error.reason)")
        }
        size = node.size
        guard size <= Self.largest else {
            throw ProtocolError(
                path: "",
                expected:
                    "a regular expression of at most \(Self.largest) characters with its repetitions expanded, optional "
                    + "ones counted twice (to limit a length, use minLength and maxLength)",
                found: "\"\(expression)\"" + (size == .max ? "" : ", which has \(size)"))
        }
        self.expression = expression
    }

    /// Whether any part of `text` matches, as JSON Schema has it; anchor with `^` and `$` for the whole. No text of more
    /// than 4096 characters does.
    public func matches(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars.prefix(Self.longestText + 1))
        return scalars.count <= Self.longestText && PatternProgram(node).matches(scalars)
    }

    /// Unlike the comparison of strings, tells `é` from `e` with an accent, as the pattern does.
    public static func == (left: ParameterPattern, right: ParameterPattern) -> Bool {
        left.expression.unicodeScalars.elementsEqual(right.expression.unicodeScalars)
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(expression) }
}
