public import JSONTree

/// A message, or a part of one, of the driver protocol.
///
/// Reading tolerates members that this version does not know, and takes `null` for an absent member; a member of the
/// wrong type, or out of its bounds, is an error. Writing leaves out what is absent or empty.
public protocol JSONConvertible: Sendable {
    /// - Throws: ``ProtocolError`` with the path of the first member that is wrong.
    init(json: JSONValue) throws(ProtocolError)

    var json: JSONValue { get }
}
