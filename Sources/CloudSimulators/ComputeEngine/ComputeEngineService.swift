import Crypto
import HTTPTypes
import JSONTree
import Logging
import Synchronization

/// Google Compute Engine, as far as its disks go: `/compute/v1/projects/…`, also `beta` and `alpha`; `/token`; and the
/// metadata server under `/computeMetadata/v1/…`.
final class ComputeEngineService: CloudService {
    static var cloud: Cloud { .gce }

    let configuration: ComputeConfiguration
    private let context: SimulatorContext
    private let tokens: TokenAuthority
    private let model: Mutex<ComputeModel>
    /// One request at a time, where disks have bytes: what happens to them takes its time, and has its order.
    private let turns = SerialTurns()

    init(_ context: SimulatorContext) throws {
        self.context = context
        configuration = try ComputeConfiguration(context.settings)
        tokens = try TokenAuthority(configuration.credentials, store: context.store)
        model = Mutex(try ComputeModel(configuration, store: context.store))
    }

    func operation(of request: CloudRequest) -> CloudOperation {
        if isMetadata(request) { return CloudOperation("metadata.get", resource: request.segments.last) }
        if isTokenEndpoint(request) { return CloudOperation("oauth2.token") }
        guard let route = ComputeRoute(method: request.method, segments: request.segments) else {
            return CloudOperation("unknown")
        }
        var resource = route.name
        if ["insert", "createSnapshot"].contains(route.action) {
            // What is made; a body that is no JSON is refused later.
            resource = (try? JSONParser.parse(request.body))?["name"]?.stringValue ?? resource
        }
        return CloudOperation(route.method, resource: resource, zone: route.zone)
    }

    func respond(
        to request: CloudRequest, _ operation: CloudOperation, effects: FaultEffects
    ) async -> CloudResponse {
        if isMetadata(request) {
            return ComputeMetadataServer(configuration: configuration, tokens: tokens).respond(to: request)
        }
        if isTokenEndpoint(request) { return tokens.exchange(request) }
        do throws(ComputeError) {
            let user = try tokens.user(request.header("Authorization"))
            guard let route = ComputeRoute(method: request.method, segments: request.segments) else {
                throw .notFound(request.path)
            }
            try checkPlace(route)
            if route.collection == "operations", route.action == "wait" {
                return .json(try await wait(route, request))
            }
            return .json(try await answer(request, route, user, effects))
        } catch {
            return response(to: error)
        }
    }

    func response(to fault: FaultAnswer, _ request: CloudRequest, _ operation: CloudOperation) -> CloudResponse {
        switch fault {
        case .throttled(let retryAfter):
            var throttling = configuration.throttling
            if isMetadata(request) || isTokenEndpoint(request) {
                // Only the API has a code of its own for it.
                throttling.status = 429
            }
            var response = response(
                to: ComputeError(
                    throttling.status, throttling.reason,
                    "Quota exceeded for quota group 'default' and limit 'Queries per 100 seconds'."))
            if let seconds = retryAfter?.components.seconds ?? throttling.retryAfterSeconds {
                response.headers[.retryAfter] = String(seconds)
            }
            return response
        case .serverError(let status):
            return response(
                to: ComputeError(
                    status, status == 500 ? "internalError" : "backendError",
                    status == 500 ? "Internal Error" : "The service is currently unavailable."))
        case .quotaExceeded:
            return response(to: .quotaExceeded("SSD_TOTAL_GB", limit: 0, region: operation.zone ?? "us-central1"))
        case .capacityExhausted:
            guard let route = ComputeRoute(method: request.method, segments: request.segments), let scope = route.scope,
                route.collection == "disks", route.action == "insert"
            else {
                return response(
                    to: ComputeError(503, "resourcePoolExhausted", "The zone does not have enough resources available.")
                )
            }
            do throws(ComputeError) {
                let call = call(request, user: "anonymous", FaultEffects(), now: context.clock.now)
                // Has nothing to do with any disk's bytes.
                let (failed, _) = try committing { model in
                    model.exhaustedInsert(
                        project: route.project, scope: scope, name: operation.resource ?? "disk", call)
                }
                return .json(failed.json(links(request, route), now: context.clock.now))
            } catch {
                return response(to: error)
            }
        }
    }

    /// What faults have kept from ending goes on.
    func faultsCleared() async throws {
        try await changing { $0.release(at: self.context.clock.now) }
    }

    // MARK: Requests

    private func answer(
        _ request: CloudRequest, _ route: ComputeRoute, _ user: String, _ effects: FaultEffects
    ) async throws(ComputeError) -> JSONValue {
        let now = context.clock.now
        let links = links(request, route)
        if request.method == "GET" { return try await read(request, route) }
        let call = call(request, user: user, effects, now: now)
        return try await changing { model throws(ComputeError) in
            model.advance(to: now)
            if let earlier = try model.earlierOperation(call, project: route.project) {
                return earlier.json(links, now: now)
            }
            return try ComputeCalls.carryOut(request, route, call, &model).json(links, now: now)
        }
    }

    private func read(_ request: CloudRequest, _ route: ComputeRoute) async throws(ComputeError) -> JSONValue {
        let now = context.clock.now
        let links = links(request, route)
        return try await changing { model throws(ComputeError) in
            model.advance(to: now)
            return try ComputeReads(model: model, now: now, links: links).answer(request, route)
        }
    }

