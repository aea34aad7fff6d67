/// The secret that lets a client in.
public struct BearerToken: Sendable {
    private let bytes: [UInt8]

    /// - Parameter text: Of visible ASCII characters, as a header carries it.
    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// 256 bits from the system's source of randomness, in hexadecimal digits.
    static func random() -> BearerToken {
        var generator = SystemRandomNumberGenerator()
        let words = (0..<4).map { _ in generator.next() }
        return BearerToken(
            words.map { word in
                let digits = String(word, radix: 16)
                return String(repeating: "0", count: 16 - digits.count) + digits
            }.joined())
    }

    /// For a kubeconfig, and for nothing else.
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Whether an `Authorization` header carries this token. Takes the same time wherever the first difference is.
    func matches(authorization: String?) -> Bool {
        guard let authorization else { return false }
        let scheme = Array("bearer ".utf8)
        let header = Array(authorization.utf8)
        guard header.count == scheme.count + bytes.count else { return false }
        var difference: UInt8 = 0
        for (position, byte) in header.enumerated() {
            if position < scheme.count {
                difference |= (byte | 0x20) ^ scheme[position]
            } else {
                difference |= byte ^ bytes[position - scheme.count]
            }
        }
        return difference == 0
    }
}

extension BearerToken: CustomStringConvertible, CustomReflectable {
    public var description: String { "(a bearer token)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
