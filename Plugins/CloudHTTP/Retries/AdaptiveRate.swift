/// How fast one API may be called, found out from its throttling: a token bucket whose rate falls at once when the
/// server throttles and rises again on a cubic curve. Without any throttling it lets everything through.
///
/// Pure: times are seconds of one clock. Source: the AWS SDKs' adaptive retry mode, as botocore/retries/adaptive.py and
/// bucket.py have it (CUBIC of RFC 9438 is its model).
public struct AdaptiveRate: Sendable {
    private static let smoothing = 0.8
    private static let decrease = 0.7
    private static let scale = 0.4
    private static let minimumRate = 0.5
    /// Of measuring.
    private static let bucketsPerSecond = 2.0

    private var isEnabled = false
    private var measuredRate = 0.0
    private var lastBucket: Double
    private var requestsInBucket = 0.0
    private var rate = 0.0
    private var capacity = 0.0
    private var tokens = 0.0
    private var lastRefill: Double?
    private var lastMaximumRate = 0.0
    private var lastThrottling: Double
    private var timeToMaximum = 0.0

    public init(now: Double) {
        lastBucket = (now * Self.bucketsPerSecond).rounded(.down) / Self.bucketsPerSecond
        lastThrottling = now
    }

    /// Requests a second; `nil` while nothing has been throttled.
    public var currentRate: Double? { isEnabled ? rate : nil }

    /// Takes the token for one request.
    ///
    /// - Returns: How many seconds to wait before sending it. It may be sent then without asking again: tokens are
    ///   taken in advance, so that those who wait do so one behind the other.
    public mutating func take(now: Double) -> Double {
        guard isEnabled else { return 0 }
        refill(now)
        tokens -= 1
        return tokens >= 0 ? 0 : -tokens / rate
    }

    /// Gives back a token whose request was not sent.
    public mutating func giveBack() { if isEnabled { tokens = min(capacity, tokens + 1) } }

    /// To be told of every reply.
    public mutating func replied(isThrottled: Bool, now: Double) {
        measure(now)
        // A driver that has just begun has measured nothing: botocore would fall to its least rate at once then.
        let measured = measuredRate > 0 ? measuredRate : requestsInBucket * Self.bucketsPerSecond
        var newRate: Double
        if isThrottled {
            let before = isEnabled ? min(measured, rate) : measured
            lastMaximumRate = before
            lastThrottling = now
            timeToMaximum = Self.cubeRoot(lastMaximumRate * (1 - Self.decrease) / Self.scale)
            newRate = before * Self.decrease
            isEnabled = true
        } else {
            timeToMaximum = Self.cubeRoot(lastMaximumRate * (1 - Self.decrease) / Self.scale)
            let distance = now - lastThrottling - timeToMaximum
            newRate = Self.scale * distance * distance * distance + lastMaximumRate
        }
        setRate(min(newRate, 2 * measured), now)
    }

    private mutating func measure(_ now: Double) {
        let bucket = (now * Self.bucketsPerSecond).rounded(.down) / Self.bucketsPerSecond
        requestsInBucket += 1
        guard bucket > lastBucket else { return }
        let current = requestsInBucket / (bucket - lastBucket)
        measuredRate = current * Self.smoothing + measuredRate * (1 - Self.smoothing)
        requestsInBucket = 0
        lastBucket = bucket
    }

    private mutating func setRate(_ newRate: Double, _ now: Double) {
        refill(now)
        rate = max(newRate, Self.minimumRate)
        capacity = max(newRate, 1)
        tokens = min(tokens, capacity)
    }

    private mutating func refill(_ now: Double) {
        defer { lastRefill = now }
        guard let lastRefill, now > lastRefill else { return }
        tokens = min(capacity, tokens + (now - lastRefill) * rate)
    }

    /// By Newton's method: the standard library has no cube root, and Foundation is not loaded for it.
    private static func cubeRoot(_ value: Double) -> Double {
        guard value > 0 else { return 0 }
        var root = max(1, value)
        for _ in 0..<64 {
            let next = (2 * root + value / (root * root)) / 3
            if abs(next - root) <= 1e-12 * root { return next }
            root = next
        }
        return root
    }
}
