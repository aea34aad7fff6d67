import JSONTree

/// Writes the members of one JSON object, leaving out what is absent or empty.
struct MessageWriter {
    private var object = JSONObject()

    init() { object.reserveCapacity(8) }

    var json: JSONValue { .object(object) }

    mutating func set(_ key: String, _ value: JSONValue?) { object[key] = value }
    mutating func set(_ key: String, _ string: String?) { object[key] = string.map(JSONValue.string) }
    mutating func set(_ key: String, _ integer: Int64?) { object[key] = integer.map(JSONValue.integer) }
    mutating func set(_ key: String, _ bool: Bool?) { object[key] = bool.map(JSONValue.bool) }
    mutating func set(_ key: String, _ part: (some JSONConvertible)?) { object[key] = part?.json }

    mutating func set(_ key: String, _ strings: [String]) {
        if !strings.isEmpty { object[key] = JSONValue(strings) }
    }

    mutating func set(_ key: String, _ strings: [String: String]) {
        if !strings.isEmpty { object[key] = JSONValue(strings) }
    }

    mutating func set(_ key: String, _ dictionaries: [[String: String]]) {
        if !dictionaries.isEmpty { object[key] = .array(dictionaries.map { JSONValue($0) }) }
    }

    mutating func set(_ key: String, _ parts: [some JSONConvertible]?) {
        object[key] = parts.map { .array($0.map(\.json)) }
    }

    /// Seconds as a JSON number, exact to the nanosecond.
    mutating func set(_ key: String, seconds duration: Duration?) {
        object[key] = duration.map(Self.number)
    }

    private static func number(_ duration: Duration) -> JSONValue {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = attoseconds / 1_000_000_000
        guard nanoseconds != 0 else { return .integer(seconds) }
        var digits = String(nanoseconds.magnitude)
        digits = String(repeating: "0", count: 9 - digits.utf8.count) + digits
        while digits.utf8.last == UInt8(ascii: "0") { digits.removeLast() }
        let sign = seconds < 0 || nanoseconds < 0 ? "-" : ""
        return .number("\(sign)\(seconds.magnitude).\(digits)")
    }
}
