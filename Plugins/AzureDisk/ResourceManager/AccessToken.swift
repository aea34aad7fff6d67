import CloudHTTP
import DriverProtocol
import JSONTree
import Synchronization

/// How this driver shows who it is.
enum Identity: Sendable, Hashable {
    /// An application with a secret.
    case client(tenant: String, id: String, secret: String, at: Endpoint)
    /// The machine's, or the assigned one of this client ID.
    case managed(clientID: String?, at: Endpoint)
    /// None: a simulator on this machine that asks for none.
    case anonymous

    /// - Throws: ``DriverError`` `UNAUTHENTICATED`: a part is missing.
    init(_ configuration: DriverConfiguration) throws(DriverError) {
        if let secret = configuration.clientSecret {
            guard let tenant = configuration.tenant, let client = configuration.client, ResourceID.isName(tenant) else {
                throw DriverError(
                    .unauthenticated,
                    "there is a client secret, but no \(configuration.tenant == nil ? "tenant" : "client") ID: set "
                        + "AZURE_TENANT_ID and AZURE_CLIENT_ID beside AZURE_CLIENT_SECRET, or tenantID, clientID and "
                        + "clientSecret in the class's secret")
            }
            self = .client(tenant: tenant, id: client, secret: secret, at: configuration.tokenEndpoint)
        } else if configuration.hasMetadata {
            self = .managed(clientID: configuration.client, at: configuration.metadataEndpoint)
        } else {
            self = .anonymous
        }
    }
}

/// Never prints its secret.
extension Identity: CustomStringConvertible, CustomReflectable {
    var description: String {
        switch self {
        case .client(let tenant, let id, _, let endpoint): "application \(id) of tenant \(tenant) at \(endpoint)"
        case .managed(let id, let endpoint): "managed identity\(id.map { " \($0)" } ?? "") at \(endpoint)"
        case .anonymous: "nobody"
        }
    }

    var customMirror: Mirror { Mirror(self, children: ["identity": description]) }
}

/// The access tokens of a driver's process: one for each identity, fetched when first needed and anew before it ends.
final class AccessTokens: Sendable {
    private static let limit = 64

    private let client: HTTPClient
    private let credentials = Mutex<[Identity: RefreshingCredential<String>]>([:])

    init(_ client: HTTPClient) { self.client = client }

    /// - Returns: `nil` for nobody.
    /// - Throws: ``DriverError``, `CancellationError`.
    func token(of identity: Identity, deadline: ContinuousClock.Instant?) async throws -> String? {
        guard identity != .anonymous else { return nil }
        return try await credential(identity).value(deadline: deadline)
    }

    /// Azure has refused the token.
    func invalidate(_ token: String, of identity: Identity) {
        guard identity != .anonymous else { return }
        credential(identity).invalidate { $0 == token }
    }

    private func credential(_ identity: Identity) -> RefreshingCredential<String> {
        credentials.withLock { credentials in
            if let known = credentials[identity] { return known }
            // Secrets of classes can be many, and change.
            if credentials.count >= Self.limit { credentials.removeAll() }
            let made = RefreshingCredential<String> { [client] deadline in
                try await TokenRequest(identity).send(client, deadline: deadline)
            }
            credentials[identity] = made
            return made
        }
    }
}

/// One request for a token.
private struct TokenRequest {
    /// Of Azure Resource Manager, whatever its endpoint is called.
    private static let audience = DriverConfiguration.azure

    let identity: Identity

    init(_ identity: Identity) { self.identity = identity }

    func send(
        _ client: HTTPClient, deadline: ContinuousClock.Instant?
    ) async throws -> RefreshingCredential<String>.Fetched {
        let task = "no token could be had for \(identity)"
        let request = try request()
        let attempts = await Retries(RetrySchedule.Policy(maximumAttempts: 6)).run(
            "token", deadline: deadline, judge: ResourceManager.verdict
        ) { () throws(HTTPFailure) in try await client.send(request, deadline: deadline) }
        let reply: HTTPReply
        switch attempts.outcome {
        case .success(let answer): reply = answer
        // A token changes nothing in the cloud.
        case .failure(let failure):
            var error = failure.driverError(task, earlier: .final)
            error.outcome = .final
            throw error
        }
        let json = reply.json
        guard reply.isSuccess, let token = json?["access_token"]?.stringValue, !token.isEmpty else {
            throw refusal(reply, task)
        }
        // A number from Entra ID, a string from the metadata service.
        let seconds = json?["expires_in"].flatMap { $0.integerValue ?? $0.stringValue.flatMap { Int64($0) } } ?? 300
        return .init(token, expiration: WallClock.now.adding(seconds: max(0, seconds)))
    }

    private func refusal(_ reply: HTTPReply, _ task: String) -> DriverError {
        let json = reply.json
        let reason = json?["error_description"]?.stringValue ?? json?["error"]?.stringValue ?? "status \(reply.status)"
        if reply.status == 429 || reply.status >= 500 {
            return DriverError(
                .unavailable, "\(task): \(reason)", outcome: .final, retryAfter: reply.retryAfter)
        }
        return DriverError(.unauthenticated, "\(task): \(reason)")
    }

    private func request() throws(DriverError) -> HTTPRequest {
        switch identity {
        case .client(let tenant, let id, let secret, let endpoint):
            let form = PercentEncoding.query([
                ("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret),
                ("scope", "\(Self.audience)/.default"),
            ])
            var request = HTTPRequest(
                .post, endpoint, path: "/\(PercentEncoding.encoded(tenant))/oauth2/v2.0/token",
                headers: ["Content-Type": "application/x-www-form-urlencoded"], body: Array(form.utf8))
            request.isRepeatable = true
            return request
        case .managed(let id, let endpoint):
            var query = [(name: "api-version", value: "2018-02-01"), (name: "resource", value: Self.audience)]
            if let id { query.append((name: "client_id", value: id)) }
            return HTTPRequest(
                .get, endpoint, path: "/metadata/identity/oauth2/token", query: query, headers: ["Metadata": "true"])
        case .anonymous:
            throw DriverError(
                .internal, "cannot request an access token: the driver has no identity configured", outcome: .final)
        }
    }
}
