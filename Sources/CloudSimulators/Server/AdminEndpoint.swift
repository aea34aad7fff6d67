import HTTPTypes
import JSONTree

/// What is asked of the simulator itself, on each cloud's port: `/_berth/faults`, `/_berth/requests`, `/_berth/clock`.
struct AdminEndpoint: Sendable {
    static let prefix = "_berth"

    let cloud: SimulatedCloud

    func respond(to request: CloudRequest) async -> CloudResponse {
        do throws(SettingsError) {
            return try await answer(request)
        } catch {
            return Self.failure(400, error.description)
        }
    }

    private func answer(_ request: CloudRequest) async throws(SettingsError) -> CloudResponse {
        let segments = Array(request.segments.dropFirst())
        switch (segments.first, segments.count, request.method) {
        case ("faults", 1, "GET"):
            return .json(["faults": .array(cloud.faults.map(\.json))])
        case ("faults", 1, "POST"): return try add(request)
        case ("faults", 1, "DELETE"): return await cleared { try await cloud.clearFaults() }
        case ("faults", 2, "DELETE"):
            let name = segments[1]
            return await cleared {
                guard try await !cloud.clearFault(name) else { return }
                throw SettingsError("there is no fault \"\(name)\"; GET /_berth/faults lists them")
            }
        case ("requests", 1, "GET"): return .json(cloud.counts.json)
        case ("requests", 1, "DELETE"):
            cloud.counts.removeAll()
            return CloudResponse(status: 204)
        case ("clock", 1, "GET"): return .json(clock)
        case ("clock", 1, "POST"): return try advance(request)
        default:
            return Self.failure(
                404,
                """
                \(request.method) \(request.path) is not there. There are: GET, POST and DELETE /_berth/faults, \
                DELETE /_berth/faults/NAME, GET and DELETE /_berth/requests, GET and POST /_berth/clock
                """)
        }
    }

    private func add(_ request: CloudRequest) throws(SettingsError) -> CloudResponse {
        let rules = try FaultRule.rules(request.body, file: "the request's body")
        guard !rules.isEmpty else {
            throw SettingsError("the request's body holds no rule: it is a rule, or {\"faults\": [rule, …]}")
        }
        for rule in rules {
            guard let other = rule.cloud, other != cloud.cloud else { continue }
            throw SettingsError(
                "this is the port of \(cloud.cloud.rawValue), and a rule is for \(other.rawValue): send it to that port"
            )
        }
        let names = try cloud.add(rules)
        return .json(["names": JSONValue(names)], status: 201)
    }

    private func cleared(_ clear: () async throws -> Void) async -> CloudResponse {
        do {
            try await clear()
            return CloudResponse(status: 204)
        } catch let error as SettingsError {
            return Self.failure(404, error.description)
        } catch {
            return Self.failure(500, "the faults are gone, but what was stuck could not be released: \(error)")
        }
    }

    private func advance(_ request: CloudRequest) throws(SettingsError) -> CloudResponse {
        let root = try SettingsDocument(request.body, file: "the request's body").root
        let duration = try root.duration("advance")
        try root.checkAllRead()
        do {
            try cloud.clock.advance(by: duration)
        } catch {
            return Self.failure(500, "time has moved on, but cannot be kept over a restart: \(error)")
        }
        return .json(clock)
    }

    private var clock: JSONValue {
        let now = cloud.clock.now
        return ["now": .string(SimulatorClock.text(now)), "milliseconds": .integer(now)]
    }

    private static func failure(_ status: Int, _ message: String) -> CloudResponse {
        .json(["error": .string(message)], status: status)
    }
}
