import Crypto
import CryptoExtras
import Foundation
import JSONTree

/// Who calls: bearer tokens, as the simulator gives them out and as service accounts sign them themselves.
///
/// Tokens live in real time, whatever the simulator's clock does: it is the clients' clocks that count here.
struct TokenAuthority: Sendable {
    private struct Claims: Decodable {
        var iss: String?
        var sub: String?
        var aud: String?
        var scope: String?
        var iat: Double?
        var exp: Double?
    }

    private struct Header: Decodable {
        var alg: String
        var kid: String?
    }

    /// Begins the tokens that the simulator has made.
    private static let prefix = "ya29.berth."
    private static let leeway = 600.0

    /// By the account's email: its keys, by their ids.
    private let accounts: [String: [String: _RSA.Signing.PublicKey]]
    private let lifetime: Double
    private let secret: SymmetricKey

    init(_ credentials: ComputeConfiguration.Credentials, store: ResourceStore) throws {
        var accounts: [String: [String: _RSA.Signing.PublicKey]] = [:]
        for (index, account) in credentials.serviceAccounts.enumerated() {
            for (id, pem) in account.keys {
                do {
                    accounts[account.email, default: [:]][id] = try _RSA.Signing.PublicKey(pemRepresentation: pem)
                } catch {
                    throw SettingsError(
                        "gce.credentials.serviceAccounts.\(index).keys.\(id) is no RSA public key in PEM: \(error)")
                }
            }
        }
        self.accounts = accounts
        lifetime = Double(credentials.tokenLifetimeSeconds)
        secret = try Self.secret(in: store)
    }

    /// The account that a request comes from; `anonymous` where none is asked for.
    ///
    /// - Throws: 401.
    func user(_ authorization: String?, now: Double = Date().timeIntervalSince1970) throws(ComputeError) -> String {
        guard let authorization else {
            guard accounts.isEmpty else { throw .unauthenticated }
            return "anonymous"
        }
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer", !parts[1].contains(" ") else {
            throw .unauthenticated
        }
        let token = String(parts[1])
        if token.hasPrefix(Self.prefix) {
            guard let email = holder(of: token, now: now) else { throw .unauthenticated }
            return email
        }
        guard !accounts.isEmpty else { return Self.claims(of: token)?.iss ?? "anonymous" }
        guard let claims = verified(token, now: now), claims.iss == claims.sub, let email = claims.iss,
            claims.scope?.isEmpty == false || claims.aud?.contains("compute") == true
        else { throw .unauthenticated }
        return email
    }

    /// `POST /token` with a signed assertion (RFC 7523).
    func exchange(_ request: CloudRequest, now: Double = Date().timeIntervalSince1970) -> CloudResponse {
        let form = PercentEncoding.items(String(decoding: request.body, as: UTF8.self)) ?? []
        func value(_ name: String) -> String? { form.first { $0.name == name }?.value }
        guard value("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer" else {
            return Self.refusal("unsupported_grant_type", "Invalid grant_type: \(value("grant_type") ?? "")")
        }
        guard let assertion = value("assertion"), let claims = Self.claims(of: assertion), let email = claims.iss else {
            return Self.refusal(
                "invalid_grant", "Invalid JWT: it must be a signed assertion with iss, aud, iat and exp.")
        }
        guard claims.aud != nil, claims.scope?.isEmpty == false else {
            return Self.refusal("invalid_scope", "Invalid JWT: aud and scope are required.")
        }
        if !accounts.isEmpty, verified(assertion, now: now) == nil {
            return Self.refusal("invalid_grant", "Invalid JWT Signature.")
        }
        return .json(answer(for: email, now: now))
    }

    /// `{"access_token": …, "expires_in": …, "token_type": "Bearer"}`
    func answer(for email: String, now: Double = Date().timeIntervalSince1970) -> JSONValue {
        let payload: JSONValue = [
            "email": .string(email), "exp": .integer(Int64(saturating: now + lifetime)),
            "nonce": .string(UUID().uuidString),
        ]
        let body = Self.encoded(Data(payload.encoded))
        let code = HMAC<SHA256>.authenticationCode(for: Data(body.utf8), using: secret)
        return [
            "access_token": .string(Self.prefix + body + "." + Self.encoded(Data(code))),
            "expires_in": .integer(Int64(saturating: lifetime)), "token_type": "Bearer",
        ]
    }

    private func holder(of token: String, now: Double) -> String? {
        let parts = token.dropFirst(Self.prefix.count).split(separator: ".")
        guard parts.count == 2, let code = Self.decoded(parts[1]), let payload = Self.decoded(parts[0]),
            HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: Data(parts[0].utf8), using: secret),
            let json = try? JSONParser.parse(payload), let end = json["exp"]?.integerValue, Double(end) > now
        else { return nil }
        return json["email"]?.stringValue
    }

    private func verified(_ token: String, now: Double) -> Claims? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let head = Self.decoded(parts[0]), let signature = Self.decoded(parts[2]),
            let header = try? JSONDecoder().decode(Header.self, from: head), header.alg == "RS256",
            let claims = Self.claims(of: token), let email = claims.iss, let keys = accounts[email],
            let issued = claims.iat, let end = claims.exp, end > now - Self.leeway, issued < now + Self.leeway,
            end - issued <= 3600
        else { return nil }
        let candidates = header.kid.map { id in keys[id].map { [$0] } ?? [] } ?? Array(keys.values)
        let signed = Data("\(parts[0]).\(parts[1])".utf8)
        let isSigned = candidates.contains {
            $0.isValidSignature(
                _RSA.Signing.RSASignature(rawRepresentation: signature), for: signed, padding: .insecurePKCS1v1_5)
        }
        return isSigned ? claims : nil
    }

    /// What a JWT says, whoever has signed it.
    private static func claims(of token: String) -> Claims? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let payload = decoded(parts[1]) else { return nil }
        return try? JSONDecoder().decode(Claims.self, from: payload)
    }

    private static func refusal(_ error: String, _ description: String) -> CloudResponse {
        .json(["error": .string(error), "error_description": .string(description)], status: 400)
    }

    /// The same over restarts, so that tokens stay good.
    private static func secret(in store: ResourceStore) throws -> SymmetricKey {
        if let text = try store.all("gce.secret")["tokens"]?.stringValue, let data = Data(base64Encoded: text) {
            return SymmetricKey(data: data)
        }
        let key = SymmetricKey(size: .bits256)
        let text = key.withUnsafeBytes { Data($0).base64EncodedString() }
        try store.commit([.put(kind: "gce.secret", key: "tokens", .string(text))])
        return key
    }

    private static func encoded(_ data: Data) -> String {
        data.base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    }

    private static func decoded(_ text: some StringProtocol) -> Data? {
        var base64 = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        base64 += String(repeating: "=", count: (4 - base64.count % 4) % 4)
        return Data(base64Encoded: base64)
    }
}
