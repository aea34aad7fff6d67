import Glibc

enum Clocks {
    /// Since 1970-01-01T00:00:00Z.
    static var realTimeSeconds: Int { time(nil) }
}

extension Duration {
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
