import Crypto
import Foundation
import JSONTree

/// The credentials that the metadata service and STS give out for a time.
///
/// Nothing is remembered of them: the session's token says what it is for and until when, under a key of the
/// simulator's own, and the secret follows from the token.
struct TemporaryCredentials: Sendable {
    struct Session: Sendable {
        var accessKey: String
        var secret: String
        var token: String
        var expires: Date
    }

    private static let kind = "aws.signingKey"

    private let key: SymmetricKey

    init(_ store: ResourceStore) throws {
        if let bytes = try store.all(Self.kind)["key"]?.stringValue.flatMap({ Data(base64Encoded: $0) }) {
            key = SymmetricKey(data: bytes)
        } else {
            key = SymmetricKey(size: .bits256)
            let text = key.withUnsafeBytes { Data($0).base64EncodedString() }
            try store.commit([.put(kind: Self.kind, key: "key", .string(text))])
        }
    }

    /// - Parameter subject: The role, for people who read the token.
    func session(_ subject: String, seconds: Int, now: Date = Date()) -> Session {
        let expires = Date(timeIntervalSince1970: (now.timeIntervalSince1970 + Double(seconds)).rounded(.down))
        let accessKey = "ASIA" + String((0..<16).map { _ in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".randomElement() ?? "A" })
        let token = sealed("\(accessKey) \(Int(expires.timeIntervalSince1970)) \(subject)")
        return Session(accessKey: accessKey, secret: secret(of: token), token: token, expires: expires)
    }

    /// The secret of a temporary access key.
    ///
    /// - Throws: ``EC2Error`` for a token that this simulator has not given out, or whose time is over.
    func secret(of accessKey: String, token: String, now: Date = Date()) throws(EC2Error) -> String {
        guard let parts = opened(token)?.split(separator: " ", maxSplits: 2), parts.count == 3,
            parts[0] == accessKey, let expires = Int(parts[1])
        else { throw .authFailure }
        guard now.timeIntervalSince1970 < Double(expires) else { throw .expired }
        return secret(of: token)
    }

    /// `text`, so that it can be read by all and written by none but this.
    func sealed(_ text: String) -> String {
        let body = Data(text.utf8)
        let code = HMAC<SHA256>.authenticationCode(for: body, using: key)
        return (Data(code) + body).base64EncodedString()
    }

    func opened(_ token: String) -> String? {
        guard let bytes = Data(base64Encoded: token), bytes.count > 32 else { return nil }
        let body = bytes.dropFirst(32)
        guard HMAC<SHA256>.isValidAuthenticationCode(bytes.prefix(32), authenticating: body, using: key) else {
            return nil
        }
        return String(data: body, encoding: .utf8)
    }

    private func secret(of token: String) -> String {
        Data(HMAC<SHA256>.authenticationCode(for: Data("secret \(token)".utf8), using: key).prefix(30))
            .base64EncodedString()
    }
}
