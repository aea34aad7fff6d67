import CloudHTTP
import DriverProtocol
import JSONTree

/// How a call of Compute Engine is sent.
enum ComputeMethod: String {
    case get = "GET"
    case post = "POST"
    case patch = "PATCH"
    case delete = "DELETE"
}

/// Calls of Compute Engine within one call of the host's: authorized, repeated while that makes sense, with the
/// operations that they begin waited for.
struct ComputeAPI: Sendable {
    let http: HTTPClient
    let tokens: BearerTokens
    let configuration: DriverConfiguration
    let project: String
    /// Distinguishes this call's requestIds from other calls'.
    let callID: String
    let deadline: ContinuousClock.Instant

    // MARK: Reading

    /// - Parameter path: Behind the project: `zones/z/disks/d`.
    func get(_ path: String, _ api: String) async throws(ComputeFailure) -> JSONValue {
        try await send(.get, path, api)
    }

    /// `nil`: there is none.
    func find(_ path: String, _ api: String) async throws(ComputeFailure) -> JSONValue? {
        do throws(ComputeFailure) {
            return try await get(path, api)
        } catch {
            if error.isNotFound { return nil }
            throw error
        }
    }

    /// One page of a list.
    func list(
        _ path: String, _ api: String, filter: String?, maxResults: Int? = nil, pageToken: String? = nil
    ) async throws(ComputeFailure) -> JSONValue {
        var query: [(name: String, value: String)] = []
        if let filter { query.append(("filter", filter)) }
        if let maxResults { query.append(("maxResults", String(maxResults))) }
        if let pageToken { query.append(("pageToken", pageToken)) }
        return try await send(.get, path, api, query: query)
    }

    /// Everything that an aggregated list holds, page by page.
    ///
    /// - Throws: Also where a zone does not answer: what is there might be left out.
    func aggregated(
        _ collection: String, _ api: String, filter: String
    ) async throws(ComputeFailure) -> [JSONValue] {
        var found: [JSONValue] = []
        var token: String?
        repeat {
            let page = try await list("aggregated/\(collection)", api, filter: filter, pageToken: token)
            found += try Self.items(of: page, collection, api)
            token = page["nextPageToken"]?.stringValue
        } while token != nil
        return found
    }

    static func items(
        of page: JSONValue, _ collection: String, _ api: String
    ) throws(ComputeFailure) -> [JSONValue] {
        if let silent = page["unreachables"]?.stringArray, let first = silent.first {
            throw ComputeFailure(
                cause: .refused(status: 503, reason: "unreachable", message: "\(first) does not answer"), api: api)
        }
        var items: [JSONValue] = []
        for (scope, content) in page["items"]?.objectValue ?? [:] {
            if content.at("warning", "code") == "UNREACHABLE" {
                throw ComputeFailure(
                    cause: .refused(status: 503, reason: "unreachable", message: "\(scope) does not answer"), api: api)
            }
            items += content[collection]?.arrayValue ?? []
        }
        return items
    }

    // MARK: Changing

    /// Makes a change and waits until its operation is done.
    ///
    /// - Parameters:
    ///   - key: What distinguishes the change within this call; a repeated request with the same is one change.
    ///   - query: Beside requestId.
    func change(
        _ method: ComputeMethod, _ path: String, _ api: String, key: String,
        query: [(name: String, value: String)] = [], body: JSONValue? = nil
    ) async throws(ComputeFailure) {
        let requestID = RequestID.make(api, path, key, callID)
        let operation = try await send(method, path, api, query: query + [("requestId", requestID)], body: body)
        try await wait(for: operation, api)
    }

    /// Lets the server hold the answer back until the operation is done, again and again until the call's deadline.
    func wait(for operation: JSONValue, _ api: String) async throws(ComputeFailure) {
        var operation = operation
        var pauses = PollSchedule(first: .milliseconds(50), maximumDelay: .seconds(2))
        while operation["status"]?.stringValue != "DONE" {
            let name = operation["name"]?.stringValue ?? "operation"
            let running = ComputeFailure(
                cause: .running(operation: name, percent: operation["progress"]?.integerValue), api: api)
            guard let path = Self.path(of: operation["selfLink"]?.stringValue) else {
                throw ComputeFailure(
                    cause: .refused(status: 500, reason: "internalError", message: "the operation has no selfLink"),
                    api: api, mayHaveArrived: true)
            }
            guard .now + .milliseconds(100) < deadline else { throw running }
            let start = ContinuousClock.now
            do throws(ComputeFailure) {
                operation = try await send(.post, "\(path)/wait", "operations.wait")
            } catch {
                // Whatever keeps it from being seen, credentials too: it was taken, and goes on. The next call looks.
                if case .cancelled = error.cause { throw error }
                throw running
            }
            // A server that does not hold its answer is asked less and less often.
            if operation["status"]?.stringValue != "DONE", .now - start < .milliseconds(200),
                let pause = pauses.next(now: .now, deadline: deadline)
            {
                do {
                    try await Task.sleep(for: pause)
                } catch {
                    throw ComputeFailure(cause: .cancelled, api: api)
                }
            }
        }
        guard let first = operation.at("error", "errors")?.arrayValue?.first else { return }
        throw ComputeFailure(
            cause: .operation(
                code: first["code"]?.stringValue ?? "UNKNOWN",
                message: first["message"]?.stringValue ?? "no reason given"),
            api: api)
    }

