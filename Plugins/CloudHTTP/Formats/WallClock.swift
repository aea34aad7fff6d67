public import DriverProtocol
import Glibc

/// The time of day, by this machine's clock.
public enum WallClock {
    public static var now: RFC3339Time {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return RFC3339Time(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec))
    }
}

extension RFC3339Time {
    /// `20261122T100030Z`, as SigV4 writes it.
    public var basicFormat: String {
        RFC3339Time(seconds: seconds).description.filter { $0 != "-" && $0 != ":" }
    }

    /// Reads HTTP's date: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7). The obsolete forms are not read.
    public init?(httpDate text: String) {
        let words = text.split(separator: " ")
        guard words.count == 6, words[0].utf8.count == 4, words[0].hasSuffix(","), words[5] == "GMT",
            let month = Self.months.firstIndex(of: String(words[2]))
        else { return nil }
        let number = month + 1 < 10 ? "0\(month + 1)" : "\(month + 1)"
        self.init("\(words[3])-\(number)-\(words[1])T\(words[4])Z")
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
