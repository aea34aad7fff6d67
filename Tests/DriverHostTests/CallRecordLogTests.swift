import DriverProtocol
import Testing

@testable import DriverHost

@Suite("Keeping calls on record")
struct CallRecordLogTests {
    private func record(_ number: Int, driver: String = "x", failed: Bool = false, bytes: Int = 100) -> CallRecord {
        let digits = String(number)
        let callID = "c-" + String(repeating: "0", count: 6 - digits.count) + digits
        return CallRecord(
            callID: callID, driver: driver, verb: .provision, subject: "pvc-\(number)", startTime: .now,
            duration: .zero,
            request: [UInt8](repeating: 0x20, count: bytes), reply: [], standardError: "", status: nil,
            error: failed ? DriverCallError(.crashed, .internal, "", driver: driver, callID: callID) : nil)
    }

    @Test("the latest are kept, in their order")
    func count() {
        let log = CallRecordLog(maximumCount: 10, maximumBytes: 1 << 20)
        for number in 0..<1000 { log.append(record(number)) }
        #expect(log.records(CallRecordFilter()).map(\.subject) == (990..<1000).map { "pvc-\($0)" })
    }

    @Test("no more bytes are kept than allowed")
    func bytes() {
        let log = CallRecordLog(maximumCount: 1000, maximumBytes: 100_000)
        for number in 0..<100 { log.append(record(number, bytes: 9_488)) }
        #expect(log.records(CallRecordFilter()).count == 10)
        log.append(record(100, bytes: 200_000))
        #expect(log.records(CallRecordFilter()).isEmpty)
    }

    @Test("many successes do not push out a failure")
    func failures() {
        let log = CallRecordLog(maximumCount: 10, maximumBytes: 1 << 20)
        log.append(record(0, failed: true))
        for number in 1..<100 { log.append(record(number)) }
        var filter = CallRecordFilter()
        #expect(log.records(filter).first?.subject == "pvc-0")
        filter.failedOnly = true
        #expect(log.records(filter).map(\.subject) == ["pvc-0"])
    }

    @Test("a filter lets through what it names")
    func filter() {
        let log = CallRecordLog(maximumCount: 100, maximumBytes: 1 << 20)
        for number in 0..<10 { log.append(record(number, driver: number % 2 == 0 ? "even" : "odd")) }
        var filter = CallRecordFilter()
        filter.driver = "odd"
        #expect(log.records(filter).count == 5)
        filter.limit = 2
        #expect(log.records(filter).map(\.subject) == ["pvc-7", "pvc-9"])
        // The first has the number 1.
        filter.after = 8
        #expect(log.records(filter).map(\.subject) == ["pvc-9"])
        var byID = CallRecordFilter()
        byID.callID = "c-000003"
        #expect(log.records(byID).map(\.subject) == ["pvc-3"])
    }

    @Test("ids sort by time and do not come twice")
    func ids() {
        let ids = (0..<10_000).map { _ in CallID.next() }
        #expect(Set(ids).count == ids.count)
        #expect(zip(ids, ids.dropFirst()).allSatisfy { $0.prefix(14) <= $1.prefix(14) })
    }
}
