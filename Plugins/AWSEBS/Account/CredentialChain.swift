import CloudHTTP
import DriverProtocol

/// Where the account's credentials come from: the first of environment, web identity, shared files and the instance's
/// metadata that has any. Source: the order of Amazon's own tools.
final class CredentialChain: Sendable {
    typealias Credentials = SigV4Signer.Credentials

    private let current: RefreshingCredential<Credentials?>

    /// - Parameter allowsUnsigned: Whether it is no error to have none: a simulator takes requests without a signature.
    init(
        environment: Environment, files: SharedFiles, metadata: InstanceMetadata?, tokens: QueryAPI,
        allowsUnsigned: Bool
    ) {
        current = RefreshingCredential { deadline in
            if let key = environment["AWS_ACCESS_KEY_ID"], let secret = environment["AWS_SECRET_ACCESS_KEY"] {
                let token = environment["AWS_SESSION_TOKEN"]
                return .init(
                    Credentials(accessKeyID: key, secretAccessKey: secret, sessionToken: token), expiration: nil)
            }
            if let identity = WebIdentity(environment) ?? WebIdentity(files) {
                return try await identity.credentials(tokens, deadline: deadline)
            }
            if let key = files["aws_access_key_id"], let secret = files["aws_secret_access_key"] {
                return .init(
                    Credentials(accessKeyID: key, secretAccessKey: secret, sessionToken: files["aws_session_token"]),
                    expiration: nil)
            }
            if files["role_arn"] != nil || files["credential_process"] != nil || files["sso_session"] != nil {
                throw DriverError(
                    .unauthenticated,
                    "the profile '\(files.profile)' gets its credentials in a way that this driver does not know; it knows "
                        + "keys, and role_arn with web_identity_token_file", outcome: .final)
            }
            if let metadata {
                let fetched = try await metadata.credentials(deadline: deadline)
                return .init(fetched.value, expiration: fetched.expiration)
            }
            guard allowsUnsigned else {
                throw DriverError(
                    .unauthenticated,
                    "there are no credentials: give the driver AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
                        + "AWS_SHARED_CREDENTIALS_FILE, or AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN by 'env' in "
                        + "drivers.json, or let it run on an instance with a role", outcome: .final)
            }
            return .init(nil, expiration: nil)
        }
    }

    /// - Returns: `nil`: requests go unsigned.
    /// - Throws: ``DriverError``, `CancellationError`.
    func current(deadline: ContinuousClock.Instant?) async throws -> Credentials? {
        try await current.value(deadline: deadline)
    }

    /// EC2 did not accept these.
    ///
    /// - Returns: Whether there may be others by now: temporary ones are fetched anew.
    func refuse(_ credentials: Credentials) -> Bool {
        guard credentials.sessionToken != nil else { return false }
        current.invalidate { $0 == credentials }
        return true
    }
}

/// A role that is taken on with a token of another identity provider, as Kubernetes' service accounts are one.
struct WebIdentity: Sendable {
    let tokenFile: String
    let role: String
    let sessionName: String

    init?(_ environment: Environment) {
        guard let file = environment["AWS_WEB_IDENTITY_TOKEN_FILE"], let role = environment["AWS_ROLE_ARN"] else {
            return nil
        }
        tokenFile = file
        self.role = role
        sessionName = environment["AWS_ROLE_SESSION_NAME"] ?? "berth-aws-ebs"
    }

    init?(_ files: SharedFiles) {
        guard let file = files["web_identity_token_file"], let role = files["role_arn"] else { return nil }
        tokenFile = file
        self.role = role
        sessionName = files["role_session_name"] ?? "berth-aws-ebs"
    }

    func credentials(
        _ tokens: QueryAPI, deadline: ContinuousClock.Instant?
    ) async throws -> RefreshingCredential<SigV4Signer.Credentials?>.Fetched {
        // Read each time: the token in the file is replaced before it ends.
        let token = try SmallFile.readRequired(tokenFile, "the web identity's token")
        let text = String(decoding: token, as: UTF8.self).split(whereSeparator: \.isWhitespace).first.map(String.init)
        do {
            let root = try await tokens.call(
                "AssumeRoleWithWebIdentity",
                [
                    ("RoleArn", role), ("RoleSessionName", sessionName), ("WebIdentityToken", text ?? ""),
                ], deadline: deadline, credentials: { nil }, refused: { _ in false })
            let credentials = root.at("AssumeRoleWithWebIdentityResult", "Credentials")
            guard let key = credentials?.string("AccessKeyId"), let secret = credentials?.string("SecretAccessKey")
            else {
                throw DriverError(.unauthenticated, "STS gave no credentials for the role \(role)", outcome: .final)
            }
            return .init(
                SigV4Signer.Credentials(
                    accessKeyID: key, secretAccessKey: secret, sessionToken: credentials?.string("SessionToken")),
                expiration: credentials?.string("Expiration").flatMap { RFC3339Time($0) })
        } catch let failure as EC2Failure {
            throw failure.driverError("the role \(role) could not be taken on with the token in \(tokenFile)")
        }
    }
}
