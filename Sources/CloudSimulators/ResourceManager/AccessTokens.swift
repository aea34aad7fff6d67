import Crypto
import Foundation
import JSONTree

/// Access tokens that the simulator issues and recognizes: JSON Web Tokens, signed with a key of its own (HS256; clients
/// must not look into them).
struct AccessTokens: Sendable {
    enum Fault: Error {
        case malformed
        case expired(since: SimulatorClock.Milliseconds)
        case wrongAudience(String)
    }

    private let key: SymmetricKey

    /// - Parameter store: Keeps the key, so that a token is good over a restart.
    init(_ store: ResourceStore) throws {
        if let text = try store.all("azure.key")["tokens"]?.stringValue, let data = Data(base64Encoded: text) {
            key = SymmetricKey(data: data)
        } else {
            key = SymmetricKey(size: .bits256)
            let text = key.withUnsafeBytes { Data($0).base64EncodedString() }
            try store.commit([.put(kind: "azure.key", key: "tokens", .string(text))])
        }
    }

    /// - Parameters:
    ///   - audience: What it is for, as `https://management.azure.com`.
    ///   - subject: The application's ID.
    func issue(
        audience: String, tenant: String, subject: String, now: SimulatorClock.Milliseconds, seconds: Int64
    ) -> String {
        let claims: JSONValue = [
            "aud": .string(audience), "iss": .string("https://sts.windows.net/\(tenant)/"), "iat": .integer(now / 1000),
            "nbf": .integer(now / 1000), "exp": .integer(now / 1000 + seconds), "appid": .string(subject),
            "oid": .string(subject), "sub": .string(subject), "tid": .string(tenant), "ver": "1.0",
        ]
        let header: JSONValue = ["typ": "JWT", "alg": "HS256"]
        let content = "\(Self.base64URL(Data(header.encoded))).\(Self.base64URL(Data(claims.encoded)))"
        let code = HMAC<SHA256>.authenticationCode(for: Data(content.utf8), using: key)
        return "\(content).\(Self.base64URL(Data(code)))"
    }

    /// - Parameter audiences: Those that are as good as any other.
    /// - Throws: ``Fault``
    func verify(_ token: String, audiences: [String], now: SimulatorClock.Milliseconds) throws(Fault) {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let code = Self.data(base64URL: parts[2]), let payload = Self.data(base64URL: parts[1]),
            HMAC<SHA256>.isValidAuthenticationCode(
                code, authenticating: Data("\(parts[0]).\(parts[1])".utf8), using: key),
            let claims = try? JSONParser.parse(payload),  // what was signed here can be read
            let end = claims["exp"]?.integerValue
        else { throw .malformed }
        guard end * 1000 > now else { throw .expired(since: end * 1000) }
        let audience = claims["aud"]?.stringValue ?? ""
        guard audiences.contains(Self.withoutSlash(audience)) else { throw .wrongAudience(audience) }
    }

    static func withoutSlash(_ text: String) -> String {
        var text = text
        while text.hasSuffix("/") { text.removeLast() }
        return text
    }

    private static func base64URL(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private static func data(base64URL text: Substring) -> Data? {
        let standard = text.replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: standard + String(repeating: "=", count: (4 - standard.count % 4) % 4))
    }
}
