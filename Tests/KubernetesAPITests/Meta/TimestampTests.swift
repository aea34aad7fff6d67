import KubernetesAPI
import Testing

@Suite("Timestamp")
struct TimestampTests {
    @Test(
        "RFC 3339 reads and prints",
        arguments: [
            ("1970-01-01T00:00:00Z", Int64(0)), ("2026-11-22T09:58:00Z", 1_795_341_480),
            ("2024-02-29T23:59:59Z", 1_709_251_199), ("1969-12-31T23:59:59Z", -1),
            ("2000-03-01T00:00:00Z", 951_868_800),
            ("0001-01-01T00:00:00Z", -62_135_596_800), ("9999-12-31T23:59:59Z", 253_402_300_799),
        ])
    func roundTrip(text: String, seconds: Int64) {
        #expect(Timestamp(text)?.seconds == seconds)
        #expect(Timestamp(seconds: seconds).description == text)
    }

    @Test("offsets and fractions are understood")
    func offsets() {
        #expect(Timestamp("2026-11-22T10:58:00+01:00")?.description == "2026-11-22T09:58:00Z")
        #expect(Timestamp("2026-11-22T04:28:00-05:30")?.description == "2026-11-22T09:58:00Z")
        #expect(Timestamp("2026-11-22T09:58:00.1234567891Z")?.nanoseconds == 123_456_789)
        #expect(Timestamp("2026-11-22T09:58:00.5Z")?.microTime == "2026-11-22T09:58:00.500000Z")
    }

    @Test(
        "anything else is no timestamp",
        arguments: [
            "", "2026-11-22", "2026-11-22 09:58:00Z", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
            "2026-11-22T24:00:00Z", "2026-11-22T09:58:00", "2026-11-22T09:58:00.Z", "2026-11-22T09:58:00Zx",
            "2026-00-10T00:00:00Z", "2026-01-00T00:00:00Z", "26-11-22T09:58:00Z", "2026-11-22T09:58:00+0100",
        ])
    func refuses(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test(
        "no time is before year 0 or after 9999: it could not be written again",
        arguments: ["0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"])
    func yearsThatHaveNoText(text: String) {
        #expect(Timestamp(text) == nil)
        #expect(Timestamp(seconds: .min).description == "0000-01-01T00:00:00Z")
        #expect(Timestamp(seconds: .max).description == "9999-12-31T23:59:59Z")
    }

    @Test("durations are added and found")
    func arithmetic() {
        let start = Timestamp(seconds: 10, nanoseconds: 900_000_000)
        #expect(start + .milliseconds(200) == Timestamp(seconds: 11, nanoseconds: 100_000_000))
        #expect(start + .milliseconds(-950) == Timestamp(seconds: 9, nanoseconds: 950_000_000))
        #expect((start + .seconds(90)) - start == .seconds(90))
    }

    @Test(
        "an age shows as kubectl's tables do",
        arguments: [
            (Int64(-2), "<invalid>"), (-1, "0s"), (0, "0s"), (5, "5s"), (119, "119s"), (120, "2m"), (192, "3m12s"),
            (599, "9m59s"), (600, "10m"), (10_799, "179m"), (10_800, "3h"), (12_300, "3h25m"), (28_799, "7h59m"),
            (28_800, "8h"), (172_799, "47h"), (172_800, "2d"), (183_600, "2d3h"), (691_199, "7d23h"), (691_200, "8d"),
            (34_560_000, "400d"), (63_072_000, "2y"), (64_000_000, "2y10d"), (252_288_000, "8y"), (400_000_000, "12y"),
        ])
    func age(seconds: Int64, text: String) {
        #expect(Duration.seconds(seconds).humanAge == text)
    }
}
