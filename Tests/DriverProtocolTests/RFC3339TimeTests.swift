import DriverProtocol
import Testing

@Suite("RFC 3339 time")
struct RFC3339TimeTests {
    @Test(
        "RFC 3339 is read and written",
        arguments: [
            ("1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z"),
            ("2026-11-22T10:00:30Z", 1_795_341_630, "2026-11-22T10:00:30Z"),
            ("2024-02-29T23:59:59+01:30", 1_709_245_799, "2024-02-29T22:29:59Z"),
            ("1969-12-31T23:59:59Z", -1, "1969-12-31T23:59:59Z"),
            ("2000-03-01t00:00:00.25z", 951_868_800, "2000-03-01T00:00:00.250000000Z"),
        ])
    func readAndWrite(text: String, seconds: Int64, canonical: String) throws {
        let timestamp = try #require(RFC3339Time(text))
        #expect(timestamp.seconds == seconds)
        #expect(timestamp.description == canonical)
        #expect(RFC3339Time(canonical) == timestamp)
    }

    @Test(
        "what is no RFC 3339 is refused",
        arguments: [
            "", "2026-11-22", "2026-11-22T10:00:30", "2026-13-01T00:00:00Z", "2025-02-29T00:00:00Z",
            "2026-11-22T24:00:00Z", "2026-11-22T10:00:30.Z", "2026-11-22T10:00:30Zx", "2026-11-22T10:00:30+1:00",
        ])
    func refuse(text: String) {
        #expect(RFC3339Time(text) == nil)
    }
}
