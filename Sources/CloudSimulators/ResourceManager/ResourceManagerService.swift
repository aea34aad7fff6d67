import Foundation
import HTTPTypes
import JSONTree
import Logging
import Synchronization

/// Azure Resource Manager, as far as managed disks go, for any `api-version`.
final class ResourceManagerService: CloudService {
    static let cloud = Cloud.azure

    struct State: Sendable {
        var model: ResourceModel
        var limits: RateLimits
    }

    let context: SimulatorContext
    let settings: ResourceManagerSettings
    private let tokens: AccessTokens
    private let identity: IdentityEndpoints
    let state: Mutex<State>
    /// A change goes with what it does to disks' bytes; the next waits for both.
    let turns = SerialTurns()

    init(_ context: SimulatorContext) throws {
        self.context = context
        settings = try ResourceManagerSettings(context.settings)
        tokens = try AccessTokens(context.store)
        identity = IdentityEndpoints(settings: settings, tokens: tokens, clock: context.clock)
        var model = ResourceModel(settings: settings)
        for machine in settings.machines {
            model.machines[machine.name.key] = StoredMachine(machine, uniqueID: Self.newID())
        }
        model.restore(
            groups: try context.store.all("azure.group"),
            resources: Array(try context.store.all("azure.disk").values)
                + Array(try context.store.all("azure.snapshot").values),
            machines: try context.store.all("azure.machine"),
            operations: Array(try context.store.all("azure.operation").values))
        state = Mutex(State(model: model, limits: RateLimits(settings)))
    }

    @Sendable static func newID() -> String { UUID().uuidString.lowercased() }

    // MARK: CloudService

    func operation(of request: CloudRequest) -> CloudOperation {
        switch ResourcePath(request.segments) {
        case .subscriptions: CloudOperation("subscriptions.list")
        case .subscription: CloudOperation("subscriptions.get")
        case .locations: CloudOperation("subscriptions.listLocations")
        case .resourceGroups: CloudOperation("resourceGroups.list")
        case .resourceGroup(_, let name):
            CloudOperation(
                request.method == "PUT" ? "resourceGroups.createOrUpdate" : "resourceGroups.get", resource: name)
        case .skus: CloudOperation("resourceSkus.list")
        case .collection(let kind, _, let group, _):
            switch (kind, group) {
            // A machine's lists are named the other way round.
            case (.machine, nil): CloudOperation("virtualMachines.listAll")
            case (.disk, .some), (.snapshot, .some): CloudOperation("\(Self.noun(kind)).listByResourceGroup")
            default: CloudOperation("\(Self.noun(kind)).list")
            }
        case .resource(let name):
            CloudOperation(
                "\(Self.noun(name.type)).\(Self.verb(request.method))", resource: name.name, zone: zone(of: request))
        case .instanceView(let name): CloudOperation("\(Self.noun(name.type)).instanceView", resource: name.name)
        case .operation(_, _, let id): CloudOperation("operations.get", resource: id)
        case .token: CloudOperation("tokens.clientCredentials")
        case .openIDConfiguration: CloudOperation("tokens.openIDConfiguration")
        case .instanceDiscovery: CloudOperation("tokens.instanceDiscovery")
        case .metadataToken: CloudOperation("metadata.token")
        case .metadataInstance: CloudOperation("metadata.instance")
        case .unknown: CloudOperation("unknown")
        }
    }

    private static func noun(_ kind: ResourceName.Kind) -> String {
        kind == .scaleSetMachine ? "virtualMachineScaleSetVMs" : kind.rawValue
    }

    private static func verb(_ method: String) -> String {
        switch method {
        case "PUT": "createOrUpdate"
        case "PATCH": "update"
        case "DELETE": "delete"
        default: "get"
        }
    }

    private func zone(of request: CloudRequest) -> String? {
        guard request.method == "PUT", let body = try? JSONParser.parse(request.body) else { return nil }
        return body["zones"]?.stringArray?.first
    }

    func respond(
        to request: CloudRequest, _ operation: CloudOperation, effects: FaultEffects
    ) async -> CloudResponse {
        let path = ResourcePath(request.segments)
        switch path {
        case .token(let tenant) where request.method == "POST": return identity.token(request, tenant: tenant)
        case .openIDConfiguration(let tenant): return identity.openIDConfiguration(request, tenant: tenant)
        case .instanceDiscovery: return identity.instanceDiscovery(request)
        case .metadataToken: return identity.metadataToken(request)
        case .metadataInstance: return identity.metadataInstance(request)
        default: break
        }
        var remaining: Int?
        let kind = RateLimits.Kind(method: request.method)
        do throws(ResourceManagerError) {
            try authorize(request)
            guard let version = request.query("api-version"), !version.isEmpty else {
                throw ResourceManagerError(
                    400, "MissingApiVersionParameter",
                    "The api-version query parameter (?api-version=) is required for all requests.")
            }
            remaining = try take(kind, path)
            return complete(try await answer(path, request, effects), request, kind, remaining)
        } catch {
            return complete(error.response, request, kind, remaining)
        }
    }

