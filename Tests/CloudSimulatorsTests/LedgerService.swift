import HTTPTypes
import JSONTree
import Synchronization

@testable import CloudSimulators

/// A small cloud of the tests' own: a ledger of things by name, durable like the real ones.
///
/// `PUT /things/NAME?zone=Z` makes one, `GET` shows it, `DELETE` removes it, `GET /things` lists the names. A thing may
/// be invisible or stuck, as faults have it; `greeting` and `limit` are its settings.
final class LedgerService: CloudService {
    static let cloud = Cloud.aws

    private struct Thing {
        var visibleFrom: SimulatorClock.Milliseconds
        var isStuck: Bool

        var json: JSONValue { ["visibleFrom": .integer(visibleFrom), "isStuck": .bool(isStuck)] }
    }

    private let context: SimulatorContext
    private let greeting: String
    private let limit: Int64
    private let things: Mutex<[String: Thing]>

    init(_ context: SimulatorContext) throws {
        self.context = context
        greeting = try context.settings.string(ifSet: "greeting") ?? "hello"
        limit = try context.settings.integer(ifSet: "limit", in: 1...1000) ?? 1000
        things = Mutex(
            try context.store.all("thing").mapValues { json in
                Thing(visibleFrom: json["visibleFrom"]?.integerValue ?? 0, isStuck: json["isStuck"] == true)
            })
    }

    func operation(of request: CloudRequest) -> CloudOperation {
        let name = request.segments.count > 1 ? request.segments[1] : nil
        let operation =
            switch (request.method, name) {
            case (_, nil): "ListThings"
            case ("PUT", _): "PutThing"
            case ("DELETE", _): "DeleteThing"
            default: "GetThing"
            }
        return CloudOperation(operation, resource: name, zone: request.query("zone"))
    }

    func respond(
        to request: CloudRequest, _ operation: CloudOperation, effects: FaultEffects
    ) async -> CloudResponse {
        do {
            return try things.withLock { things in
                let now = context.clock.now
                switch (operation.name, operation.resource) {
                case ("PutThing", let name?):
                    guard things.count < limit else { return .json(["error": "full"], status: 400) }
                    let visibleFrom = now + (effects.invisibleFor.map { $0.components.seconds * 1000 } ?? 0)
                    let thing = Thing(visibleFrom: visibleFrom, isStuck: effects.isStuck)
                    try context.store.commit([.put(kind: "thing", key: name, thing.json)])
                    things[name] = thing
                    return .json(["made": .string(name), "body": .integer(Int64(request.body.count))], status: 201)
                case ("DeleteThing", let name?):
                    try context.store.commit([.remove(kind: "thing", key: name)])
                    return CloudResponse(status: things.removeValue(forKey: name) == nil ? 404 : 204)
                case ("GetThing", let name?):
                    guard let thing = things[name], thing.visibleFrom <= now else {
                        return .json(["error": "not found"], status: 404)
                    }
                    return .json(["name": .string(name), "stuck": .bool(thing.isStuck), "greeting": .string(greeting)])
                default:
                    return .json(["things": JSONValue(things.keys.sorted()), "at": .string(request.origin)])
                }
            }
        } catch {
            return .json(["error": .string("\(error)")], status: 500)
        }
    }

    func response(to fault: FaultAnswer, _ request: CloudRequest, _ operation: CloudOperation) -> CloudResponse {
        switch fault {
        case .throttled(let retryAfter):
            return CloudResponse(status: 429, headers: [.retryAfter: "\(retryAfter?.components.seconds ?? 1)"])
        case .serverError(let status): return CloudResponse(status: status)
        case .quotaExceeded: return .json(["error": "quota"], status: 403)
        case .capacityExhausted: return .json(["error": "capacity"], status: 503)
        }
    }

    func faultsCleared() throws {
        try things.withLock { things in
            for (name, thing) in things where thing.isStuck {
                var thing = thing
                thing.isStuck = false
                try context.store.commit([.put(kind: "thing", key: name, thing.json)])
                things[name] = thing
            }
        }
    }
}
