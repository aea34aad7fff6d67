import TestSupport
import Testing

@testable import DriverProtocol

@Suite("Regular expressions of parameters")
struct ParameterPatternTests {
    @Test(
        "a pattern matches any part of a text, with ECMA 262's meaning",
        arguments: [
            ("b", ["abc", "b"], ["", "ac"]),
            ("^b", ["b", "bc"], ["ab"]),
            ("b$", ["b", "ab"], ["bc", "b\n"]),
            ("^$", [""], ["a"]),
            ("^a|b$", ["ax", "xb"], ["xa", "bx"]),
            ("^(?:a|bc|)d$", ["ad", "bcd", "d"], ["abcd", "bd"]),
            ("^ab*$", ["a", "abbb"], ["", "ba"]),
            ("^(ab)+$", ["ab", "abab"], ["", "aba"]),
            ("^a?b??$", ["", "a", "b", "ab"], ["aa", "ba"]),
            ("^a{2}$", ["aa"], ["a", "aaa"]),
            ("^a{2,}$", ["aa", "aaaa"], ["a"]),
            ("^(a{1,2}b){2,3}$", ["abaab", "ababab"], ["ab", "aaabab", "abababab"]),
            ("^a{0}b{0,0}$", [""], ["a", "b"]),
            ("^.$", ["a", "é", "\u{0}", "🙂"], ["", "ab", "\n", "\r", "\u{2028}"]),
            ("^[a-cx_]$", ["a", "b", "x", "_"], ["d", "-", "ab"]),
            ("^[^a-c]$", ["d", "é", "\n"], ["a", "b"]),
            ("^[-a]$", ["-", "a"], ["b"]),
            ("^[a-]$", ["-", "a"], ["b"]),
            (#"^[\w.-]$"#, ["a", "_", "7", ".", "-"], ["/", "é"]),
            (#"^[\]\-\\\[]$"#, ["]", "-", "\\", "["], ["a"]),
            (#"^[+\--.]$"#, ["+", "-", "."], [",", "/"]), (#"^[\w-.]$"#, ["a", "-", "."], [",", "/"]),
            (#"^[\d--a]$"#, ["1", "-", "a"], ["^", "A"]), ("^[[:x]$", ["[", ":", "x"], ["y"]),
            (#"^[^\S ]$"#, ["\t", "\u{A0}"], [" ", "a"]),
            (#"^\d\D\w\W\s\S$"#, ["1aa- a", "2-_!\u{3000}é"], ["aaa- a", "1aa-  "]),
            (#"^\t\n\v\f\r\x41\u00e9\u{1F642}$"#, ["\t\n\u{B}\u{C}\rAé🙂"], ["tnvfrAé🙂"]),
            (#"^\.\/\$\{\}\-$"#, ["./${}-"], ["a/${}-"]),
            ("^a]}$", ["a]}"], ["a"]),
            ("é+$", ["éé"], ["e", "\u{65}\u{301}"]),
            ("^[à-ü]$", ["é"], ["e", "ÿ"]),
            ("a\u{0}b", ["xa\u{0}b"], ["ab"]),
        ] as [(String, [String], [String])])
    func matches(expression: String, matching: [String], others: [String]) throws {
        let pattern = try ParameterPattern(expression)
        for text in matching { #expect(pattern.matches(text), "\(text)") }
        for text in others { #expect(!pattern.matches(text), "\(text)") }
    }

    @Test(
        "unsupported syntax is refused by name",
        arguments: [
            ("(?=x)", "a (? that is not (?:, as for a lookaround or a named group"),
            ("(?i:x)", "a (? that is not (?:, as for a lookaround or a named group"),
            (#"(a)\1"#, #"the escape \1, which is not taken"#),
            (#"\bx"#, #"the escape \b, which is not taken"#),
            (#"\p{L}"#, #"the escape \p, which is not taken"#),
            (#"[\b]"#, #"the escape \b, which is not taken"#), ("x\\", #"a \ at its end"#),
            ("*a", #"a * with nothing before it (write \* for the character)"#),
            ("a|+", #"a + with nothing before it (write \+ for the character)"#),
            ("^*", #"a * after ^ or $, which cannot be repeated (write \^, \$ or \{ for a character)"#),
            ("x++", "a + on a quantifier"), ("x{1,2}{3}", "a { on a quantifier"), ("[ab]?*", "a * on a quantifier"),
            ("x???", "a ? on a quantifier"), ("(a", "a ( without its )"), ("a)b", "a ) without its ("),
            ("[a", "a [ without its ]"), ("[]a]", #"a class that begins with ] (write \] for the character)"#),
            ("[^]", #"a class that begins with ] (write \] for the character)"#),
            ("[[:alpha:]]", "a class of POSIX, as [:alpha:] (write its characters)"),
            ("[z-a]", "a range in a class whose end is before its beginning"),
            ("a{2,1}", "a {n,m} whose m is less than its n"),
            ("a{,1}", #"a { that is not {n}, {n,} or {n,m} (write \{ for the character)"#),
            ("a{x}", #"a { that is not {n}, {n,} or {n,m} (write \{ for the character)"#),
            (#"\x4"#, #"a \x without the digits of a character"#),
            (#"\u{}"#, #"a \u without the digits of a character"#),
            (#"\u{4G}"#, #"a \u without the digits of a character"#),
            (#"\ud83d"#, #"a \u of no character: beyond 10FFFF, or half of a surrogate pair (write \u{1F642})"#),
            (#"\u{110000}"#, #"a \u of no character: beyond 10FFFF, or half of a surrogate pair (write \u{1F642})"#),
            (#"\u{41"#, #"a \u without the digits of a character"#),
            (String(repeating: "(", count: 60), "more than 50 groups within groups"),
        ])
    func refused(expression: String, reason: String) {
        let error = #expect(throws: ProtocolError.self) { try ParameterPattern(expression) }
        #expect(error?.found == "\"\(expression)\", which has \(reason)")
    }

    @Test(
        "an expression that is too large is refused",
        arguments: [
            String(repeating: "a", count: 1025), "a{5001}", "((a{1,200}){1,200}){1,200}",
            "a{99999999999999999999}", "((a?){1000}){1000}", "(((((((a{9,}){9,}){9,}){9,}){9,}){9,}){9,})",
        ])
    func tooLarge(expression: String) {
        let error = #expect(throws: ProtocolError.self) { try ParameterPattern(expression) }
        #expect(error?.expected.contains("at most") == true)
    }

    /// In regcomp(3) of glibc, or in a backtracking matcher.
    @Test(
        "patterns that take exponential time elsewhere are matched",
        arguments: [
            (String(repeating: "(^)*", count: 200), true), (String(repeating: "((a?)*)?", count: 100), true),
            (String(repeating: "(", count: 50) + "x" + String(repeating: ")+", count: 50), false),
            ("^(a*)*b", false), ("^(a|aa)+$", true), (String(repeating: "a?", count: 500) + "b", false),
            ("(.*)*=(.*)*=", false), ("(){5000}(|){5000}((){9,}){9,}a", true),
        ])
    func hostile(expression: String, isMatch: Bool) throws {
        let text = String(repeating: "a", count: 300)
        #expect(try ParameterPattern(expression).matches(text) == isMatch)
    }

    @Test("a text of more than 4096 characters matches nothing")
    func longText() throws {
        let pattern = try ParameterPattern("a")
        #expect(pattern.matches(String(repeating: "a", count: 4096)))
        #expect(!pattern.matches(String(repeating: "a", count: 4097)))
    }

    @Test("two spellings of one accent are two patterns, as they match two texts")
    func equality() throws {
        let composed = try ParameterPattern("^\u{E9}$")
        #expect(composed != (try ParameterPattern("^e\u{301}$")))
        #expect(composed == (try ParameterPattern("^\u{E9}$")))
    }

    @Test("the same texts match as with Swift's Regex")
    func sameAsRegex() throws {
        var random = SplitMix64(seed: 20_261_201)
        var matches = 0
        for _ in 0..<300 {
            let expression = Self.expression(depth: 2, &random)
            let pattern = try ParameterPattern(expression)
            let regex = try Regex(expression).matchingSemantics(.unicodeScalar)
            for _ in 0..<10 {
                let text = String(
                    (0..<Int.random(in: 0...6, using: &random)).map { _ in "abc".randomElement(using: &random)! })
                let isMatch = pattern.matches(text)
                #expect(isMatch == (text.firstMatch(of: regex) != nil), "\(expression) on \"\(text)\"")
                if isMatch { matches += 1 }
            }
        }
        #expect((500..<2500).contains(matches), "\(matches) of 3000")
    }

    private static func expression(depth: Int, _ random: inout SplitMix64) -> String {
        let alternatives = (0..<Int.random(in: 1...2, using: &random)).map { _ in
            (0..<Int.random(in: 1...3, using: &random)).map { _ in
                if Int.random(in: 0..<8, using: &random) == 0 { return ["^", "$"].randomElement(using: &random) ?? "" }
                let atom =
                    depth > 0 && Bool.random(using: &random)
                    ? "(\(expression(depth: depth - 1, &random)))"
                    : ["a", "b", ".", "[ab]", "[^a]", "(?:ab|c)"].randomElement(using: &random) ?? ""
                return atom + (["", "", "?", "*", "+", "{2}", "{1,2}", "{0,1}?"].randomElement(using: &random) ?? "")
            }.joined()
        }
        return alternatives.joined(separator: "|")
    }
}
