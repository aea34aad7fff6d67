import Glibc
public import JSONTree

/// A moment as Kubernetes' objects carry it: RFC 3339 in UTC, to the second (`metav1.Time`) or to the microsecond
/// (`metav1.MicroTime`, in leases and events).
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Since 1970-01-01T00:00:00Z, without leap seconds.
    public var seconds: Int64
    /// 0 to 999,999,999.
    public var nanoseconds: Int32

    public init(seconds: Int64, nanoseconds: Int32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// What the system's clock says.
    public static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec))
    }

    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    /// The same moment without its fraction of a second: what survives being written as `metav1.Time`.
    public var wholeSecond: Timestamp { Timestamp(seconds: seconds) }

    public static func - (left: Timestamp, right: Timestamp) -> Duration {
        .seconds(left.seconds - right.seconds) + .nanoseconds(Int64(left.nanoseconds) - Int64(right.nanoseconds))
    }

    public static func + (left: Timestamp, right: Duration) -> Timestamp {
        let (whole, attoseconds) = right.components
        let (carry, nanoseconds) = floorDivide(
            Int64(left.nanoseconds) + attoseconds / 1_000_000_000, by: 1_000_000_000)
        return Timestamp(seconds: left.seconds + whole + carry, nanoseconds: Int32(nanoseconds))
    }
}

extension Timestamp: CustomStringConvertible {
    /// To the second: `2026-11-22T09:58:00Z`.
    public var description: String { text(fraction: nil) }

    /// To the microsecond: `2026-11-22T09:58:00.123456Z`.
    public var microTime: String { text(fraction: Int(nanoseconds) / 1000) }

    public var json: JSONValue { .string(description) }

    /// The years 0 to 9999, which RFC 3339 can write.
    static let writableSeconds: ClosedRange<Int64> = -62_167_219_200...253_402_300_799

    /// What is earlier or later, as sums can be, is written as the first or last second that there is.
    private func text(fraction: Int?) -> String {
        let seconds = min(max(seconds, Self.writableSeconds.lowerBound), Self.writableSeconds.upperBound)
        let (days, secondOfDay) = Self.floorDivide(seconds, by: 86400)
        let (year, month, day) = Self.civil(fromDays: days)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(27)
        func append(_ value: Int64, digits: Int) {
            var divisor: Int64 = 1
            for _ in 1..<digits { divisor *= 10 }
            while divisor > 0 {
                bytes.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
                divisor /= 10
            }
        }
        append(year, digits: 4)
        bytes.append(UInt8(ascii: "-"))
        append(month, digits: 2)
        bytes.append(UInt8(ascii: "-"))
        append(day, digits: 2)
        bytes.append(UInt8(ascii: "T"))
        append(secondOfDay / 3600, digits: 2)
        bytes.append(UInt8(ascii: ":"))
        append(secondOfDay / 60 % 60, digits: 2)
        bytes.append(UInt8(ascii: ":"))
        append(secondOfDay % 60, digits: 2)
        if let fraction {
            bytes.append(UInt8(ascii: "."))
            append(Int64(fraction), digits: 6)
        }
        bytes.append(UInt8(ascii: "Z"))
        return String(decoding: bytes, as: UTF8.self)
    }

    static func floorDivide(_ value: Int64, by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let remainder = ((value % divisor) + divisor) % divisor
        return ((value - remainder) / divisor, remainder)
    }

    /// The proleptic Gregorian date of a day counted from 1970-01-01. Years begin in March here, so that the leap day
    /// is a year's last; 400 years have 146,097 days.
    static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floorDivide(days + 719_468, by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = floorDivide(shiftedYear, by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
