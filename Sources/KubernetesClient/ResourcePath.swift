public import KubernetesAPI

/// The path of an object or a collection in the Kubernetes API, and its query.
public struct ResourcePath: Sendable {
    public private(set) var text: String
    private var hasQuery = false

    /// `/api/v1/namespaces/NS/persistentvolumeclaims`; without a namespace, those of all of them.
    public static func collection(_ kind: ResourceKind, namespace: String?) -> ResourcePath {
        ResourcePath(kind, namespace: namespace)
    }

    public static func object(_ kind: ResourceKind, _ key: ObjectKey) -> String {
        ResourcePath(kind, key, subresource: nil).text
    }

    public init(_ kind: ResourceKind, _ key: ObjectKey, subresource: String?) {
        self.init(kind, namespace: key.namespace)
        text += "/" + Self.escape(key.name)
        if let subresource { text += "/" + subresource }
    }

    private init(_ kind: ResourceKind, namespace: String?) {
        text = kind.group.isEmpty ? "/api/\(kind.version)" : "/apis/\(kind.group)/\(kind.version)"
        if kind.isNamespaced, let namespace { text += "/namespaces/" + Self.escape(namespace) }
        text += "/" + kind.plural
    }

    /// Adds a query parameter; `nil` and `""` add nothing.
    public mutating func add(_ name: String, _ value: String?) {
        guard let value, !value.isEmpty else { return }
        text += (hasQuery ? "&" : "?") + name + "=" + Self.escape(value)
        hasQuery = true
    }

    /// Percent-encodes all but the unreserved characters (RFC 3986, section 2.3).
    private static func escape(_ text: String) -> String {
        var escaped = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                escaped += digits.count == 1 ? "%0" + digits : "%" + digits
            }
        }
        return escaped
    }
}