    private func call(_ request: CloudRequest, user: String, _ effects: FaultEffects, now: Int64) -> ComputeModel.Call {
        var digest = SHA256()
        // The versions of the API are doors to one and the same.
        digest.update(data: Array("\(request.method) \(request.segments.dropFirst(2).joined(separator: "/"))\n".utf8))
        digest.update(data: request.body)
        return ComputeModel.Call(
            now: now, requestID: request.query("requestId"),
            requestDigest: digest.finalize().prefix(16).map { String($0, radix: 16) }.joined(separator: "-"),
            user: user,
            effects: effects)
    }

    /// Runs `body` on the model. What it changed is durable, and done to the disks' bytes, when this returns, also when
    /// `body` throws.
    private func changing<Result: Sendable>(
        _ body: @Sendable (inout ComputeModel) throws(ComputeError) -> Result
    ) async throws(ComputeError) -> Result {
        guard let contents = context.contents else { return try committing(body).result }
        await turns.begin()
        let outcome: Swift.Result<Result, ComputeError>
        do throws(ComputeError) {
            outcome = .success(try await changing(contents, body))
        } catch {
            outcome = .failure(error)
        }
        await turns.end()
        return try outcome.get()
    }

    private func changing<Result: Sendable>(
        _ contents: DiskContents, _ body: (inout ComputeModel) throws(ComputeError) -> Result
    ) async throws(ComputeError) -> Result {
        let (outcome, changes) = try committing { model -> Swift.Result<Result, ComputeError> in
            do throws(ComputeError) {
                return .success(try body(&model))
            } catch {
                return .failure(error)
            }
        }
        try await carryOut(changes, on: contents)
        return try outcome.get()
    }

    /// - Returns: Also what is still to be done to the disks' bytes.
    private func committing<Result: Sendable>(
        _ body: (inout ComputeModel) throws(ComputeError) -> Result
    ) throws(ComputeError) -> (result: Result, content: [DiskContentChange]) {
        let outcome: Swift.Result<(Result, [DiskContentChange]), ComputeError> = model.withLock { model in
            let result: Swift.Result<Result, ComputeError>
            do throws(ComputeError) {
                result = .success(try body(&model))
            } catch {
                result = .failure(error)
            }
            let changes = model.takeChanges()
            do {
                try context.store.commit(changes.documents)
            } catch {
                context.logger.error("a change of the simulated Compute Engine is lost: \(error)")
                do {
                    // What is on disk is what there is.
                    model = try ComputeModel(configuration, store: context.store)
                } catch {
                    context.logger.critical("the store can neither be written nor read: \(error)")
                }
                return .failure(ComputeError(500, "internalError", "The simulator's store failed: \(error)"))
            }
            return result.map { ($0, changes.content) }
        }
        return try outcome.get()
    }

    private func carryOut(_ changes: [DiskContentChange], on contents: DiskContents) async throws(ComputeError) {
        do {
            for change in changes {
                switch change {
                case .create(let id, let bytes, let source): try await contents.create(id, bytes: bytes, from: source)
                case .resize(let id, let bytes): try await contents.resize(id, bytes: bytes)
                case .remove(let id): try await contents.remove(id)
                case .attach(let id, let deviceName):
                    _ = try await contents.attach(id, links: ["by-id/google-\(deviceName)"])
                case .detach(let id): try await contents.detach(id)
                }
            }
        } catch {
            context.logger.error("a disk's bytes could not be changed: \(error)")
            throw ComputeError(500, "internalError", "A disk's bytes could not be changed: \(error)")
        }
    }

    /// Holds the answer back until the operation is DONE, or for so long as the configuration says.
    private func wait(_ route: ComputeRoute, _ request: CloudRequest) async throws(ComputeError) -> JSONValue {
        let end = ContinuousClock.now + .seconds(configuration.waitLimitSeconds)
        var route = route
        route.action = "get"
        while true {
            let json = try await read(request, route)
            if json["status"] == "DONE" || ContinuousClock.now >= end { return json }
            do {
                // The simulator's clock may run faster than this one: look often.
                try await Task.sleep(for: .milliseconds(10))
            } catch {
                return json
            }
        }
    }

    private func checkPlace(_ route: ComputeRoute) throws(ComputeError) {
        if !configuration.projects.isEmpty, !configuration.projects.contains(route.project) {
            throw .notFound("projects/\(route.project)")
        }
        switch route.scope {
        case .zone(let zone):
            guard configuration.region(of: zone) != nil else { throw .invalid("zone", zone, "Unknown zone.") }
        case .region(let region):
            guard configuration.regions[region] != nil else { throw .invalid("region", region, "Unknown region.") }
        case .global, nil: break
        }
    }

    private func links(_ request: CloudRequest, _ route: ComputeRoute) -> ComputeLinks {
        ComputeLinks(origin: request.origin, prefix: route.prefix)
    }

    private func response(to error: ComputeError) -> CloudResponse {
        var response = CloudResponse.json(error.json, status: error.status)
        if error.status == 401 { response.headers[.wwwAuthenticate] = "Bearer realm=\"https://accounts.google.com/\"" }
        return response
    }

    /// A client looks for a metadata server at the root, with its header.
    private func isMetadata(_ request: CloudRequest) -> Bool {
        request.segments.first == "computeMetadata"
            || (request.segments.isEmpty && request.header("Metadata-Flavor") != nil)
    }

    private func isTokenEndpoint(_ request: CloudRequest) -> Bool {
        request.method == "POST" && ["/token", "/oauth2/v4/token"].contains(request.path)
    }
}
