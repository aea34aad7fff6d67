/// Percent-encoding of URLs and forms (RFC 3986, 2.1).
enum PercentEncoding {
    /// - Parameter plusIsSpace: As in forms and queries.
    /// - Returns: `nil` for a bad escape, or bytes that are not UTF-8.
    static func decoded(_ text: String, plusIsSpace: Bool = false) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
                else { return nil }
                bytes.append(value)
                rest = rest.dropFirst(2)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Everything but RFC 3986's unreserved characters is escaped, as SigV4 wants it.
    static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }

    /// `a=1&b=2` of a query or a form (`application/x-www-form-urlencoded`).
    static func items(_ text: String) -> [CloudRequest.QueryItem]? {
        var items: [CloudRequest.QueryItem] = []
        for part in text.split(separator: "&") {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decoded(String(sides[0]), plusIsSpace: true),
                let value = decoded(sides.count > 1 ? String(sides[1]) : "", plusIsSpace: true)
            else { return nil }
            items.append(CloudRequest.QueryItem(name: name, value: value))
        }
        return items
    }
}
