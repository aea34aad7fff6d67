/// Reads what stands for a set of characters in a regular expression: `[…]`, and what follows a `\`.
struct PatternClassParser {
    var rest: ArraySlice<Unicode.Scalar>

    /// A class, from behind its `[`.
    mutating func characterClass() throws(PatternFault) -> ScalarSet {
        let isNegated = rest.first == "^"
        if isNegated { rest.removeFirst() }
        // ECMA 262 has the empty class here, which matches nothing, and POSIX the character.
        guard rest.first != "]" else {
            throw PatternFault(reason: "a class that begins with ] (write \\] for the character)")
        }
        var ranges: ScalarSet.Ranges = []
        while let first = try member() {
            guard rest.first == "-", let next = rest.dropFirst().first, next != "]" else {
                ranges += first
                continue
            }
            rest.removeFirst()
            guard let last = try member() else { break }
            guard let low = Self.single(first), let high = Self.single(last) else {
                // As in `[\w-.]`, which has the `-` for a member.
                ranges += first + [45...45] + last
                continue
            }
            guard low <= high else {
                throw PatternFault(reason: "a range in a class whose end is before its beginning")
            }
            ranges.append(low...high)
        }
        return ScalarSet(isNegated ? ScalarSet.complement(ranges) : ranges)
    }

    /// One character or escape; `nil` at the class's end.
    private mutating func member() throws(PatternFault) -> ScalarSet.Ranges? {
        guard let scalar = rest.popFirst() else { throw PatternFault(reason: "a [ without its ]") }
        if scalar == "]" { return nil }
        if scalar == "[", rest.first == ":",
            rest.dropFirst().drop(while: \.properties.isAlphabetic).starts(with: [":", "]"])
        {
            throw PatternFault(reason: "a class of POSIX, as [:alpha:] (write its characters)")
        }
        return scalar == "\\" ? try escape() : [scalar.value...scalar.value]
    }

    private static func single(_ ranges: ScalarSet.Ranges) -> UInt32? {
        guard ranges.count == 1, ranges[0].count == 1 else { return nil }
        return ranges[0].lowerBound
    }

    /// An escape, from behind its `\`.
    mutating func escape() throws(PatternFault) -> ScalarSet.Ranges {
        guard let scalar = rest.popFirst() else { throw PatternFault(reason: "a \\ at its end") }
        switch scalar {
        case "d": return ScalarSet.digits
        case "D": return ScalarSet.complement(ScalarSet.digits)
        case "w": return ScalarSet.wordCharacters
        case "W": return ScalarSet.complement(ScalarSet.wordCharacters)
        case "s": return ScalarSet.whiteSpace
        case "S": return ScalarSet.complement(ScalarSet.whiteSpace)
        case "t": return [9...9]
        case "n": return [10...10]
        case "v": return [11...11]
        case "f": return [12...12]
        case "r": return [13...13]
        case "x": return try codePoint(digits: 2)
        case "u": return try codePoint(digits: 4)
        default:
            // Letters and digits that mean something elsewhere: \b, \1, \p{…}, \k<…>.
            guard !(scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)) else {
                throw PatternFault(reason: "the escape \\\(scalar), which is not taken")
            }
            return [scalar.value...scalar.value]
        }
    }

    /// As many hexadecimal digits, or any number of them in `{}` behind a `u`.
    private mutating func codePoint(digits: Int) throws(PatternFault) -> ScalarSet.Ranges {
        let fault = PatternFault(reason: "a \\\(digits == 2 ? "x" : "u") without the digits of a character")
        let text: ArraySlice<Unicode.Scalar>
        if digits == 4, rest.first == "{" {
            guard let end = rest.firstIndex(of: "}") else { throw fault }
            text = rest[..<end].dropFirst()
            rest = rest[(end + 1)...]
        } else {
            text = rest.prefix(digits)
            rest = rest.dropFirst(digits)
            guard text.count == digits else { throw fault }
        }
        // `radix:` would take a sign.
        guard !text.isEmpty, text.allSatisfy({ $0.properties.isASCIIHexDigit }) else { throw fault }
        guard let value = UInt32(String(String.UnicodeScalarView(text)), radix: 16), Unicode.Scalar(value) != nil else {
            throw PatternFault(
                reason: "a \\u of no character: beyond 10FFFF, or half of a surrogate pair (write \\u{1F642})")
        }
        return [value...value]
    }
}
