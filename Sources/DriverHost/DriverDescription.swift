public import DriverProtocol
public import JSONTree

/// Whether a driver can be called, and if not, why.
public enum DriverState: Sendable, Hashable {
    case starting
    case ready
    /// Its entry, its file or its answer to `init` is wrong; it is tried again when that changes, and now and then.
    case broken(reason: String)
    /// It failed again and again; calls fail at once until so much time has passed.
    case resting(remaining: Duration, reason: String)
    /// A resident driver that keeps ending is started again when so much time has passed.
    case restarting(remaining: Duration, reason: String)

    /// `starting`, `ready`, `broken`, `resting` or `restarting`.
    public var name: String {
        switch self {
        case .starting: "starting"
        case .ready: "ready"
        case .broken: "broken"
        case .resting: "resting"
        case .restarting: "restarting"
        }
    }

    /// Why it is not ready.
    public var reason: String? {
        switch self {
        case .starting, .ready: nil
        case .broken(let reason), .resting(_, let reason), .restarting(_, let reason): reason
        }
    }

    /// How long it stays so by itself.
    public var remaining: Duration? {
        switch self {
        case .starting, .ready, .broken: nil
        case .resting(let remaining, _), .restarting(let remaining, _): remaining
        }
    }
}

/// What the host knows about a driver.
public struct DriverDescription: Sendable, Hashable {
    public var name: String
    public var provisioners: [String]
    public var executable: String
    /// The entry of drivers.json that is in force; `nil` when it is wrong.
    public var entry: DriverEntry?
    /// How it is run; `nil` while that is not known, since the driver has not said what it offers.
    public var mode: DriverEntry.Mode?
    public var state: DriverState
    /// The driver's answer to `init`; kept when the driver breaks later.
    public var info: DriverInfo?
    /// How many calls at a time.
    public var concurrency: Int?
    public var breaker: Breaker?
    public var statistics: Statistics

    /// What rests a driver that keeps failing without an answer.
    public struct Breaker: Sendable, Hashable {
        /// `closed` lets calls through, `open` none until the rest is over, `half-open` one to try.
        public var position: String
        /// So many calls in a row got no answer.
        public var failures: Int
        /// So many open it.
        public var threshold: Int
    }

    public struct Statistics: Sendable, Hashable {
        public var calls = 0
        public var errors = 0
        public var unknownOutcomes = 0
        public var refused = 0
        public var restarts = 0
        public var strayReplies = 0
        public var inFlight = 0
        public var waiting = 0
        public var p50: Duration?
        public var p99: Duration?
        public var lastError: String?
        public var lastErrorCallID: String?
        /// RFC 3339 in UTC.
        public var lastErrorAt: String?
    }

    /// What whoever uses the driver should know, whatever its state.
    public var warnings: [String] { entry?.warnings ?? [] }

    /// One element of ``DriverHost/report()``.
    public var json: JSONValue {
        var json: JSONValue = [
            "name": .string(name), "provisioners": JSONValue(provisioners), "exec": .string(executable),
            "state": .string(state.name), "calls": .integer(Int64(statistics.calls)),
            "errors": .integer(Int64(statistics.errors)),
            "unknownOutcomes": .integer(Int64(statistics.unknownOutcomes)),
            "refused": .integer(Int64(statistics.refused)), "restarts": .integer(Int64(statistics.restarts)),
            "strayReplies": .integer(Int64(statistics.strayReplies)),
            "inFlight": .integer(Int64(statistics.inFlight)), "waiting": .integer(Int64(statistics.waiting)),
        ]
        json["protocol"] = (entry?.wireProtocol).map { .string($0.rawValue) }
        if !warnings.isEmpty { json["warnings"] = JSONValue(warnings) }
        json["mode"] = mode.map { .string($0.rawValue) }
        json["reason"] = state.reason.map { .string($0) }
        json["retryInMilliseconds"] = state.remaining.map { .integer($0.milliseconds) }
        json["concurrency"] = concurrency.map { .integer(Int64($0)) }
        json["breaker"] = breaker.map { breaker in
            [
                "position": .string(breaker.position), "failures": .integer(Int64(breaker.failures)),
                "threshold": .integer(Int64(breaker.threshold)),
            ]
        }
        json["version"] = info.map { .string($0.version) }
        json["capabilities"] = info.map { JSONValue($0.capabilities.map(\.rawValue)) }
        json["p50Microseconds"] = statistics.p50.map { .integer($0.microseconds) }
        json["p99Microseconds"] = statistics.p99.map { .integer($0.microseconds) }
        json["lastError"] = statistics.lastError.map { .string($0) }
        json["lastErrorCallID"] = statistics.lastErrorCallID.map { .string($0) }
        json["lastErrorAt"] = statistics.lastErrorAt.map { .string($0) }
        if let entry {
            if !entry.config.isEmpty { json["config"] = .object(entry.config) }
            // What stands in them may be for the driver alone.
            if !entry.environment.isEmpty { json["env"] = JSONValue(entry.environment.keys.sorted()) }
            json["runAs"] = entry.runAs.map { .string($0) }
            json["sha256"] = entry.sha256.map { .string($0) }
        }
        json["info"] = info?.json
        return json
    }
}
