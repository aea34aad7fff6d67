import Foundation

/// What the sources of DriverProtocol say about their types, read from the text: properties with their documentation.
///
/// Not a Swift parser: it reads the forms that this target uses, and a test fails where it finds nothing.
struct SourceDocumentation {
    /// One member of a JSON object.
    struct Member {
        var name: String
        /// Swift's, as `[String: String]`.
        var type: String
        /// The documentation behind the name: `, required: the driver's own name.`
        var text: String
    }

    /// By the name of the type.
    private(set) var members: [String: [Member]] = [:]
    /// `static let` constants by type: the raw value and the documentation.
    private(set) var constants: [String: [(name: String, value: String, text: String)]] = [:]

    init(directory: URL) throws {
        let files = try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
        for file in files.sorted(by: { $0.path < $1.path }) where file.pathExtension == "swift" {
            read(try String(contentsOf: file, encoding: .utf8))
        }
    }

    private mutating func read(_ source: String) {
        // Nested types, by the indentation at which they begin and end.
        var types: [(indentation: Int, name: String)] = []
        var documentation: [String] = []
        var names: [String] = []
        var shared = ""
        for line in source.split(separator: "\n", omittingEmptySubsequences: false) {
            let text = line.trimmingCharacters(in: .whitespaces)
            let indentation = line.prefix { $0 == " " }.count
            if text == "}" { types.removeAll { $0.indentation == indentation } }
            if text.hasPrefix("///") {
                documentation.append(text.dropFirst(3).trimmingCharacters(in: .whitespaces))
                continue
            }
            if let match = text.firstMatch(of: /^(?:public )?(?:struct|enum|extension) (?:\w+\.)?(\w+)/) {
                types.append((indentation, String(match.1)))
            } else if let match = text.firstMatch(of: /^public var (\w+): ([^={]+?)$/) {
                if !documentation.isEmpty { (names, shared) = Self.split(documentation.joined(separator: " ")) }
                if !names.isEmpty, let type = types.last?.name {
                    members[type, default: []].append(
                        Member(name: names.removeFirst(), type: String(match.2), text: shared))
                }
            } else if let match = text.firstMatch(of: /^public static let (\S+) = (\w+)\(rawValue: "([^"]+)"\)/) {
                let name = match.1.trimmingCharacters(in: ["`"])
                constants[String(match.2), default: []].append(
                    (name, String(match.3), documentation.joined(separator: " ")))
            }
            documentation = []
        }
    }

    /// "`a`, `b`, required: text" as its names and ", required: text".
    private static func split(_ documentation: String) -> (names: [String], text: String) {
        var names: [String] = []
        var rest = documentation[...]
        while let match = rest.prefixMatch(of: /(?:, )?`(\w+)`/) {
            names.append(String(match.1))
            rest = rest[match.range.upperBound...]
        }
        return (names, String(rest))
    }
}
