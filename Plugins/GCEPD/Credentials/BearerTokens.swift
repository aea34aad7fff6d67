import CloudHTTP
import DriverProtocol
import JSONTree
import Synchronization

/// The driver's tokens, fetched once for all calls and again before they end.
final class BearerTokens: Sendable {
    private let http: HTTPClient
    private let sources = Mutex<[CredentialSource: RefreshingCredential<String>]>([:])
    private let projects = Mutex<[CredentialSource: String]>([:])

    init(_ http: HTTPClient) { self.http = http }

    /// The token to send; `nil`: none.
    ///
    /// - Throws: ``DriverError``: `FAILED_PRECONDITION` for a file that cannot be used, `UNAUTHENTICATED` when a server
    ///   refuses it, `UNAVAILABLE` when it does not answer; `CancellationError`.
    func token(_ source: CredentialSource, deadline: ContinuousClock.Instant?) async throws -> String? {
        guard source != .anonymous else { return nil }
        return try await credential(source).value(deadline: deadline)
    }

    /// A server has refused the token.
    func refused(_ token: String, _ source: CredentialSource) {
        credential(source).invalidate { $0 == token }
    }

    /// The project that the credentials are of.
    func project(_ source: CredentialSource, deadline: ContinuousClock.Instant?) async throws -> String? {
        if let known = projects.withLock({ $0[source] }) { return known }
        let project: String?
        switch source {
        case .anonymous: project = nil
        case .file(let path, _): project = try CredentialFile(path: path).project
        case .metadata(let endpoint):
            project = try await metadata(endpoint, "project/project-id", deadline).text
        }
        if let project { projects.withLock { $0[source] = project } }
        return project
    }

    /// `us-central1-a` of the machine that the driver runs on; `nil` where there is no metadata server to ask.
    func zone(_ source: CredentialSource, deadline: ContinuousClock.Instant?) async throws -> String? {
        guard case .metadata(let endpoint) = source else { return nil }
        let text = try await metadata(endpoint, "instance/zone", deadline).text
        return text.split(separator: "/").last.map(String.init)
    }

    private func credential(_ source: CredentialSource) -> RefreshingCredential<String> {
        sources.withLock { sources in
            if let known = sources[source] { return known }
            let new = RefreshingCredential<String> { [self] deadline in try await fetch(source, deadline) }
            sources[source] = new
            return new
        }
    }

    private func fetch(
        _ source: CredentialSource, _ deadline: ContinuousClock.Instant?
    ) async throws -> RefreshingCredential<String>.Fetched {
        switch source {
        case .anonymous: throw DriverError(.internal, "no token is asked for where none is sent")
        case .metadata(let endpoint):
            return try Self.token(
                in: try await metadata(endpoint, "instance/service-accounts/default/token", deadline), "\(endpoint)")
        case .file(let path, let configured):
            // Read each time: keys are replaced while the driver runs.
            let file = try CredentialFile(path: path)
            switch file.kind {
            case .serviceAccount(let email, let keyID, let signer):
                let now = WallClock.now
                guard let configured else {
                    let token = try CredentialFile.assertion(
                        email: email, keyID: keyID, signer, audience: nil, now: now)
                    return .init(token, expiration: RFC3339Time(seconds: now.seconds + CredentialFile.lifetime))
                }
                let assertion = try CredentialFile.assertion(
                    email: email, keyID: keyID, signer, audience: file.tokenEndpoint, now: now)
                return try await exchange(
                    configured,
                    [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion)], deadline)
            case .user(let clientID, let clientSecret, let refreshToken):
                return try await exchange(
                    configured ?? file.tokenEndpoint,
                    [
                        ("grant_type", "refresh_token"), ("client_id", clientID), ("client_secret", clientSecret),
                        ("refresh_token", refreshToken),
                    ], deadline)
            }
        }
    }

    private func exchange(
        _ endpoint: String, _ form: [(name: String, value: String)], _ deadline: ContinuousClock.Instant?
    ) async throws -> RefreshingCredential<String>.Fetched {
        var request = try HTTPRequest(
            .post, url: endpoint, headers: ["Content-Type": "application/x-www-form-urlencoded"],
            body: Array(PercentEncoding.query(form).utf8))
        request.isRepeatable = true
        return try Self.token(in: try await send(request, deadline), endpoint)
    }

    private func metadata(
        _ endpoint: Endpoint, _ path: String, _ deadline: ContinuousClock.Instant?
    ) async throws -> HTTPReply {
        var request = HTTPRequest(
            .get, endpoint, path: "/computeMetadata/v1/\(path)", headers: ["Metadata-Flavor": "Google"])
        // It is next door; a machine that has none should say so soon.
        request.timeouts = HTTPTimeouts(connect: .seconds(3), silence: .seconds(10), whole: .seconds(15))
        let reply = try await send(request, deadline)
        guard reply.headers["Metadata-Flavor"] == "Google" else {
            throw DriverError(
                .unauthenticated, "\(endpoint) answers, but not as Google's metadata server does", outcome: .final)
        }
        return reply
    }

    /// A few tries: a service that starts up or is busy answers a moment later.
    private func send(_ request: HTTPRequest, _ deadline: ContinuousClock.Instant?) async throws -> HTTPReply {
        let attempts = await Retries(.init(maximumAttempts: 6)).run("\(request)", deadline: deadline) { outcome in
            switch outcome {
            case .success(let reply) where reply.status == 429 || reply.status >= 500: .again(after: reply.retryAfter)
            case .success: .settled
            case .failure: .again()
            }
        } attempt: { () throws(HTTPFailure) in
            try await http.send(request, deadline: deadline)
        }
        switch attempts.outcome {
        case .failure(let failure) where failure.kind == .cancelled: throw CancellationError()
        case .failure(let failure):
            throw failure.driverError("there is no token to call Google with", earlier: .final)
        case .success(let reply) where reply.isSuccess: return reply
        case .success(let reply):
            // Of an error only its name is shown: descriptions may quote.
            let name = reply.json?["error"]?.stringValue ?? "no reason"
            throw DriverError(
                reply.status >= 500 || reply.status == 429 ? .unavailable : .unauthenticated,
                "\(request) was answered \(reply.status) (\(name)): there is no token to call Google with",
                outcome: .final)
        }
    }

    private static func token(
        in reply: HTTPReply, _ place: String
    ) throws(DriverError) -> RefreshingCredential<String>.Fetched {
        guard let json = reply.json, let token = json["access_token"]?.stringValue,
            let seconds = json["expires_in"]?.integerValue
        else {
            throw DriverError(.unauthenticated, "\(place) answers without a token", outcome: .final)
        }
        return .init(token, expiration: WallClock.now.adding(seconds: seconds))
    }
}
