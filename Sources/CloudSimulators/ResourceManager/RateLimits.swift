/// Requests left of each kind, by subscription, and the headers that tell.
struct RateLimits: Sendable {
    enum Kind: String, Sendable {
        case reads, writes, deletes

        init(method: String) {
            self =
                switch method {
                case "GET", "HEAD": .reads
                case "DELETE": .deletes
                default: .writes
                }
        }
    }

    private struct Bucket: Sendable {
        var left: Double
        var since: SimulatorClock.Milliseconds
    }

    private let settings: ResourceManagerSettings
    private var buckets: [String: Bucket] = [:]

    init(_ settings: ResourceManagerSettings) { self.settings = settings }

    private func limit(_ kind: Kind) -> ResourceManagerSettings.RateLimitSettings.Limit {
        switch kind {
        case .reads: settings.rateLimits.reads
        case .writes: settings.rateLimits.writes
        case .deletes: settings.rateLimits.deletes
        }
    }

    /// Takes one request from the bucket, which fills evenly.
    ///
    /// - Returns: How many are left.
    /// - Throws: 429 when there are none and limits are enforced.
    mutating func take(
        _ kind: Kind, _ subscription: String, _ now: SimulatorClock.Milliseconds
    ) throws(ResourceManagerError) -> Int {
        let limit = limit(kind)
        let key = "\(kind.rawValue)/\(subscription.lowercased())"
        var bucket = buckets[key] ?? Bucket(left: Double(limit.requests), since: now)
        let perMillisecond = Double(limit.requests) / Double(limit.milliseconds)
        bucket.left = min(Double(limit.requests), bucket.left + Double(max(0, now - bucket.since)) * perMillisecond)
        bucket.since = now
        defer { buckets[key] = bucket }
        guard bucket.left >= 1 else {
            guard settings.rateLimits.areEnforced else { return 0 }
            let wait = Int(Int64(saturating: ((1 - bucket.left) / perMillisecond / 1000).rounded(.up)))
            throw Self.throttled(subscription, retryAfter: max(1, wait))
        }
        bucket.left -= 1
        return Int(bucket.left)
    }

    static func throttled(_ subscription: String, retryAfter: Int) -> ResourceManagerError {
        ResourceManagerError(
            429, "TooManyRequests",
            "The request was throttled: too many requests have been received for subscription '\(subscription)'. Please "
                + "wait \(retryAfter) seconds.",
            retryAfter: retryAfter)
    }
}
