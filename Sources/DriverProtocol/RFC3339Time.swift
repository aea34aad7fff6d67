/// A moment as the protocol writes it: RFC 3339, UTC. Without Foundation, whose start-up a driver would pay per call.
public struct RFC3339Time: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Since 1970-01-01T00:00:00Z, without leap seconds.
    public var seconds: Int64
    /// 0 to 999,999,999.
    public var nanoseconds: Int32

    public init(seconds: Int64, nanoseconds: Int32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// This time plus `seconds`, clamped to the years 0 to 9999.
    public func adding(seconds: Int64) -> RFC3339Time {
        let (sum, overflow) = self.seconds.addingReportingOverflow(seconds)
        let later = overflow ? (seconds < 0 ? Int64.min : .max) : sum
        return RFC3339Time(
            seconds: min(max(later, Self.writableSeconds.lowerBound), Self.writableSeconds.upperBound),
            nanoseconds: nanoseconds)
    }

    /// Reads RFC 3339 with any offset: `2026-11-22T10:00:30Z`, `2026-11-22T11:00:30.25+01:00`. `nil` for any
    /// other text, and for times outside the years 0 to 9999 in UTC, which RFC 3339 cannot represent.
    public init?(_ text: String) {
        var reader = Digits(text.utf8[...])
        guard let year = reader.number(4), reader.accept("-"), let month = reader.number(2), reader.accept("-"),
            let day = reader.number(2), reader.accept("T") || reader.accept("t"), let hour = reader.number(2),
            reader.accept(":"), let minute = reader.number(2), reader.accept(":"), let second = reader.number(2)
        else { return nil }
        guard (1...12).contains(month), (1...Self.days(month: month, year: year)).contains(day), hour < 24, minute < 60,
            second <= 60
        else { return nil }
        var nanoseconds: Int32 = 0
        if reader.accept(".") {
            guard let fraction = reader.fraction() else { return nil }
            nanoseconds = fraction
        }
        var offset: Int64 = 0
        if !reader.accept("Z"), !reader.accept("z") {
            let isNegative = reader.accept("-")
            guard isNegative || reader.accept("+"), let hours = reader.number(2), reader.accept(":"),
                let minutes = reader.number(2), hours < 24, minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * (isNegative ? -60 : 60)
        }
        guard reader.isAtEnd else { return nil }
        let days = Self.daysSinceEpoch(year: year, month: month, day: day)
        seconds = ((days * 24 + hour) * 60 + minute) * 60 + second - offset
        guard Self.writableSeconds.contains(seconds) else { return nil }
        self.nanoseconds = nanoseconds
    }

    private static let writableSeconds: ClosedRange<Int64> = -62_167_219_200...253_402_300_799

    /// RFC 3339 in UTC, with a fraction only where there is one. What is before year 0 or after 9999 is written as the
    /// first or last second that there is.
    public var description: String {
        let seconds = min(max(seconds, Self.writableSeconds.lowerBound), Self.writableSeconds.upperBound)
        let (days, second) = seconds.flooredDivision(by: 86_400)
        let (year, month, day) = Self.civil(daysSinceEpoch: days)
        func padded(_ value: Int64, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        let time = "\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
        return "\(date)T\(time)\(nanoseconds == 0 ? "" : "." + padded(Int64(nanoseconds), 9))Z"
    }

    public static func < (left: RFC3339Time, right: RFC3339Time) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    private static func days(month: Int64, year: Int64) -> Int64 {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        default: 31
        }
    }

    /// The proleptic Gregorian calendar in eras of 400 years that begin in March, so that the leap day comes last.
    private static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = year.flooredDivision(by: 400)
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(daysSinceEpoch days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = (days + 719_468).flooredDivision(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    private struct Digits {
        private var rest: Substring.UTF8View

        init(_ text: Substring.UTF8View) { rest = text }

        var isAtEnd: Bool { rest.isEmpty }

        mutating func accept(_ character: Unicode.Scalar) -> Bool {
            guard let first = rest.first, UInt32(first) == character.value else { return false }
            rest.removeFirst()
            return true
        }

        mutating func number(_ width: Int) -> Int64? {
            var value: Int64 = 0
            for _ in 0..<width {
                guard let digit else { return nil }
                value = value * 10 + digit
                rest.removeFirst()
            }
            return value
        }

        /// At least one digit; those beyond the ninth are below a nanosecond and dropped.
        mutating func fraction() -> Int32? {
            var value: Int32 = 0
            var count = 0
            while let digit {
                if count < 9 { value = value * 10 + Int32(digit) }
                count += 1
                rest.removeFirst()
            }
            for _ in min(count, 9)..<9 { value *= 10 }
            return count == 0 ? nil : value
        }

        private var digit: Int64? {
            guard let byte = rest.first, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            return Int64(byte - UInt8(ascii: "0"))
        }
    }
}

extension Int64 {
    fileprivate func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
