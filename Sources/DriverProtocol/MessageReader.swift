import JSONTree

/// Reads the members of one JSON object by name and type; `null` counts as absent.
struct MessageReader {
    private let object: JSONObject

    init(_ json: JSONValue) throws(ProtocolError) {
        guard let object = json.objectValue else {
            throw ProtocolError(path: "", expected: "an object", found: Self.describe(json))
        }
        self.object = object
    }

    func value(_ key: String) -> JSONValue? {
        guard let value = object[key], !value.isNull else { return nil }
        return value
    }

    func string(_ key: String) throws(ProtocolError) -> String? {
        guard let value = value(key) else { return nil }
        guard let string = value.stringValue else { throw mismatch(key, "a string", value) }
        return string
    }

    func requiredString(_ key: String) throws(ProtocolError) -> String {
        guard let string = try string(key) else { throw missing(key, "a string") }
        guard !string.isEmpty else {
            throw ProtocolError(path: key, expected: "a string that is not empty", found: "\"\"")
        }
        return string
    }

    func bool(_ key: String) throws(ProtocolError) -> Bool? {
        guard let value = value(key) else { return nil }
        guard let bool = value.boolValue else { throw mismatch(key, "true or false", value) }
        return bool
    }

    /// An integer, also when it is written as `1e9` or `5.0`: some languages write every number so.
    func integer(_ key: String, in bounds: ClosedRange<Int64> = 0...Int64.max) throws(ProtocolError) -> Int64? {
        guard let value = value(key) else { return nil }
        let expected =
            bounds.upperBound == .max
            ? "an integer of at least \(bounds.lowerBound)"
            : "an integer from \(bounds.lowerBound) to \(bounds.upperBound)"
        let integer: Int64
        switch value {
        case .integer(let exact): integer = exact
        case .number(let literal):
            // 2^53: beyond it a floating-point number no longer tells one integer from the next.
            guard let double = Double(literal), double.magnitude <= 9_007_199_254_740_992,
                let whole = Int64(exactly: double)
            else { throw ProtocolError(path: key, expected: expected, found: literal) }
            integer = whole
        default: throw mismatch(key, expected, value)
        }
        guard bounds.contains(integer) else {
            throw ProtocolError(path: key, expected: expected, found: String(integer))
        }
        return integer
    }

    /// A duration in seconds, with or without a fraction, from 0 to 10^9 (31 years).
    func seconds(_ key: String) throws(ProtocolError) -> Duration? {
        guard let value = value(key) else { return nil }
        let expected = "a number of seconds from 0 to 1000000000"
        guard let seconds = value.doubleValue else { throw mismatch(key, expected, value) }
        guard seconds >= 0, seconds <= 1_000_000_000 else {
            throw ProtocolError(path: key, expected: expected, found: "\(seconds)")
        }
        // To the nanosecond, as MessageWriter writes it: 4.92 is not a nanosecond less once it is written again.
        let whole = seconds.rounded(.down)
        return .seconds(Int64(whole)) + .nanoseconds(Int64(((seconds - whole) * 1e9).rounded()))
    }

    func strings(_ key: String) throws(ProtocolError) -> [String] {
        guard let value = value(key) else { return [] }
        guard let array = value.arrayValue else { throw mismatch(key, "an array of strings", value) }
        var strings: [String] = []
        strings.reserveCapacity(array.count)
        for (position, element) in array.enumerated() {
            guard let string = element.stringValue else { throw mismatch("\(key)[\(position)]", "a string", element) }
            strings.append(string)
        }
        return strings
    }

    func dictionary(_ key: String) throws(ProtocolError) -> [String: String] {
        guard let value = value(key) else { return [:] }
        do {
            return try Self.dictionary(value)
        } catch {
            throw error.under(key)
        }
    }

    func dictionaries(_ key: String) throws(ProtocolError) -> [[String: String]] {
        guard let value = value(key) else { return [] }
        guard let array = value.arrayValue else { throw mismatch(key, "an array of objects of strings", value) }
        var dictionaries: [[String: String]] = []
        for (position, element) in array.enumerated() {
            do {
                dictionaries.append(try Self.dictionary(element))
            } catch {
                throw error.under("\(key)[\(position)]")
            }
        }
        return dictionaries
    }

    func object(_ key: String) throws(ProtocolError) -> JSONObject? {
        guard let value = value(key) else { return nil }
        guard let object = value.objectValue else { throw mismatch(key, "an object", value) }
        return object
    }

    func part<Part: JSONConvertible>(_ key: String, as type: Part.Type) throws(ProtocolError) -> Part? {
        guard let value = value(key) else { return nil }
        do {
            return try Part(json: value)
        } catch {
            throw error.under(key)
        }
    }

    func parts<Part: JSONConvertible>(_ key: String, as type: Part.Type) throws(ProtocolError) -> [Part]? {
        guard let value = value(key) else { return nil }
        guard let array = value.arrayValue else { throw mismatch(key, "an array of objects", value) }
        var parts: [Part] = []
        parts.reserveCapacity(array.count)
        for (position, element) in array.enumerated() {
            do {
                parts.append(try Part(json: element))
            } catch {
                throw error.under("\(key)[\(position)]")
            }
        }
        return parts
    }

    func missing(_ key: String, _ expected: String) -> ProtocolError {
        ProtocolError(path: key, expected: expected, found: "nothing")
    }

    private func mismatch(_ key: String, _ expected: String, _ value: JSONValue) -> ProtocolError {
        ProtocolError(path: key, expected: expected, found: Self.describe(value))
    }

    private static func dictionary(_ value: JSONValue) throws(ProtocolError) -> [String: String] {
        guard let object = value.objectValue else {
            throw ProtocolError(path: "", expected: "an object of strings", found: describe(value))
        }
        var strings = [String: String](minimumCapacity: object.count)
        for (name, member) in object {
            guard let string = member.stringValue else {
                throw ProtocolError(path: name, expected: "a string", found: describe(member))
            }
            strings[name] = string
        }
        return strings
    }

    /// With its article; an integer is told from another number, since most numbers here must be integers.
    private static func describe(_ value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .integer: "an integer"
        case .array, .object: "an \(value.typeName)"
        case .bool, .number, .string: "a \(value.typeName)"
        }
    }
}
