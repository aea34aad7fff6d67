/// An element of an XML answer.
struct XMLElement: Sendable {
    enum Content: Sendable {
        case text(String)
        case children([XMLElement])
    }

    var name: String
    var content: Content

    init(_ name: String, _ text: String) {
        self.name = name
        content = .text(text)
    }

    init(_ name: String, _ flag: Bool) { self.init(name, flag ? "true" : "false") }

    init(_ name: String, _ number: Int) { self.init(name, String(number)) }

    init(_ name: String, time: SimulatorClock.Milliseconds) { self.init(name, SimulatorClock.text(time)) }

    init(_ name: String, _ children: [XMLElement]) {
        self.name = name
        content = .children(children)
    }

    /// `<volumeSet><item>…</item><item>…</item></volumeSet>`
    static func set(_ name: String, _ items: [[XMLElement]]) -> XMLElement {
        XMLElement(name, items.map { XMLElement("item", $0) })
    }

    func write(into text: inout String, namespace: String? = nil) {
        text += "<\(name)"
        if let namespace { text += " xmlns=\"\(namespace)\"" }
        switch content {
        case .text(let value) where value.isEmpty: text += "/>"
        case .children(let children) where children.isEmpty: text += "/>"
        case .text(let value): text += ">\(Self.escaped(value))</\(name)>"
        case .children(let children):
            text += ">"
            for child in children { child.write(into: &text) }
            text += "</\(name)>"
        }
    }

    func document(namespace: String?) -> String {
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        write(into: &text, namespace: namespace)
        return text
    }

    /// Characters that XML 1.0 cannot hold in any form are left out.
    private static func escaped(_ value: String) -> String {
        var result = ""
        result.reserveCapacity(value.utf8.count)
        for scalar in value.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\r": result += "&#13;"
            case "\t", "\n": result.unicodeScalars.append(scalar)
            case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": break
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
