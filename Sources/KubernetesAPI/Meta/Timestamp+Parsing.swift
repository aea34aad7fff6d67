extension Timestamp {
    /// Reads RFC 3339: `2026-11-22T09:58:00Z`, with a fraction of any length and an offset. `nil` for anything else, and
    /// for what is outside of the years 0 to 9999 in UTC, where it would have no text again.
    public init?(_ text: String) {
        var scanner = TimestampScanner(text)
        guard let year = scanner.digits(4), scanner.accept("-"), let month = scanner.digits(2), scanner.accept("-"),
            let day = scanner.digits(2), scanner.accept("T") || scanner.accept("t"), let hour = scanner.digits(2),
            scanner.accept(":"), let minute = scanner.digits(2), scanner.accept(":"), let second = scanner.digits(2),
            let nanoseconds = scanner.fraction(), let offset = scanner.offset(), scanner.isAtEnd,
            (1...12).contains(month), hour < 24, minute < 60, second < 60
        else { return nil }
        let days = Self.days(year: year, month: month, day: day)
        // A day beyond its month's end would have become one of the next month.
        guard Self.civil(fromDays: days) == (year, month, day) else { return nil }
        let seconds = days * 86400 + hour * 3600 + minute * 60 + second - offset
        guard Self.writableSeconds.contains(seconds) else { return nil }
        self.init(seconds: seconds, nanoseconds: Int32(nanoseconds))
    }
}

private struct TimestampScanner {
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func accept(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func digits(_ count: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<count {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// Nanoseconds; zero when there is no fraction, what is finer is dropped.
    mutating func fraction() -> Int64? {
        guard accept(".") else { return 0 }
        guard var value = digit() else { return nil }
        var count = 1
        while let next = digit() {
            if count < 9 { value = value * 10 + next }
            count += 1
        }
        while count < 9 {
            value *= 10
            count += 1
        }
        return value
    }

    /// Seconds east of UTC.
    mutating func offset() -> Int64? {
        if accept("Z") || accept("z") { return 0 }
        let isEast = accept("+")
        guard isEast || accept("-"), let hours = digits(2), accept(":"), let minutes = digits(2), hours < 24,
            minutes < 60
        else { return nil }
        return (hours * 3600 + minutes * 60) * (isEast ? 1 : -1)
    }

    private mutating func digit() -> Int64? {
        guard position < bytes.count, bytes[position] >= UInt8(ascii: "0"), bytes[position] <= UInt8(ascii: "9") else {
            return nil
        }
        position += 1
        return Int64(bytes[position - 1] - UInt8(ascii: "0"))
    }
}
