/// The members of a JSON object in the order in which they were written.
///
/// Kubernetes' objects have few members each, so a scan of an array beats hashing; an object of more than
/// ``indexThreshold`` members keeps an index, so that a large ConfigMap costs no quadratic time.
public struct JSONObject: Sendable {
    public typealias Element = (key: String, value: JSONValue)

    private static let indexThreshold = 24

    private var elements: [Element] = []
    private var index: [String: Int] = [:]

    public init() {}

    public init(_ members: some Sequence<(String, JSONValue)>) {
        for (key, value) in members { self[key] = value }
    }

    public var count: Int { elements.count }
    public var isEmpty: Bool { elements.isEmpty }
    public var keys: [String] { elements.map(\.key) }

    /// Setting `nil` removes the member; a new member goes to the end.
    public subscript(key: String) -> JSONValue? {
        get { position(of: key).map { elements[$0].value } }
        set {
            if let position = position(of: key) {
                if let newValue {
                    elements[position].value = newValue
                } else {
                    elements.remove(at: position)
                    rebuildIndex()
                }
            } else if let newValue {
                append(key, newValue)
            }
        }
    }

    public mutating func reserveCapacity(_ capacity: Int) {
        elements.reserveCapacity(capacity)
    }

    /// Removes the members for which `condition` is false, in one pass.
    public mutating func filterInPlace(_ condition: (Element) throws -> Bool) rethrows {
        elements = try elements.filter(condition)
        rebuildIndex()
    }

    public mutating func sortKeys() {
        elements.sort { $0.key < $1.key }
        rebuildIndex()
    }

    private func position(of key: String) -> Int? {
        if !index.isEmpty { return index[key] }
        for position in elements.indices where elements[position].key == key { return position }
        return nil
    }

    private mutating func append(_ key: String, _ value: JSONValue) {
        elements.append((key, value))
        if !index.isEmpty {
            index[key] = elements.count - 1
        } else if elements.count > Self.indexThreshold {
            rebuildIndex()
        }
    }

    private mutating func rebuildIndex() {
        index.removeAll()
        guard elements.count > Self.indexThreshold else { return }
        index.reserveCapacity(elements.count)
        for (position, element) in elements.enumerated() { index[element.key] = position }
    }
}

extension JSONObject: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { elements.count }
    public subscript(position: Int) -> Element { elements[position] }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral members: (String, JSONValue)...) { self.init(members) }
}

/// Two objects are equal when they have the same members, in whatever order (RFC 8259, section 4).
extension JSONObject: Hashable {
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        guard left.count == right.count else { return false }
        return left.elements.indices.allSatisfy { position in
            let (key, value) = left.elements[position]
            if right.elements[position].key == key { return right.elements[position].value == value }
            return right[key] == value
        }
    }

    public func hash(into hasher: inout Hasher) {
        var combined = 0
        for (key, value) in elements {
            var member = Hasher()
            member.combine(key)
            member.combine(value)
            combined ^= member.finalize()
        }
        hasher.combine(combined)
    }
}