    func response(to fault: FaultAnswer, _ request: CloudRequest, _ operation: CloudOperation) -> CloudResponse {
        let subscription = request.segments.dropFirst().first ?? settings.defaultSubscription
        let error: ResourceManagerError
        switch fault {
        case .throttled(let retryAfter):
            let seconds =
                retryAfter.map { Int(($0 / .seconds(1)).rounded(.up)) } ?? settings.rateLimits.retryAfterSeconds
            error = RateLimits.throttled(subscription, retryAfter: seconds)
        case .serverError(let status):
            let (code, text) =
                switch status {
                case 502: ("BadGateway", "The gateway did not receive a response from 'Microsoft.Compute'.")
                case 503: ("ServiceUnavailable", "The service is currently unavailable. Please retry the request.")
                case 504:
                    (
                        "GatewayTimeout",
                        "The gateway did not receive a response from 'Microsoft.Compute' within the time."
                    )
                default: ("InternalServerError", "Encountered internal server error. Please retry the request.")
                }
            error = ResourceManagerError(status, code, text)
        case .quotaExceeded:
            let location = settings.resourceGroups.first?.location ?? ""
            error = ResourceModel.quotaExceeded(
                "DiskCount", location, settings.quotas.disks, Int(settings.quotas.disks))
        case .capacityExhausted:
            error = ResourceManagerError(
                409, operation.zone == nil ? "AllocationFailed" : "ZonalAllocationFailed",
                "Allocation failed. We do not have sufficient capacity for the requested size in this "
                    + (operation.zone == nil ? "region." : "zone."))
        }
        return complete(error.response, request, RateLimits.Kind(method: request.method), nil)
    }

    /// Lets end what a fault has stuck.
    func faultsCleared() throws {
        try state.withLock { state in
            state.model.unstick(context.clock.now)
            try context.store.commit(state.model.takeChanges())
        }
    }

    // MARK: Around every answer

    private func authorize(_ request: CloudRequest) throws(ResourceManagerError) {
        let challenge = "Bearer authorization_uri=\"https://login.windows.net/\", error=\"invalid_token\""
        guard let header = request.header("Authorization"), !header.isEmpty else {
            if settings.clients.isEmpty { return }
            throw ResourceManagerError(
                401, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.",
                challenge: challenge)
        }
        let parts = header.split(separator: " ")
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw ResourceManagerError(
                401, "AuthenticationFailedInvalidHeader",
                "Authentication failed. The 'Authorization' header is provided in an invalid format.",
                challenge: challenge)
        }
        guard !settings.clients.isEmpty else { return }
        do throws(AccessTokens.Fault) {
            try tokens.verify(
                String(parts[1]), audiences: IdentityEndpoints.managementAudiences + [request.origin],
                now: context.clock.now)
        } catch {
            switch error {
            case .malformed:
                throw ResourceManagerError(
                    401, "InvalidAuthenticationToken", "The access token is invalid.", challenge: challenge)
            case .expired(let since):
                throw ResourceManagerError(
                    401, "ExpiredAuthenticationToken",
                    "The access token expiry UTC time '\(SimulatorClock.text(since))' is earlier than current UTC time "
                        + "'\(SimulatorClock.text(context.clock.now))'.", challenge: challenge)
            case .wrongAudience(let audience):
                throw ResourceManagerError(
                    401, "InvalidAuthenticationTokenAudience",
                    "The access token has been obtained for wrong audience or resource '\(audience)'. It should exactly "
                        + "match with one of the allowed audiences '\(IdentityEndpoints.managementAudiences[0])'.",
                    challenge: challenge)
            }
        }
    }

    private func take(_ kind: RateLimits.Kind, _ path: ResourcePath) throws(ResourceManagerError) -> Int {
        let subscription: String
        switch path {
        // Asking how an operation goes costs nothing.
        case .operation, .subscriptions, .unknown: return 11_999
        case .subscription(let name), .locations(let name), .resourceGroups(let name), .resourceGroup(let name, _),
            .skus(let name), .collection(_, let name, _, _):
            subscription = name
        case .resource(let name), .instanceView(let name): subscription = name.subscription
        default: return 11_999
        }
        let result = state.withLock { state -> Result<Int, ResourceManagerError> in
            do throws(ResourceManagerError) {
                return .success(try state.limits.take(kind, subscription, context.clock.now))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func complete(
        _ response: CloudResponse, _ request: CloudRequest, _ kind: RateLimits.Kind, _ remaining: Int?
    ) -> CloudResponse {
        var response = response
        let id = Self.newID()
        set("x-ms-request-id", id, &response)
        set("x-ms-correlation-request-id", request.header("x-ms-correlation-request-id") ?? id, &response)
        set("x-ms-routing-request-id", "SIMULATED:\(SimulatorClock.text(context.clock.now)):\(id)", &response)
        if let client = request.header("x-ms-client-request-id") { set("x-ms-client-request-id", client, &response) }
        if let remaining {
            set("x-ms-ratelimit-remaining-subscription-\(kind.rawValue)", String(remaining), &response)
            let group =
                switch kind {
                case .reads: "Microsoft.Compute/LowCostGetResource3Min"
                case .writes: "Microsoft.Compute/PutResource3Min"
                case .deletes: "Microsoft.Compute/DeleteResource3Min"
                }
            set("x-ms-ratelimit-remaining-resource", "\(group);\(remaining)", &response)
        }
        response.headers[.cacheControl] = "no-cache"
        return response
    }

    private func set(_ name: String, _ value: String, _ response: inout CloudResponse) {
        guard let name = HTTPField.Name(name) else { return }
        response.headers[name] = value
    }
}
