extension Duration {
    /// As the AGE column of `kubectl get` shows it: `5s`, `3m12s`, `2d3h`, `400d`; two units at most, the second one
    /// only where the first is small.
    ///
    /// Two clocks may disagree by a second: up to that, a negative age is `0s`; beyond, `<invalid>`.
    public var humanAge: String {
        let seconds = components.seconds
        if seconds < -1 { return "<invalid>" }
        if seconds < 120 { return "\(max(seconds, 0))s" }
        let minutes = seconds / 60
        if minutes < 10 { return Self.age(minutes, "m", seconds % 60, "s") }
        if minutes < 180 { return "\(minutes)m" }
        let hours = minutes / 60
        if hours < 8 { return Self.age(hours, "h", minutes % 60, "m") }
        if hours < 48 { return "\(hours)h" }
        let days = hours / 24
        if days < 8 { return Self.age(days, "d", hours % 24, "h") }
        if days < 2 * 365 { return "\(days)d" }
        let years = days / 365
        return years < 8 ? Self.age(years, "y", days % 365, "d") : "\(years)y"
    }

    private static func age(_ large: Int64, _ unit: String, _ small: Int64, _ smallUnit: String) -> String {
        small == 0 ? "\(large)\(unit)" : "\(large)\(unit)\(small)\(smallUnit)"
    }
}

extension Timestamp {
    /// How old it is at `now`, for a table.
    public func humanAge(at now: Timestamp) -> String { (now - self).humanAge }
}
