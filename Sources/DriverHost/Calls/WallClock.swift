import Glibc

/// A moment of the calendar, for what people and drivers read; deadlines are kept by `ContinuousClock`.
struct WallClock: Sendable, Hashable {
    /// Since 1970-01-01T00:00:00Z.
    var milliseconds: Int64

    static var now: WallClock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return WallClock(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    func adding(_ duration: Duration) -> WallClock {
        WallClock(milliseconds: milliseconds + duration.milliseconds)
    }

    /// RFC 3339 in UTC with milliseconds: `2026-11-22T10:00:30.250Z`.
    var rfc3339: String {
        var seconds = time_t(milliseconds / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        // Every request carries one, so it is written digit by digit.
        return String(unsafeUninitializedCapacity: 24) { buffer in
            var position = 0
            func write(_ number: Int, _ width: Int, then separator: UInt8) {
                var rest = number
                for offset in stride(from: width - 1, through: 0, by: -1) {
                    buffer[position + offset] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                    rest /= 10
                }
                buffer[position + width] = separator
                position += width + 1
            }
            write(Int(parts.tm_year) + 1900, 4, then: UInt8(ascii: "-"))
            write(Int(parts.tm_mon) + 1, 2, then: UInt8(ascii: "-"))
            write(Int(parts.tm_mday), 2, then: UInt8(ascii: "T"))
            write(Int(parts.tm_hour), 2, then: UInt8(ascii: ":"))
            write(Int(parts.tm_min), 2, then: UInt8(ascii: ":"))
            write(Int(parts.tm_sec), 2, then: UInt8(ascii: "."))
            write(Int(milliseconds % 1000), 3, then: UInt8(ascii: "Z"))
            return position
        }
    }
}

extension Duration {
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }

    var microseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }

    /// For messages: `250 ms`, `5 s`, `1.5 s`, `2 min`.
    var readable: String {
        let milliseconds = self.milliseconds
        if milliseconds < 1000 { return "\(milliseconds) ms" }
        if milliseconds >= 120_000, milliseconds % 60_000 == 0 { return "\(milliseconds / 60_000) min" }
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(Double(milliseconds / 100) / 10) s"
    }
}
