/// How long calls took, in buckets that grow with the value: bounded memory, an error of at most an eighth.
struct LatencyHistogram: Sendable, Hashable {
    /// Eight buckets for each doubling from 1 µs to about 12 days.
    private var counts = [UInt32](repeating: 0, count: 312)
    private(set) var count = 0

    mutating func record(_ duration: Duration) {
        let value = UInt64(max(0, duration.microseconds))
        counts[min(Self.bucket(of: value), counts.count - 1)] &+= 1
        count += 1
    }

    /// The duration that the share `quantile` (0 to 1) of all calls did not exceed; `nil` without calls.
    func quantile(_ quantile: Double) -> Duration? {
        guard count > 0 else { return nil }
        let rank = max(1, Int((quantile * Double(count)).rounded(.up)))
        var seen = 0
        for (bucket, count) in counts.enumerated() {
            seen += Int(count)
            if seen >= rank { return .microseconds(Int64(Self.upperBound(of: bucket))) }
        }
        return nil
    }

    private static func bucket(of value: UInt64) -> Int {
        guard value >= 8 else { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount
        return (exponent - 2) * 8 + Int((value >> (exponent - 3)) & 7)
    }

    private static func upperBound(of bucket: Int) -> UInt64 {
        guard bucket >= 8 else { return UInt64(bucket) }
        let exponent = bucket / 8 + 2
        return (UInt64(8 + bucket % 8 + 1) << (exponent - 3)) - 1
    }
}
