/// A message that does not have the protocol's shape: where, what should stand there, and what does.
///
/// Never quotes a value that could be a secret: `found` names the JSON type, or the value where the field takes one
/// of a few known words.
public struct ProtocolError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The member's path from the message's root, as `volume.capacityBytes` or `volumes[3].id`; empty for the root.
    public var path: String
    public var expected: String
    public var found: String

    public init(path: String, expected: String, found: String) {
        self.path = path
        self.expected = expected
        self.found = found
    }

    public var description: String {
        "\(path.isEmpty ? "the message" : path): expected \(expected), found \(found)"
    }

    /// The same error seen from one level above: `key` is where the object stands that was read.
    func under(_ key: String) -> ProtocolError {
        var error = self
        error.path = path.isEmpty ? key : "\(key).\(path)"
        return error
    }
}
