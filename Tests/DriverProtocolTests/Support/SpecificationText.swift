import DriverProtocol
import Foundation
import JSONTree

/// Sources/DriverProtocol/Specification.md: its examples, and the parts that are generated from the sources.
struct SpecificationText {
    struct Example {
        /// The words behind the fence's language: `["reply", "provision"]`.
        var words: [String]
        var text: String
    }

    static let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources/DriverProtocol")
    static let file = sources.appending(path: "Specification.md")

    let text: String
    let examples: [Example]

    init() throws {
        text = try String(contentsOf: Self.file, encoding: .utf8)
        var examples: [Example] = []
        var open: Example?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                if let example = open { examples.append(example) }
                open =
                    open == nil
                    ? Example(words: line.dropFirst(3).split(separator: " ").map(String.init), text: "") : nil
            } else {
                open?.text += line + "\n"
            }
        }
        self.examples = examples
    }

    func examples(_ kind: String) -> [(verb: Verb, text: String)] {
        examples.filter { $0.words.count == 3 && $0.words[1] == kind }.map { (Verb(rawValue: $0.words[2]), $0.text) }
    }

    /// The text with everything between `<!-- generated: … -->` and `<!-- end -->` made anew.
    func regenerated() throws -> String {
        let tables = SpecificationTables(try SourceDocumentation(directory: Self.sources))
        return try text.replacing(/<!-- generated: ([^>]+) -->\n[\s\S]*?<!-- end -->/) { match in
            "<!-- generated: \(match.1) -->\n\n\(try tables.section(String(match.1)))\n\n<!-- end -->"
        }
    }
}

/// The generated parts, in Markdown.
struct SpecificationTables {
    struct Unknown: Error, CustomStringConvertible {
        var description: String
    }

    private let documentation: SourceDocumentation

    init(_ documentation: SourceDocumentation) { self.documentation = documentation }

    func section(_ name: String) throws -> String {
        let words = name.split(separator: " ")
        if words.count == 2, words[0] == "verb" { return try verb(String(words[1])) }
        if name == "codes" { return codes }
        if name == "capabilities" { return capabilities }
        guard let members = documentation.members[name] else {
            throw Unknown(description: "Specification.md wants a table of \(name), of which no member is documented")
        }
        let rows = members.map { member in
            let (given, meaning) = Self.requirement(member)
            return
                "| `\(member.name)` | \(Self.typeName(member.type, of: member.name)) | \(given) | \(plain(meaning)) |"
        }
        return (["| member | type | given | meaning |", "|---|---|---|---|"] + rows).joined(separator: "\n")
    }

    private func verb(_ name: String) throws -> String {
        guard let verb = documentation.constants["Verb"]?.first(where: { $0.value == name }) else {
            throw Unknown(description: "Specification.md describes the verb \(name), which Verb does not document")
        }
        return plain(verb.text.replacing(#/^`init`\. /#, with: ""))
    }

    private var capabilities: String {
        (documentation.constants["Capability"] ?? []).map { "- `\($0.value)`: \(plain($0.text))" }.joined(
            separator: "\n")
    }

    private var codes: String {
        let rows = (documentation.constants["Code"] ?? []).map { constant in
            let outcome = DriverError.Code(rawValue: constant.value).defaultOutcome.rawValue
            return "| `\(constant.value)` | \(plain(constant.text)) | \(outcome) |"
        }
        return (["| code | meaning, and what the host does | outcome where none is given |", "|---|---|---|"] + rows)
            .joined(separator: "\n")
    }

    /// When a member is given: what stands before the colon, or, where nothing does, the first words behind it.
    private static func requirement(_ member: SourceDocumentation.Member) -> (given: String, meaning: String) {
        let parts = member.text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        var given = parts[0].trimmingCharacters(in: CharacterSet(charactersIn: ", ."))
        var meaning = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
        if given.isEmpty, let match = meaning.prefixMatch(of: /(required|optional)[^:.;]*/) {
            given = String(match.0)
            meaning = meaning[match.range.upperBound...].trimmingCharacters(in: CharacterSet(charactersIn: ":;. "))
        }
        if given.isEmpty { given = "optional" }
        return (given, meaning)
    }

    private static func typeName(_ type: String, of name: String) -> String {
        let bare = type.hasSuffix("?") ? String(type.dropLast()) : type
        switch bare {
        case "String", "Verb", "Status", "Code", "Outcome": return "string"
        case "Int64", "Int": return "integer"
        case "Bool": return "boolean"
        case "Duration": return "number, seconds"
        case "[Verb: Duration]": return "object of numbers"
        case "[String]", "[Capability]": return "array of strings"
        case "[String: String]": return "object of strings"
        case "[[String: String]]": return "array of objects of strings"
        case "JSONValue", "JSONObject": return "object"
        case _ where bare.hasPrefix("["): return "array of objects"
        default: return "object"
        }
    }

    /// Without DocC's links and line breaks: ``Verb/expandFS`` is `expandfs`.
    private func plain(_ text: String) -> String {
        let verbs = Dictionary(
            (documentation.constants["Verb"] ?? []).map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }
        )
        // What is a link to another type there is one to another part of the page here.
        let links = [
            "defaultOutcome": "the table of codes", "ParameterSchema": "below", "ProtocolVersion": "section 12",
        ]
        return text.replacing(/``(?:\w+\/)*(\w+)``/) { match in
            links[String(match.1)] ?? "`\(verbs[String(match.1)] ?? String(match.1))`"
        }.replacing("|", with: "\\|")
    }
}
