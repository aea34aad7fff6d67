/// Durations as people write them: `50ms`, `1.5s`, `10m`, `6h`, `1d`, `1h30m`.
enum DurationText {
    private static let milliseconds: [(unit: String, count: Double)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    /// - Returns: `nil` for a number without its unit, a negative one, and all else that is none.
    static func parse(_ text: String) -> Duration? {
        var rest = Substring(text)
        var total = 0.0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isNumber || $0 == "." }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard let number = Double(digits), let scale = milliseconds.first(where: { $0.unit == unit }) else {
                return nil
            }
            total += number * scale.count
        }
        // Ten thousand years; more would not fit the clock's milliseconds.
        guard total <= 3.2e14 else { return nil }
        return .milliseconds(Int64(total))
    }

    /// `1500ms`, `2s`, `6h`.
    static func text(_ duration: Duration) -> String {
        let total = duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
        for (unit, count) in milliseconds.reversed() where total != 0 && total % Int64(count) == 0 {
            return "\(total / Int64(count))\(unit)"
        }
        return "\(total)ms"
    }
}
