import JSONTree
import Synchronization

/// How often each operation was asked for, for who wants to know what a driver costs.
final class RequestCounts: Sendable {
    private struct Count {
        var requests = 0
        /// Of them, those that a fault rule struck.
        var faulty = 0
        var statuses: [Int: Int] = [:]
        /// Those without an answer, the connection having been reset.
        var unanswered = 0
    }

    private let counts = Mutex<[String: Count]>([:])

    /// - Parameter status: `nil` when the connection was reset.
    func add(_ operation: CloudOperation, status: Int?, isFaulty: Bool) {
        counts.withLock { counts in
            var count = counts[operation.name] ?? Count()
            count.requests += 1
            if isFaulty { count.faulty += 1 }
            if let status { count.statuses[status, default: 0] += 1 } else { count.unanswered += 1 }
            counts[operation.name] = count
        }
    }

    func removeAll() {
        counts.withLock { $0.removeAll() }
    }

    /// `{"total": 3, "operations": {"CreateVolume": {"requests": 3, "faulty": 1, "unanswered": 1, "statuses": {"200": 2}}}}`
    var json: JSONValue {
        let counts = counts.withLock { $0 }
        let operations = counts.sorted { $0.key < $1.key }.map { name, count -> (String, JSONValue) in
            let statuses = count.statuses.sorted { $0.key < $1.key }.map { ("\($0)", JSONValue.integer(Int64($1))) }
            return (
                name,
                [
                    "requests": .integer(Int64(count.requests)), "faulty": .integer(Int64(count.faulty)),
                    "unanswered": .integer(Int64(count.unanswered)), "statuses": .object(JSONObject(statuses)),
                ]
            )
        }
        return [
            "total": .integer(Int64(counts.values.reduce(0) { $0 + $1.requests })),
            "operations": .object(JSONObject(operations)),
        ]
    }
}
