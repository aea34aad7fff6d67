/// A regular expression of a parameter's schema, in the subset that JSON Schema recommends for interchange (core
/// specification 2020-12, section 6.4), with the meaning that ECMA 262 gives it with its `u` flag: characters and their
/// escapes, classes, `.`, `^` and `$`, groups, alternatives, `+` `*` `?` `{n,m}` and their lazy forms, and
/// `\d` `\w` `\s`. No lookaround, no backreferences, no `\b`.
///
/// An own matcher, since patterns come from drivers and no library here bounds what one costs: regcomp(3) of glibc takes
/// time that doubles with each `(^)*`, and Swift's `Regex` with each character of `(a*)*b`'s text. This one takes at
/// most as many steps as pattern and text have characters, multiplied.
public struct ParameterPattern: Sendable, Hashable {
    /// As the schema gives it.
    public let expression: String
    /// Compiled for each match: repetitions written out take a thousand times the room, and a schema may have thousands
    /// of patterns.
    private let node: PatternNode

    /// The bytes of an expression.
    static let longest = 1024
    /// The steps of its program (see ``PatternNode/size``).
    static let largest = 5000

    /// - Throws: ``ProtocolError`` where the expression is not one of the subset, or larger than any that somebody means.
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
                path: "", expected: "a regular expression (of the subset that JSON Schema recommends)",
                found: "\"\(expression)\", which has \(error.reason)")
        }
        guard node.size <= Self.largest else {
            throw ProtocolError(
                path: "",
                expected: "a regular expression of at most \(Self.largest) characters with its repetitions written out",
                found: "\"\(expression)\"")
        }
        self.expression = expression
    }

    /// Whether any part of `text` matches, as JSON Schema has it; anchor with `^` and `$` for the whole.
    public func matches(_ text: String) -> Bool { PatternProgram(node).matches(text) }

    public static func == (left: ParameterPattern, right: ParameterPattern) -> Bool {
        left.expression == right.expression
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(expression) }
}
