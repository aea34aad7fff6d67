import CloudHTTP
import DriverProtocol
import JSONTree

/// The metadata service of the instance on which the driver runs (IMDSv2).
struct InstanceMetadata: Sendable {
    let client: HTTPClient
    let endpoint: Endpoint

    /// It answers at once or not at all: on a machine that is no instance, nobody is there.
    private static let timeouts = HTTPTimeouts(
        connect: .seconds(1), silence: .seconds(2), whole: .seconds(4))

    func region(deadline: ContinuousClock.Instant?) async throws -> String {
        let document = try await get("/latest/dynamic/instance-identity/document", deadline)
        guard let region = document.json?["region"]?.stringValue else {
            throw unusable("its identity document names no region")
        }
        return region
    }

    /// The temporary credentials of the instance's role.
    func credentials(
        deadline: ContinuousClock.Instant?
    ) async throws -> RefreshingCredential<SigV4Signer.Credentials>.Fetched {
        let roles = "/latest/meta-data/iam/security-credentials/"
        guard let role = try await get(roles, deadline).text.split(whereSeparator: \.isNewline).first else {
            throw unusable("the instance has no role; attach an instance profile to it")
        }
        let json = try await get(roles + PercentEncoding.encoded(String(role)), deadline).json
        guard let key = json?["AccessKeyId"]?.stringValue, let secret = json?["SecretAccessKey"]?.stringValue else {
            throw unusable("it gives no credentials for the role \(role)")
        }
        return .init(
            SigV4Signer.Credentials(
                accessKeyID: key, secretAccessKey: secret, sessionToken: json?["Token"]?.stringValue),
            expiration: json?["Expiration"]?.stringValue.flatMap { RFC3339Time($0) })
    }

    private func get(_ path: String, _ deadline: ContinuousClock.Instant?) async throws -> HTTPReply {
        var ask = HTTPRequest(
            .put, endpoint, path: "/latest/api/token", headers: ["X-aws-ec2-metadata-token-ttl-seconds": "300"])
        ask.isRepeatable = true
        let token = try await send(ask, deadline)
        return try await send(
            HTTPRequest(.get, endpoint, path: path, headers: ["X-aws-ec2-metadata-token": token.text]), deadline)
    }

    private func send(_ request: HTTPRequest, _ deadline: ContinuousClock.Instant?) async throws -> HTTPReply {
        var request = request
        request.timeouts = Self.timeouts
        let retries = Retries(RetrySchedule.Policy(maximumAttempts: 2, base: .milliseconds(100)))
        let final = request
        let attempts = await retries.run(
            "metadata", deadline: deadline,
            judge: { outcome in
                guard case .success(let reply) = outcome else { return .again() }
                return reply.status >= 500 || reply.status == 429 ? .again(after: reply.retryAfter) : .settled
            },
            attempt: { () async throws(HTTPFailure) in try await client.send(final, deadline: deadline) })
        switch attempts.outcome {
        case .success(let reply) where reply.isSuccess: return reply
        case .success(let reply): throw unusable("it answers \(request.path) with HTTP status \(reply.status)")
        case .failure(let failure) where failure.kind == .cancelled: throw CancellationError()
        case .failure(let failure): throw unusable(failure.message)
        }
    }

    private func unusable(_ reason: String) -> DriverError {
        DriverError(
            .unauthenticated,
            "the instance metadata service at \(endpoint) was asked, since nothing else gives region and credentials, and "
                + "\(reason). On a machine that is no instance of Amazon's, give the driver 'region' in its config and "
                + "credentials by 'env', in drivers.json", outcome: .final)
    }
}
