extension FieldSelector {
    /// Reads the form of `kubectl --field-selector`: `metadata.name=a,status.phase!=Bound`. In a value `\\`, `\,` and
    /// `\=` stand for the character behind the backslash.
    public init(parsing text: String) throws(SelectorError) {
        var requirements: [Requirement] = []
        for term in Self.terms(of: text) where !term.isEmpty {
            guard let requirement = try Self.requirement(term) else {
                throw SelectorError("invalid selector: '\(text)'; can't understand '\(term)'")
            }
            requirements.append(requirement)
        }
        self.init(requirements: requirements)
    }

    /// The parts between the commas that have no backslash before them.
    private static func terms(of text: String) -> [String] {
        var terms: [String] = [""]
        var isEscaped = false
        for character in text.unicodeScalars {
            if character == ",", !isEscaped {
                terms.append("")
                continue
            }
            isEscaped = character == "\\" && !isEscaped
            terms[terms.count - 1].unicodeScalars.append(character)
        }
        return terms
    }

    private static func requirement(_ term: String) throws(SelectorError) -> Requirement? {
        let scalars = Array(term.unicodeScalars)
        for (position, scalar) in scalars.enumerated() {
            let following = position + 1 < scalars.count ? scalars[position + 1] : nil
            let length: Int
            switch (scalar, following) {
            case ("!", "="), ("=", "="): length = 2
            case ("=", _): length = 1
            default: continue
            }
            return Requirement(
                field: String(String.UnicodeScalarView(scalars[..<position])),
                value: try unescaped(scalars[(position + length)...]), isEqual: scalar == "=")
        }
        return nil
    }

    private static func unescaped(_ text: ArraySlice<Unicode.Scalar>) throws(SelectorError) -> String {
        var value = String.UnicodeScalarView()
        var isEscaped = false
        for scalar in text {
            if isEscaped {
                guard scalar == "\\" || scalar == "," || scalar == "=" else {
                    throw SelectorError("invalid field selector: invalid escape sequence: \\\(scalar)")
                }
                value.append(scalar)
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else if scalar == "," || scalar == "=" {
                throw SelectorError("invalid field selector: unescaped character in value: \(scalar)")
            } else {
                value.append(scalar)
            }
        }
        guard !isEscaped else { throw SelectorError("invalid field selector: invalid escape sequence: \\") }
        return String(value)
    }
}
