/// Percent-encoding of paths, queries and forms (RFC 3986, 2.1).
public enum PercentEncoding {
    /// Escapes everything but RFC 3986's unreserved characters, a space as `%20`: as SigV4 wants it, and right in paths,
    /// queries and forms alike.
    ///
    /// - Parameter keeping: A character to leave as it is: `/` for a path of several segments.
    public static func encoded(_ text: String, keeping kept: Unicode.Scalar? = nil) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            if isUnreserved(byte) || kept.map({ UInt32(byte) == $0.value }) == true {
                result.append(byte)
            } else {
                result += [UInt8(ascii: "%"), Hex.upperCaseDigit(byte >> 4), Hex.upperCaseDigit(byte & 0xF)]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// - Parameter plusIsSpace: As in queries and forms.
    /// - Returns: `nil` for a bad escape, or for what is no UTF-8 then.
    public static func decoded(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String? {
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(Hex.value), let low = rest.popFirst().flatMap(Hex.value) else {
                    return nil
                }
                result.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: result.append(UInt8(ascii: " "))
            default: result.append(byte)
            }
        }
        return String(validating: result, as: UTF8.self)
    }

    /// `a=1&b=2`: a query, or the body of a form (`application/x-www-form-urlencoded`).
    public static func query(_ items: [(name: String, value: String)]) -> String {
        items.map { "\(encoded($0.name))=\(encoded($0.value))" }.joined(separator: "&")
    }

    /// Reads ``query(_:)``. What is no valid encoding is taken as it stands.
    public static func items(ofQuery query: String) -> [(name: String, value: String)] {
        query.split(separator: "&").map { part in
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = sides.count > 1 ? sides[1] : ""
            return (
                decoded(sides[0], plusIsSpace: true) ?? String(sides[0]),
                decoded(value, plusIsSpace: true) ?? String(value)
            )
        }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}

/// Hexadecimal digits.
public enum Hex {
    /// In lower case.
    public static func encoded(_ bytes: some Sequence<UInt8>) -> String {
        var result: [UInt8] = []
        for byte in bytes { result += [upperCaseDigit(byte >> 4) | 0x20, upperCaseDigit(byte & 0xF) | 0x20] }
        return String(decoding: result, as: UTF8.self)
    }

    static func upperCaseDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }

    static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
