import CloudHTTP
import DriverProtocol
import JSONTree

/// A JSON file of credentials, as `gcloud iam service-accounts keys create` and `gcloud auth application-default login`
/// write it. Never printed.
struct CredentialFile: Sendable {
    enum Kind: Sendable {
        case serviceAccount(email: String, keyID: String?, signer: RSASigner)
        case user(clientID: String, clientSecret: String, refreshToken: String)
    }

    static let scope = "https://www.googleapis.com/auth/cloud-platform"

    let kind: Kind
    let project: String?
    let tokenEndpoint: String

    /// - Throws: ``DriverError`` that names the file and what is missing, and quotes nothing of it.
    init(path: String) throws(DriverError) {
        let bytes = try SmallFile.readRequired(path, "the credentials file")
        func invalid(_ reason: String) -> DriverError {
            DriverError(.failedPrecondition, "the credentials file \(path) \(reason)", outcome: .final)
        }
        let json: JSONValue
        do {
            json = try JSONParser.parse(bytes)
        } catch {
            throw invalid("is no JSON document; expected is a service account's key file")
        }
        func member(_ name: String) throws(DriverError) -> String {
            guard let text = json[name]?.stringValue, !text.isEmpty else { throw invalid("has no \"\(name)\"") }
            return text
        }
        project = json["project_id"]?.stringValue ?? json["quota_project_id"]?.stringValue
        tokenEndpoint = json["token_uri"]?.stringValue ?? "https://oauth2.googleapis.com/token"
        switch try member("type") {
        case "service_account":
            kind = .serviceAccount(
                email: try member("client_email"), keyID: json["private_key_id"]?.stringValue,
                signer: try RSASigner(pem: try member("private_key")))
        case "authorized_user":
            kind = .user(
                clientID: try member("client_id"), clientSecret: try member("client_secret"),
                refreshToken: try member("refresh_token"))
        case let other:
            throw invalid(
                "is of the type \"\(other)\"; the driver reads service_account and authorized_user. On Google's machines, "
                    + "leave the file out: the metadata server gives tokens")
        }
    }

    /// A token that the service account has signed itself, for Google's APIs to take as it is (AIP-4111) or to exchange.
    ///
    /// - Parameter audience: `nil`: for the APIs, by scope.
    static func assertion(
        email: String, keyID: String?, _ signer: RSASigner, audience: String?, now: RFC3339Time
    ) throws(DriverError) -> String {
        var header: JSONValue = ["alg": "RS256", "typ": "JWT"]
        if let keyID { header["kid"] = .string(keyID) }
        var claims: JSONValue = [
            "iss": .string(email), "sub": .string(email), "iat": .integer(now.seconds),
            "exp": .integer(now.seconds + lifetime), "scope": .string(scope),
        ]
        if let audience { claims["aud"] = .string(audience) }
        return try signer.token(header: header.encoded, claims: claims.encoded)
    }

    /// In seconds; the most that Google allows.
    static let lifetime: Int64 = 3600
}
