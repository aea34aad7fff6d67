import JSONTree

/// One step of a path in a ``FieldSet``, in its serialized form.
enum PathElement {
    static func field(_ name: String) -> String { "f:" + name }

    static func value(_ value: JSONValue) -> String { "v:" + String(decoding: value.encoded, as: UTF8.self) }

    static func index(_ position: Int) -> String { "i:\(position)" }

    /// An element of a list by its keys, with the defaults of those that are absent; `nil` when one is missing.
    static func key(of element: JSONValue, _ keys: [ListType.Key]) -> String? {
        var members: [(String, JSONValue)] = []
        members.reserveCapacity(keys.count)
        for key in keys {
            guard let value = element[key.name] ?? key.defaultValue.map(JSONValue.string) else { return nil }
            members.append((key.name, value))
        }
        if members.count > 1 { members.sort { $0.0 < $1.0 } }
        return "k:" + String(decoding: JSONValue.object(JSONObject(members)).encoded, as: UTF8.self)
    }

    /// The name of a field; `nil` for an element of a list.
    static func fieldName(_ element: String) -> String? {
        element.utf8.starts(with: "f:".utf8) ? String(element.dropFirst(2)) : nil
    }

    /// The form in which this code writes the element, for one that a client has written; `nil` for what is none.
    static func canonical(_ element: String) -> String? {
        let utf8 = element.utf8
        guard utf8.count >= 2, utf8[utf8.index(after: utf8.startIndex)] == UInt8(ascii: ":") else { return nil }
        switch utf8.first {
        case UInt8(ascii: "f"): return element
        case UInt8(ascii: "i"): return Int(element.dropFirst(2)) == nil ? nil : element
        case UInt8(ascii: "k"), UInt8(ascii: "v"):
            guard let json = json(of: element) else { return nil }
            return String(element.prefix(2)) + String(decoding: json.canonicalEncoded, as: UTF8.self)
        default: return nil
        }
    }

    /// For messages: `.spec`, `[name="a"]`, `[="x"]`, `[0]`; of a long element its beginning.
    static func description(of element: String) -> String {
        let limit = 256
        if element.utf8.count > limit {
            return ".\(String(decoding: element.utf8.dropFirst(2).prefix(limit), as: UTF8.self))…"
        }
        if let name = fieldName(element) { return "." + name }
        guard let json = json(of: element) else { return "[\(element.dropFirst(2))]" }
        guard element.utf8.first == UInt8(ascii: "k"), case .object(let keys) = json else {
            return "[=\(String(decoding: json.encoded, as: UTF8.self))]"
        }
        let parts = keys.map { "\($0.key)=\(String(decoding: $0.value.encoded, as: UTF8.self))" }
        return "[\(parts.joined(separator: ","))]"
    }

    private static func json(of element: String) -> JSONValue? {
        guard element.utf8.first != UInt8(ascii: "i") else { return nil }
        do {
            return try JSONParser.parse(element.utf8.dropFirst(2))
        } catch {
            return nil
        }
    }
}
