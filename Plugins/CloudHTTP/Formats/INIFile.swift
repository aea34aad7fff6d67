/// `~/.aws/credentials`, `~/.aws/config` and what is like them: sections of `key = value`.
public struct INIFile: Sendable, Hashable {
    /// By section's name as it stands between the brackets (`default`, `profile dev`), then by key in lower case.
    public private(set) var sections: [String: [String: String]] = [:]

    /// Lines that begin with `#` or `;` are comments, also behind a value when space stands before them. Indented lines
    /// belong to the key above (`s3 =` and its like) and are skipped, as is what is no `key = value`.
    public init(_ text: String) {
        var section: String?
        for line in text.split(whereSeparator: \.isNewline) {
            guard let first = line.first, first != "#", first != ";", first != " ", first != "\t" else { continue }
            if first == "[" {
                let name = line.dropFirst().prefix { $0 != "]" }.split(whereSeparator: { $0 == " " || $0 == "\t" })
                section = name.joined(separator: " ")
                if let section { sections[section, default: [:]] = sections[section, default: [:]] }
                continue
            }
            guard let section, let equals = line.firstIndex(of: "=") else { continue }
            let key = line[..<equals].trimmedOfSpace.lowercased()
            sections[section]?[key] = Self.withoutComment(line[line.index(after: equals)...]).trimmedOfSpace
        }
    }

    public subscript(section: String, key: String) -> String? { sections[section]?[key.lowercased()] }

    private static func withoutComment(_ value: Substring) -> Substring {
        for mark in [" #", " ;", "\t#", "\t;"] {
            if let range = value.firstRange(of: mark) { return value[..<range.lowerBound] }
        }
        return value
    }
}
