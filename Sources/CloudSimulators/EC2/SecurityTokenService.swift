import Foundation
import JSONTree

/// STS, as far as credentials for EC2 go: AssumeRoleWithWebIdentity, and GetCallerIdentity to see that they work.
struct SecurityTokenService: Sendable {
    static let version = "2011-06-15"
    static let namespace = "https://sts.amazonaws.com/doc/2011-06-15/"
    static let operations: Set<String> = ["AssumeRoleWithWebIdentity", "GetCallerIdentity"]

    let configuration: EC2Configuration
    let credentials: TemporaryCredentials

    /// - Returns: What stands in `<ActionResult>`.
    func result(_ action: String, _ parameters: inout EC2Parameters) throws(EC2Error) -> [XMLElement] {
        switch action {
        case "AssumeRoleWithWebIdentity": try assumeRole(&parameters)
        default:
            [
                XMLElement("Arn", "arn:aws:iam::\(configuration.accountID):user/berth"),
                XMLElement("UserId", "AIDABERTHSIMULATED0001"), XMLElement("Account", configuration.accountID),
            ]
        }
    }

    private func assumeRole(_ parameters: inout EC2Parameters) throws(EC2Error) -> [XMLElement] {
        let role = try parameters.required("RoleArn")
        let sessionName = try parameters.required("RoleSessionName")
        let token = try parameters.required("WebIdentityToken")
        let seconds = try parameters.integer("DurationSeconds") ?? configuration.temporaryCredentials.seconds
        let allowed = configuration.temporaryCredentials.webIdentityRoles
        guard role.hasPrefix("arn:aws:iam::"), role.contains(":role/") else {
            throw EC2Error("ValidationError", "\(role) is invalid")
        }
        guard (900...43200).contains(seconds) || seconds == configuration.temporaryCredentials.seconds else {
            throw EC2Error("ValidationError", "DurationSeconds must be from 900 to 43200")
        }
        guard (2...64).contains(sessionName.utf8.count) else {
            throw EC2Error("ValidationError", "RoleSessionName must have from 2 to 64 characters")
        }
        let claims = try Self.claims(of: token)
        if let expires = claims["exp"]?.doubleValue, expires <= Date().timeIntervalSince1970 {
            throw EC2Error(
                "ExpiredTokenException", "Token expired: current date/time must be before the expiration date/time")
        }
        guard allowed.isEmpty || allowed.contains(role) else {
            throw EC2Error("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", status: 403)
        }
        let session = credentials.session(role, seconds: seconds)
        let assumed =
            "arn:aws:sts::\(configuration.accountID):assumed-role/"
            + "\(role.split(separator: "/").last ?? "")/\(sessionName)"
        return [
            XMLElement(
                "Credentials",
                [
                    XMLElement("AccessKeyId", session.accessKey), XMLElement("SecretAccessKey", session.secret),
                    XMLElement("SessionToken", session.token),
                    XMLElement("Expiration", time: Int64(session.expires.timeIntervalSince1970) * 1000),
                ]),
            XMLElement(
                "AssumedRoleUser",
                [XMLElement("AssumedRoleId", "AROABERTHSIMULATED0001:\(sessionName)"), XMLElement("Arn", assumed)]),
            XMLElement("SubjectFromWebIdentityToken", claims["sub"]?.stringValue ?? ""),
            XMLElement("Audience", claims["aud"]?.stringValue ?? ""),
            XMLElement("Provider", claims["iss"]?.stringValue ?? ""),
        ]
    }

    /// What a JSON Web Token says.
    private static func claims(of token: String) throws(EC2Error) -> JSONValue {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        if parts.count == 3 {
            var text = parts[1].replacing("-", with: "+").replacing("_", with: "/")
            while !text.count.isMultiple(of: 4) { text += "=" }
            if let bytes = Data(base64Encoded: String(text)), let claims = try? JSONParser.parse(Array(bytes)),
                claims.objectValue != nil
            {
                return claims
            }
        }
        throw EC2Error(
            "InvalidIdentityToken", "The web identity token that was passed could not be validated: it is no JWT")
    }
}
