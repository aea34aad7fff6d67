import JSONTree

/// A line of a resident driver that is a JSON object.
struct JSONLine: Sendable {
    var bytes: [UInt8]
    var json: JSONValue
}
