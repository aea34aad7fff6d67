public import JSONTree

/// Writes objects as YAML in the form in which `kubectl get -o yaml` prints them: keys sorted, dashes below their key,
/// strings in quotes only where a reader would take them for something else, several lines as a `|` block. Long lines
/// are not folded.
public enum ManifestEncoder {
    /// - Returns: The text, with a line break at its end.
    public static func encode(_ value: JSONValue) -> String {
        var writer = YAMLWriter()
        writer.writeDocument(value)
        return writer.text
    }

    /// Several documents, `---` between them.
    public static func encode(documents: [JSONValue]) -> String {
        documents.map { encode($0) }.joined(separator: "---\n")
    }
}

struct YAMLWriter {
    private(set) var text = ""

    mutating func writeDocument(_ value: JSONValue) {
        switch value {
        case .object(let object) where !object.isEmpty: writeMembers(object, indentation: 0, isInline: true)
        case .array(let elements) where !elements.isEmpty: writeElements(elements, indentation: 0, isInline: true)
        default:
            writeScalar(value, indentation: 0)
            text += "\n"
        }
    }

    /// - Parameter isInline: The first member goes on the line that has been begun.
    private mutating func writeMembers(_ object: JSONObject, indentation: Int, isInline: Bool) {
        let members = object.sorted { NaturalOrder.precedes($0.key, $1.key) }
        for (position, member) in members.enumerated() {
            if position > 0 || !isInline { indent(indentation) }
            writeKey(member.key)
            text += ":"
            switch member.value {
            case .object(let object) where !object.isEmpty:
                text += "\n"
                writeMembers(object, indentation: indentation + 2, isInline: false)
            case .array(let elements) where !elements.isEmpty:
                text += "\n"
                writeElements(elements, indentation: indentation, isInline: false)
            default:
                text += " "
                writeScalar(member.value, indentation: indentation)
                text += "\n"
            }
        }
    }

    private mutating func writeElements(_ elements: [JSONValue], indentation: Int, isInline: Bool) {
        for (position, element) in elements.enumerated() {
            if position > 0 || !isInline { indent(indentation) }
            text += "- "
            switch element {
            case .object(let object) where !object.isEmpty:
                writeMembers(object, indentation: indentation + 2, isInline: true)
            case .array(let elements) where !elements.isEmpty:
                writeElements(elements, indentation: indentation + 2, isInline: true)
            default:
                writeScalar(element, indentation: indentation)
                text += "\n"
            }
        }
    }

    private mutating func indent(_ count: Int) {
        text += String(repeating: " ", count: count)
    }

    private mutating func writeScalar(_ value: JSONValue, indentation: Int) {
        switch value {
        case .null: text += "null"
        case .bool(let bool): text += bool ? "true" : "false"
        case .integer(let number): text += String(number)
        case .number(let literal): text += literal
        case .string(let string): writeString(string, indentation: indentation)
        case .array: text += "[]"
        case .object: text += "{}"
        }
    }

    private mutating func writeKey(_ key: String) {
        let shape = YAMLStringShape(key)
        // A long key, or one of several lines, would have to be written as an explicit key; quotes say the same.
        text += shape.isPlain && key.utf8.count <= 128 ? key : shape.quoted
    }

    private mutating func writeString(_ string: String, indentation: Int) {
        let shape = YAMLStringShape(string)
        if shape.isPlain {
            text += string
        } else if shape.isBlock {
            writeBlock(string, indentation: indentation)
        } else {
            text += shape.quoted
        }
    }

    private mutating func writeBlock(_ string: String, indentation: Int) {
        text += "|"
        // A reader takes the first line's white space for indentation, unless it is told.
        if string.hasPrefix(" ") || string.hasPrefix("\n") { text += "2" }
        if !string.hasSuffix("\n") {
            text += "-"
        } else if string == "\n" || string.hasSuffix("\n\n") {
            text += "+"
        }
        var lines = string.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        for line in lines {
            text += "\n"
            if !line.isEmpty { indent(indentation + 2) }
            text += line
        }
    }
}