    /// Looks again and again until `look` returns something.
    ///
    /// - Returns: `nil`: not within the call's time.
    func poll<Value: Sendable>(
        first: Duration = .milliseconds(100), limit: Duration? = nil,
        _ look: () async throws(ComputeFailure) -> Value?
    ) async throws(ComputeFailure) -> Value? {
        var schedule = PollSchedule(first: first, maximumDelay: .seconds(5))
        let end = limit.map { min(deadline, .now + $0) } ?? deadline
        while let pause = schedule.next(now: .now, deadline: end) {
            do {
                try await Task.sleep(for: pause)
            } catch {
                throw ComputeFailure(cause: .cancelled, api: "polling")
            }
            if let value = try await look() { return value }
        }
        return nil
    }

    // MARK: Requests

    private func send(
        _ method: ComputeMethod, _ path: String, _ api: String, query: [(name: String, value: String)] = [],
        body: JSONValue? = nil
    ) async throws(ComputeFailure) -> JSONValue {
        var isFirst = true
        while true {
            let token = try await token(api)
            var request = HTTPRequest(
                HTTPRequest.Method(rawValue: method.rawValue), configuration.endpoint,
                path: "/projects/\(PercentEncoding.encoded(project))/\(PercentEncoding.encoded(path, keeping: "/"))",
                query: query)
            if let token { request.headers["Authorization"] = "Bearer \(token)" }
            if let body {
                request.headers["Content-Type"] = "application/json"
                request.body = body.encoded
            }
            // A requestId makes of two requests one; to read and to wait twice does no harm.
            request.isRepeatable = true
            if path.hasSuffix("/wait") { request.timeouts = HTTPTimeouts(silence: .seconds(150), whole: .seconds(180)) }
            let attempts = await Retries().run(api, deadline: deadline, judge: Self.verdict) {
                [request] () throws(HTTPFailure) in
                try await http.send(request, deadline: deadline)
            }
            switch attempts.outcome {
            case .failure(let failure) where failure.kind == .cancelled:
                throw ComputeFailure(cause: .cancelled, api: api)
            case .failure(let failure):
                throw ComputeFailure(
                    cause: .transport(failure), api: api, mayHaveArrived: method != .get && attempts.mayHaveArrived)
            case .success(let reply) where reply.isSuccess:
                guard let json = reply.json else {
                    throw ComputeFailure(
                        cause: .refused(
                            status: 502, reason: "backendError",
                            message: "the answer is no JSON; is the endpoint right?"),
                        api: api, mayHaveArrived: method != .get)
                }
                return json
            case .success(let reply):
                if reply.status == 401, isFirst, let token {
                    // It may have been revoked, or signed with a key that has been replaced since.
                    tokens.refused(token, configuration.credentials)
                    isFirst = false
                    continue
                }
                throw Self.refusal(reply, api, attempts, isChange: method != .get)
            }
        }
    }

    private func token(_ api: String) async throws(ComputeFailure) -> String? {
        do {
            return try await tokens.token(configuration.credentials, deadline: deadline)
        } catch let error as DriverError {
            throw ComputeFailure(cause: .credentials(error), api: api)
        } catch {
            throw ComputeFailure(cause: .cancelled, api: api)
        }
    }

    private static func verdict(_ outcome: Result<HTTPReply, HTTPFailure>) -> AttemptVerdict {
        switch outcome {
        case .failure: return .again()
        case .success(let reply):
            switch reply.status {
            case 429: return .throttled(after: reply.retryAfter)
            case 408, 500, 502, 503, 504: return .again(after: reply.retryAfter)
            case 403:
                let reason = reason(in: reply.json)
                let isThrottled = reason == "rateLimitExceeded" || reason == "userRateLimitExceeded"
                return isThrottled ? .throttled(after: reply.retryAfter) : .settled
            default:
                // Half an answer is none.
                return reply.isSuccess && reply.json == nil && !reply.body.isEmpty ? .again() : .settled
            }
        }
    }

    private static func reason(in json: JSONValue?) -> String? {
        json?.at("error", "errors")?.arrayValue?.first?["reason"]?.stringValue
    }

    private static func refusal(
        _ reply: HTTPReply, _ api: String, _ attempts: Attempts, isChange: Bool
    ) -> ComputeFailure {
        let json = reply.json
        return ComputeFailure(
            cause: .refused(
                status: reply.status, reason: reason(in: json) ?? "unknown",
                message: json?.at("error", "message")?.stringValue ?? "no reason given"),
            api: api, mayHaveArrived: isChange && attempts.mayHaveArrived,
            retryAfter: reply.retryAfter ?? attempts.nextTryAfter)
    }

    /// What of a link stands behind the project: `zones/z/operations/o`.
    static func path(of link: String?) -> String? {
        guard let link, let start = link.firstRange(of: "/projects/") else { return nil }
        let rest = link[start.upperBound...]
        return rest.firstIndex(of: "/").map { String(rest[rest.index(after: $0)...]) }
    }
}

/// UUIDs by which the API knows a repeated request.
enum RequestID {
    /// Of the same parts the same one: a version 8 UUID (RFC 9562) of their SHA-256.
    static func make(_ parts: String...) -> String {
        var bytes = Array(Digest.sha256(parts.joined(separator: "\n")).prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = Array(Hex.encoded(bytes))
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }
}
