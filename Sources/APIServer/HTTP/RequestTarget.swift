import KubernetesAPI

/// The target of a request (RFC 9112, section 3.2), percent-decoded: path segments and query items.
struct RequestTarget {
    let segments: [String]
    let query: Query

    /// - Throws: `BadRequest` for an escape that is none, or that decodes to invalid UTF-8.
    init(_ target: String) throws(StatusError) {
        var target = target[...]
        if let scheme = target.firstRange(of: "://"), !target[..<scheme.lowerBound].contains("/") {
            // The absolute form, as a proxy sends it.
            target = target[scheme.upperBound...].drop { $0 != "/" && $0 != "?" }
        }
        if let fragment = target.firstIndex(of: "#") { target = target[..<fragment] }
        let mark = target.firstIndex(of: "?") ?? target.endIndex
        var segments: [String] = []
        for segment in target[..<mark].split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            segments.append(try Self.decode(segment, plusIsSpace: false))
        }
        if segments.last == "" { segments.removeLast() }
        self.segments = segments
        query = mark == target.endIndex ? Query() : try Query(target[target.index(after: mark)...])
    }

    static func decode(_ text: Substring, plusIsSpace: Bool) throws(StatusError) -> String {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else {
            return String(text)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var iterator = text.utf8.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = hexValue(iterator.next()), let low = hexValue(iterator.next()) else {
                    throw .badRequest("invalid URL escape in \"\(text)\": two hexadecimal digits are expected after %")
                }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw .badRequest("invalid URL escape in \"\(text)\": it does not decode to UTF-8")
        }
        return decoded
    }

    private static func hexValue(_ byte: UInt8?) -> UInt8? {
        switch byte {
        case .some(let digit) where digit >= UInt8(ascii: "0") && digit <= UInt8(ascii: "9"):
            digit - UInt8(ascii: "0")
        case .some(let digit) where digit >= UInt8(ascii: "a") && digit <= UInt8(ascii: "f"):
            digit - UInt8(ascii: "a") + 10
        case .some(let digit) where digit >= UInt8(ascii: "A") && digit <= UInt8(ascii: "F"):
            digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// The items of a query, in order; the first of a name counts, as in Kubernetes.
struct Query {
    private var items: [(name: String, value: String)] = []

    init() {}

    init(_ text: Substring) throws(StatusError) {
        for item in text.split(separator: "&") {
            let equals = item.firstIndex(of: "=") ?? item.endIndex
            let value = equals == item.endIndex ? "" : item[item.index(after: equals)...]
            items.append(
                (
                    try RequestTarget.decode(item[..<equals], plusIsSpace: true),
                    try RequestTarget.decode(value, plusIsSpace: true)
                ))
        }
    }

    subscript(name: String) -> String? {
        for item in items where item.name == name { return item.value }
        return nil
    }

    var dictionary: [String: String] { Dictionary(items.map { ($0.name, $0.value) }) { first, _ in first } }

    func all(_ name: String) -> [String] {
        items.filter { $0.name == name }.map(\.value)
    }

    /// As Kubernetes reads a boolean parameter: `0` and `false` are false, all else that is there is true.
    func flag(_ name: String) -> Bool? {
        guard let value = self[name] else { return nil }
        return !(value == "0" || value.lowercased() == "false")
    }

    /// - Throws: `BadRequest` when it is there and no whole number from 0.
    func count(_ name: String) throws(StatusError) -> Int? {
        guard let text = self[name], !text.isEmpty else { return nil }
        guard let value = Int(text), value >= 0 else {
            throw .badRequest("the query parameter \(name)=\"\(text)\" is no whole number of 0 or more")
        }
        return value
    }

    /// - Throws: `BadRequest` when it is there and no version.
    func resourceVersion() throws(StatusError) -> UInt64? {
        guard let text = self["resourceVersion"], !text.isEmpty else { return nil }
        guard let value = UInt64(text) else {
            throw .badRequest("resourceVersion: Invalid value: \"\(text)\": strconv.ParseUint: invalid syntax")
        }
        return value
    }
}
