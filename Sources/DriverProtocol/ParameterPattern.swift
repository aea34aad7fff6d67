#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A regular expression of a parameter's schema, in the subset that JSON Schema recommends for interchange (core
/// specification 2020-12, section 6.4): characters, classes, `^` `$`, groups, alternation, `+` `*` `?` `{n,m}`, and
/// `\d` `\w` `\s`. No lookaround, no lazy quantifiers.
///
/// Carried out by regex(3) rather than by Swift's `Regex`: it starts faster and links nothing. It matches the bytes of
/// the UTF-8.
public struct ParameterPattern: Sendable, Hashable {
    /// As the schema gives it.
    public let expression: String
    private let compiled: Compiled

    /// - Throws: ``ProtocolError`` where the expression is not one of the subset, or larger than any that somebody means.
    public init(_ expression: String) throws(ProtocolError) {
        guard PatternExtent.isAcceptable(expression) else {
            throw ProtocolError(
                path: "",
                expected:
                    "a regular expression without quantifiers on quantifiers, of at most \(PatternExtent.longest) bytes, "
                    + "\(PatternExtent.deepest) groups within groups, and \(PatternExtent.largest) characters with its "
                    + "repetitions written out",
                found: "\"\(expression.prefix(80))\"")
        }
        self.expression = expression
        compiled = try Compiled(expression)
    }

    /// Whether any part of `text` matches, as JSON Schema has it; anchor with `^` and `$` for the whole.
    public func matches(_ text: String) -> Bool { compiled.matches(text) }

    public static func == (left: ParameterPattern, right: ParameterPattern) -> Bool {
        left.expression == right.expression
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(expression) }

    /// `@unchecked Sendable`: the storage is written in `init` and freed in `deinit` only; in between regexec(3), which
    /// POSIX declares thread-safe for one compiled expression, reads it.
    private final class Compiled: @unchecked Sendable {
        private let storage: UnsafeMutablePointer<regex_t>

        init(_ expression: String) throws(ProtocolError) {
            let storage = UnsafeMutablePointer<regex_t>.allocate(capacity: 1)
            storage.initialize(to: regex_t())
            let status = regcomp(storage, Self.extendedSyntax(expression), REG_EXTENDED | REG_NOSUB)
            guard status == 0 else {
                var reason = [CChar](repeating: 0, count: 128)
                let length = regerror(status, storage, &reason, reason.count)
                storage.deallocate()
                let text = String(
                    decoding: reason.prefix(max(0, min(length, 128) - 1)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
                throw ProtocolError(
                    path: "", expected: "a regular expression without lookaround or lazy quantifiers",
                    found: "\"\(expression)\" (\(text))")
            }
            // Only now: throwing with every property set would run `deinit`, and free what was never compiled.
            self.storage = storage
        }

        deinit {
            regfree(storage)
            storage.deallocate()
        }

        func matches(_ text: String) -> Bool {
            // A C string ends at its first NUL; what stands behind it would go unchecked.
            !text.utf8.contains(0) && regexec(storage, text, 0, nil, 0) == 0
        }

        /// ECMA 262's spelling in POSIX's: `\d` and `(?:` are unknown to the latter.
        private static func extendedSyntax(_ expression: String) -> String {
            var result = ""
            var isEscaped = false
            var isInClass = false
            var rest = expression[...]
            while let character = rest.popFirst() {
                if isEscaped {
                    isEscaped = false
                    switch character {
                    case "d": result += isInClass ? "0-9" : "[0-9]"
                    case "D" where !isInClass: result += "[^0-9]"
                    case "w" where isInClass: result += "A-Za-z0-9_"
                    case "s" where isInClass: result += "[:space:]"
                    case "." where isInClass, "/" where isInClass: result.append(character)
                    case "/": result.append(character)
                    default: result += "\\\(character)"
                    }
                    continue
                }
                switch character {
                case "\\": isEscaped = true
                case "(" where !isInClass && rest.hasPrefix("?:"):
                    rest = rest.dropFirst(2)
                    result += "("
                default:
                    if character == "[" { isInClass = true }
                    if character == "]" { isInClass = false }
                    result.append(character)
                }
            }
            return isEscaped ? result + "\\" : result
        }
    }
}
