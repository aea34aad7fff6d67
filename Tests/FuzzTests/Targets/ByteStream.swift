import JSONTree

/// Turns an input's bytes into choices, one after the other; when they are used up, each further choice is the first.
struct ByteStream {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: some Sequence<UInt8>) { rest = Array(bytes)[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    /// From 0 up to, not including, `bound`.
    mutating func below(_ bound: Int) -> Int {
        guard bound > 1 else { return 0 }
        return bound <= 256 ? Int(byte()) % bound : (Int(byte()) << 8 | Int(byte())) % bound
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    /// One time out of `count`.
    mutating func chance(of count: Int) -> Bool { below(count) == count - 1 }

    mutating func integer() -> Int64 {
        switch below(6) {
        case 0: 0
        case 1: .max
        case 2: .min
        case 3: -1
        case 4: Int64(below(65536))
        default: (0..<8).reduce(0) { value, _ in value << 8 | Int64(byte()) }
        }
    }

    /// Up to 15 bytes as they come, repaired to UTF-8.
    mutating func text() -> String {
        let count = below(16)
        defer { rest = rest.dropFirst(count) }
        return String(decoding: rest.prefix(count), as: UTF8.self)
    }

    // MARK: Trees

    /// A small tree, or a strange scalar.
    mutating func value(depth: Int = 0) -> JSONValue {
        switch below(depth < 4 ? 16 : 12) {
        case 0: return .null
        case 1: return .bool(chance(of: 2))
        case 2: return .integer(integer())
        case 3: return .number(pick(["1e999", "-0.5", "18446744073709551616", "0e0", "1.0", "1e-400"]))
        case 4: return .string(text())
        case 5:
            return .string(
                pick([
                    "1Gi", "-5", "9999999999999999999Ei", "0000-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59",
                    "25%",
                    "default", "berth.dev/a", "$patch", "replace", "v1", "",
                ]))
        case 6: return .string(String(repeating: "a", count: 300))
        case 7: return [:]
        case 8: return []
        case 9: return [.null]
        case 10: return ["$patch": pick(["delete", "replace", "merge", ""])]
        case 11: return ["name": "a"]
        case 12, 13: return .array((0..<below(4)).map { _ in value(depth: depth + 1) })
        default:
            return .object(JSONObject((0..<below(4)).map { _ in (key(), value(depth: depth + 1)) }))
        }
    }

    private mutating func key() -> String {
        pick([
            "name", "metadata", "spec", "status", "labels", "annotations", "finalizers", "managedFields", "uid", "kind",
            "items", "$patch", "$setElementOrder/finalizers", "$deleteFromPrimitiveList/finalizers", "$retainKeys",
            "f:a",
            "k:{\"name\":\"a\"}", "v:\"a\"", "i:0", ".", "", "storage", "resources", "requests", "containers", "env",
            "ports", "time", "generation", "replicas", text(),
        ])
    }

    /// The tree with some of its values changed, removed, doubled or nested.
    mutating func mangled(_ value: JSONValue) -> JSONValue {
        if chance(of: 12) { return self.value() }
        switch value {
        case .object(var object):
            guard !object.isEmpty else { return value }
            // One member, most often: an object that is wrong everywhere gets no further than the first check.
            for _ in 0...below(2) {
                let key = object.keys[below(object.count)]
                switch below(10) {
                case 0: object[key] = nil
                case 1: object[self.key()] = self.value()
                default: object[key] = object[key].map { mangled($0) }
                }
                if object.isEmpty { break }
            }
            return .object(object)
        case .array(var elements):
            guard !elements.isEmpty else { return .array([self.value()]) }
            let position = below(elements.count)
            switch below(6) {
            case 0: elements.remove(at: position)
            case 1: elements.append(elements[position])
            case 2: elements.swapAt(position, 0)
            default: elements[position] = mangled(elements[position])
            }
            return .array(elements)
        default: return self.value()
        }
    }

    /// A chain of objects.
    mutating func nested() -> JSONValue {
        (0..<below(260)).reduce([:]) { inner, _ in ["f:a": inner] }
    }
}
