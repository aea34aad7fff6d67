/// A cloud's API, as a function from requests to answers.
///
/// The server around it takes care of sockets, faults on the wire and logs; the ``ResourceStore`` of durability.
protocol CloudService: Sendable {
    static var cloud: Cloud { get }

    /// Which operation of the cloud's API a request asks for; faults and logs go by it. Must not change anything.
    func operation(of request: CloudRequest) -> CloudOperation

    /// Carries the request out. What it changed is durable when this returns. Errors are answers, in the cloud's words.
    func respond(
        to request: CloudRequest, _ operation: CloudOperation, effects: FaultEffects
    ) async -> CloudResponse

    /// What the cloud says instead of carrying the request out.
    func response(to fault: FaultAnswer, _ request: CloudRequest, _ operation: CloudOperation) -> CloudResponse

    /// Somebody has cleared the faults: what is stuck (``FaultEffects/isStuck``) goes on.
    func faultsCleared() async throws
}

extension CloudService {
    func faultsCleared() async throws {}
}

/// The simulated clouds, by their names in configuration and fault files.
public enum Cloud: String, Sendable, CaseIterable {
    case aws, gce, azure
}

/// An operation by the name that the cloud's own documentation gives it, and what it is about.
struct CloudOperation: Sendable, Hashable {
    /// `CreateVolume`, `disks.insert`, `disks.createOrUpdate`, …
    var name: String
    /// `vol-0123…`, or a resource's name; `nil` where the request names none.
    var resource: String?
    /// The zone that the request names.
    var zone: String?

    init(_ name: String, resource: String? = nil, zone: String? = nil) {
        self.name = name
        self.resource = resource
        self.zone = zone
    }
}

/// Faults that are an answer of the cloud's instead of the effect.
enum FaultAnswer: Sendable, Hashable {
    /// With the cloud's own code and headers. `nil`: the cloud's usual time.
    case throttled(retryAfter: Duration?)
    case serverError(status: Int)
    /// The account's quota is used up.
    case quotaExceeded
    /// The zone has no capacity left.
    case capacityExhausted
}

/// Faults that the model itself shows: what a service does to the resource that this request makes or changes.
struct FaultEffects: Sendable, Hashable {
    /// Reads do not see the new resource for so long (eventual consistency).
    var invisibleFor: Duration?
    /// The transient state that begins here does not end, until the simulator's faults are cleared.
    var isStuck = false
}
