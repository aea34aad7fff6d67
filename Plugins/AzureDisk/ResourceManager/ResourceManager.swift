import CloudHTTP
import DriverProtocol
import JSONTree
import StorageDriverKit
import Synchronization

/// Azure Resource Manager for one call of the driver: requests with a token, repeated as Azure's rules want it, and
/// asynchronous answers followed to their end.
struct ResourceManager: Sendable {
    /// Versions of the API, by what a request is about.
    enum Version: String, Sendable {
        case disks = "2025-01-02"
        case machines = "2024-11-01"
        case groups = "2021-04-01"
    }

    /// What came of a request that changes something.
    enum Change: Sendable {
        /// Done; the resource as the answer shows it, where it does.
        case done(JSONValue?)
        /// Under way when the call's time was up.
        case pending
    }

    private let client: HTTPClient
    private let tokens: AccessTokens
    private let retries: Retries
    private let identity: Identity
    private let changes = BegunChanges()
    let endpoint: Endpoint
    let deadline: ContinuousClock.Instant?

    init(
        _ cloud: SharedCloud, _ configuration: DriverConfiguration, deadline: ContinuousClock.Instant?
    ) throws(DriverError) {
        client = cloud.client
        tokens = cloud.tokens
        retries = Retries(limiter: cloud.limiter)
        identity = try Identity(configuration)
        endpoint = configuration.endpoint
        self.deadline = deadline
    }

    // MARK: Reading

    /// - Returns: `nil`: there is none.
    /// - Throws: ``DriverError``, `CancellationError`.
    func get(_ path: String, _ version: Version, _ task: String) async throws -> JSONValue? {
        do {
            return try await send(.get, path, version, task: task).json
        } catch let failure as ResourceManagerFailure {
            if failure.isAbsence { return nil }
            throw failure.driverError(task, mutates: changes.haveBegun)
        }
    }

    /// One page of a list.
    ///
    /// - Parameter link: `nextLink` of the page before; `nil` for the first.
    func page(_ path: String, _ version: Version, link: String?, _ task: String) async throws -> JSONValue {
        do {
            let reply =
                if let link {
                    try await send(try follow(link, .get), task: task)
                } else {
                    try await send(.get, path, version, task: task)
                }
            guard let json = reply.json, json["value"]?.arrayValue != nil else {
                throw DriverError(.internal, "\(task): Azure's answer is no list", outcome: .final)
            }
            return json
        } catch let failure as ResourceManagerFailure {
            throw failure.driverError(task, mutates: changes.haveBegun)
        }
    }

    // MARK: Changing

    /// Sends a request that changes something, and follows it to its end.
    ///
    /// - Throws: ``ResourceManagerFailure``; ``DriverError`` where there was no answer; `CancellationError`.
    func change(
        _ method: HTTPRequest.Method, _ path: String, _ version: Version, body: JSONValue? = nil,
        headers: [(String, String)] = [], task: String
    ) async throws -> Change {
        var request = request(method, path, version)
        if let body {
            request.headers["Content-Type"] = "application/json"
            request.body = body.encoded
        }
        for (name, value) in headers { request.headers[name] = value }
        // PUT, PATCH and DELETE of Azure's say what shall be: twice is as good as once.
        request.isRepeatable = true
        let reply = try await send(request, task: task)
        changes.begin()
        return try await AsyncAnswer(reply).end(in: self, path: path, version: version, task: task)
    }

    // MARK: Requests

    private func request(_ method: HTTPRequest.Method, _ path: String, _ version: Version) -> HTTPRequest {
        HTTPRequest(
            method, endpoint, path: PercentEncoding.encoded(path, keeping: "/"),
            query: [("api-version", version.rawValue)], headers: ["Accept": "application/json"])
    }

    /// A request to a URL that an answer gave. The token goes with it, so it must lead to the same server.
    func follow(_ url: String, _ method: HTTPRequest.Method) throws(DriverError) -> HTTPRequest {
        let request = try HTTPRequest(method, url: url, headers: ["Accept": "application/json"])
        guard request.endpoint.scheme == endpoint.scheme, request.endpoint.authority == endpoint.authority else {
            throw DriverError(
                .internal,
                "Azure's answer leads to \(request.endpoint), not to \(endpoint), for which the driver's token is")
        }
        return request
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, _ version: Version, task: String
    ) async throws -> HTTPReply {
        try await send(request(method, path, version), task: task)
    }

    /// Sends the request, again where that helps, and with a new token where the old one is refused.
    ///
    /// - Throws: ``ResourceManagerFailure`` for an answer that is no success; ``DriverError`` for none;
    ///   `CancellationError`.
    func send(_ request: HTTPRequest, task: String) async throws -> HTTPReply {
        let first = try await attempt(request, task: task)
        guard case .failure(let failure, let token?) = first, failure.isAboutToken else { return try first.get() }
        tokens.invalidate(token, of: identity)
        return try await attempt(request, task: task).get()
    }

    private enum Answer {
        case success(HTTPReply)
        case failure(ResourceManagerFailure, token: String?)

        func get() throws(ResourceManagerFailure) -> HTTPReply {
            switch self {
            case .success(let reply): return reply
            case .failure(let failure, _): throw failure
            }
        }
    }

    private func attempt(_ request: HTTPRequest, task: String) async throws -> Answer {
        let token = try await tokens.token(of: identity, deadline: deadline)
        var request = request
        request.headers["Authorization"] = token.map { "Bearer \($0)" }
        // Azure counts reads and writes apart.
        let isRead = request.method == .get
        let mayStand = changes.haveBegun
        let attempts = await retries.run(
            isRead ? "reads" : "writes", deadline: deadline, judge: Self.verdict
        ) { [request] () throws(HTTPFailure) in try await client.send(request, deadline: deadline) }
        if attempts.mayHaveArrived, !isRead { changes.begin() }
        let mayHaveArrived = mayStand || (attempts.mayHaveArrived && !isRead)
        switch attempts.outcome {
        case .success(let reply):
            if reply.isSuccess { return .success(reply) }
            var failure = ResourceManagerFailure(reply)
            failure.mayHaveArrived = mayHaveArrived
            failure.retryAfter = attempts.nextTryAfter ?? failure.retryAfter
            return .failure(failure, token: token)
        case .failure(let failure):
            if failure.kind == .cancelled { try Task.checkCancellation() }
            var error = failure.driverError(task, earlier: mayHaveArrived ? .unknown : .final)
            if isRead { error.outcome = mayHaveArrived ? .unknown : .final }
            error.retryAfter = attempts.nextTryAfter
            throw error
        }
    }

    /// Azure's rule: throttled calls wait as told; 408 and 5xx are worth another try; all else is an answer.
    static func verdict(_ outcome: Result<HTTPReply, HTTPFailure>) -> AttemptVerdict {
        switch outcome {
        case .failure: .again()
        case .success(let reply):
            switch reply.status {
            case 429: .throttled(after: reply.retryAfter)
            case 408, 500, 502, 503, 504: .again(after: reply.retryAfter)
            default: .settled
            }
        }
    }
}

/// Whether a call has begun to change something. From then on no failure of it is final, not even of a read: what has
/// begun may stand.
private final class BegunChanges: Sendable {
    private let begun = Mutex(false)

    var haveBegun: Bool { begun.withLock { $0 } }

    func begin() { begun.withLock { $0 = true } }
}
