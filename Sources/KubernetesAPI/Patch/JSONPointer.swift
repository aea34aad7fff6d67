import JSONTree

/// A place in a JSON document (RFC 6901), as `/metadata/labels/app`.
struct JSONPointer: Hashable, CustomStringConvertible {
    /// What a pointer asks for that the document does not have.
    struct Mismatch: Error {
        var message: String
    }

    var tokens: [String]

    /// - Throws: when `text` is no pointer: it is empty (the whole document) or begins with `/`.
    init(_ text: String) throws(Mismatch) {
        guard text.isEmpty || text.utf8.first == UInt8(ascii: "/") else {
            throw Mismatch(message: "the path \"\(text)\" does not begin with a slash")
        }
        // By bytes: "/" and a combining mark behind it are one `Character`, which is no "/".
        tokens = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst()
            .map { Self.unescaped(Substring($0)) }
    }

    /// `~1` is a slash and `~0` a tilde, in this order of reading (RFC 6901, section 4).
    private static func unescaped(_ token: Substring) -> String {
        guard token.contains("~") else { return String(token) }
        var result = ""
        var rest = token
        while let first = rest.first {
            if rest.hasPrefix("~1") {
                result.append("/")
                rest = rest.dropFirst(2)
            } else if rest.hasPrefix("~0") {
                result.append("~")
                rest = rest.dropFirst(2)
            } else {
                result.append(first)
                rest = rest.dropFirst()
            }
        }
        return result
    }

    var description: String {
        tokens.map { token in
            "/"
                + token.reduce(into: "") { text, character in
                    switch character {
                    case "~": text += "~0"
                    case "/": text += "~1"
                    default: text.append(character)
                    }
                }
        }.joined()
    }

    /// Whether `other` lies beneath this place.
    func isPrefix(of other: JSONPointer) -> Bool {
        other.tokens.count > tokens.count && other.tokens.starts(with: tokens)
    }

    func value(in document: JSONValue) throws(Mismatch) -> JSONValue {
        var value = document
        for (depth, token) in tokens.enumerated() {
            switch value {
            case .object(let object):
                guard let member = object[token] else { throw missing(depth) }
                value = member
            case .array(let elements):
                value = elements[try position(token, in: elements.count, at: depth)]
            default: throw missing(depth)
            }
        }
        return value
    }

    /// The cost, in values touched, of inserting or removing a value here: a list moves its elements as a block, and an
    /// object rebuilds its index when a member is removed.
    func shift(in document: JSONValue, isRemoval: Bool) -> Int {
        var parent = document
        for token in tokens.dropLast() {
            switch parent {
            case .object(let object): parent = object[token] ?? .null
            case .array(let elements):
                guard let position = Int(token), elements.indices.contains(position) else { return 0 }
                parent = elements[position]
            default: return 0
            }
        }
        switch parent {
        case .array(let elements): return elements.count / 8
        case .object(let object): return isRemoval ? object.count : 0
        default: return 0
        }
    }

    /// Puts a value at this place: sets a member, or inserts before an element (`-` is the end of an array).
    func add(_ value: JSONValue, to document: inout JSONValue) throws(Mismatch) {
        guard !tokens.isEmpty else {
            document = value
            return
        }
        try change(&document, member: { $0[$1] = value }) { (elements, token, depth) throws(Mismatch) in
            let position =
                token == "-" ? elements.count : try self.position(token, in: elements.count + 1, at: depth)
            elements.insert(value, at: position)
        }
    }

    func replace(with value: JSONValue, in document: inout JSONValue) throws(Mismatch) {
        _ = try self.value(in: document)
        guard !tokens.isEmpty else {
            document = value
            return
        }
        try change(&document, member: { $0[$1] = value }) { (elements, token, depth) throws(Mismatch) in
            elements[try position(token, in: elements.count, at: depth)] = value
        }
    }

    @discardableResult
    func remove(from document: inout JSONValue) throws(Mismatch) -> JSONValue {
        let removed = try value(in: document)
        guard !tokens.isEmpty else {
            throw Mismatch(message: "the whole document cannot be removed")
        }
        try change(&document, member: { $0[$1] = nil }) { (elements, token, depth) throws(Mismatch) in
            elements.remove(at: try position(token, in: elements.count, at: depth))
        }
        return removed
    }

    /// Changes the member or the element at this place, within what holds it.
    private func change(
        _ document: inout JSONValue, member: (_ object: inout JSONObject, _ name: String) -> Void,
        element: (_ elements: inout [JSONValue], _ token: String, _ depth: Int) throws(Mismatch) -> Void
    ) throws(Mismatch) {
        try withParent(in: &document, depth: 0) { (parent, token, depth) throws(Mismatch) in
            switch parent {
            case .object(var object):
                // Not copied: nobody else holds it now.
                parent = .null
                member(&object, token)
                parent = .object(object)
            case .array(var elements):
                parent = .null
                try element(&elements, token, depth)
                parent = .array(elements)
            default: throw missing(depth)
            }
        }
    }

    private func withParent(
        in value: inout JSONValue, depth: Int,
        _ change: (_ parent: inout JSONValue, _ token: String, _ depth: Int) throws(Mismatch) -> Void
    ) throws(Mismatch) {
        let token = tokens[depth]
        if depth == tokens.count - 1 { return try change(&value, token, depth) }
        switch value {
        case .object(var object):
            guard var child = object[token] else { throw missing(depth) }
            value = .null
            object[token] = .null
            try withParent(in: &child, depth: depth + 1, change)
            object[token] = child
            value = .object(object)
        case .array(var elements):
            let position = try position(token, in: elements.count, at: depth)
            value = .null
            try withParent(in: &elements[position], depth: depth + 1, change)
            value = .array(elements)
        default: throw missing(depth)
        }
    }

    /// An index has no sign and no leading zero.
    private func position(_ token: String, in count: Int, at depth: Int) throws(Mismatch) -> Int {
        let isIndex = !token.isEmpty && token.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
        guard isIndex, token == "0" || !token.hasPrefix("0"), let position = Int(token) else {
            throw Mismatch(message: "\"\(token)\" in \(self) is no index of an array")
        }
        guard position < count else { throw missing(depth) }
        return position
    }

    private func missing(_ depth: Int) -> Mismatch {
        var prefix = self
        prefix.tokens = Array(tokens[...depth])
        return Mismatch(message: "there is no \(prefix)")
    }
}
