public import JSONTree

/// `v1.Secret`, over its JSON. Printing it, also by accident, shows its keys and never a value.
public struct Secret: KubernetesObject, Hashable {
    public static let resourceKind = ResourceKind.secret

    public var json: JSONValue

    public init(_ json: JSONValue) { self.json = json }

    /// `Opaque`, `kubernetes.io/tls`, …
    public var type: String { json.string("type") ?? "Opaque" }

    public var keys: [String] { json["data"]?.objectValue?.keys ?? [] }

    /// One value, decoded; `nil` when there is no such key.
    ///
    /// - Throws: ``Base64/DecodingError``, which tells an offset and no content.
    public func value(_ key: String) throws(Base64.DecodingError) -> [UInt8]? {
        guard let encoded = json["data"]?[key]?.stringValue else { return nil }
        return try Base64.decode(encoded)
    }

    /// Every value as text, for drivers, whose secrets are strings (CSI says so too); bytes that are no UTF-8 become
    /// U+FFFD.
    public func strings() throws(Base64.DecodingError) -> [String: String] {
        var strings: [String: String] = [:]
        for (key, value) in json["data"]?.objectValue ?? [:] {
            guard let encoded = value.stringValue else { continue }
            strings[key] = String(decoding: try Base64.decode(encoded), as: UTF8.self)
        }
        return strings
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "Secret \(key) (\(type); keys: \(keys.sorted().joined(separator: ", ")))" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["keys": keys]) }
}
