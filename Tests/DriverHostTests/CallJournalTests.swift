import DriverProtocol
import Glibc
import Logging
import Testing

@testable import DriverHost

@Suite("Keeping calls for the time after the host")
struct CallJournalTests {
    private let scratch = ScratchDirectory()

    private var directory: String { scratch.file("calls") }

    private func journal(count: Int = 1000, bytes: Int = 1 << 20) -> CallJournal {
        CallJournal(
            directory: directory, maximumCount: count, maximumBytes: bytes,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    private func record(_ number: Int, failed: Bool = false) -> CallRecord {
        let callID = "c-\(1_000_000 + number)"
        return CallRecord(
            callID: callID, driver: "x", verb: .provision, subject: "pvc-\(number)",
            startTime: WallClock(milliseconds: 1_795_631_588_349), duration: .microseconds(1234 + number),
            request: Array(#"{"protocol":"1.0","secrets":{"password":"(removed)"}}"#.utf8),
            reply: Array("{\"status\": \"Success\"}\n".utf8), standardError: "line 1\nline \"2\"\n",
            status: failed ? .signaled(SIGSEGV) : .exited(0),
            error: failed
                ? DriverCallError(
                    .crashed, .internal, "driver 'x': it died", driver: "x", callID: callID, outcome: .final) : nil)
    }

    private func kept() -> [CallRecord] {
        CallJournal.records(in: directory).sorted { $0.callID < $1.callID }
    }

    @Test("a record comes back as it was", arguments: [false, true])
    func roundTrip(failed: Bool) async {
        var before = record(1, failed: failed)
        before.hostVersion = "0.0.9"
        let journal = journal()
        journal.append(before)
        await journal.flush()
        await journal.flush()
        #expect(kept() == [before])
        #expect(await journal.records() == [before])
        var filter = CallRecordFilter()
        filter.callID = before.callID
        #expect(DriverHost.callRecords(dataDirectory: scratch.path, filter) == [before])
    }

    @Test("bytes of a reply that are no text are kept as far as they are some")
    func noText() async {
        var before = record(1)
        before.reply = [0x6F, 0x6B, 0xFF, 0x00]
        let journal = journal()
        journal.append(before)
        await journal.flush()
        #expect(kept().first?.reply == Array("ok\u{FFFD}\u{0}".utf8))
    }

    @Test("there are always the latest, at most twice as many as asked for, and failures are kept apart")
    func bounds() async {
        let journal = journal(count: 10)
        journal.append(record(0, failed: true))
        for number in 1...95 {
            journal.append(record(number))
            await journal.flush()
        }
        let records = kept()
        #expect(records.first?.subject == "pvc-0")
        #expect((10...20).contains(records.count - 1))
        #expect(records.suffix(10).map(\.subject) == (86...95).map { "pvc-\($0)" })
    }

    @Test("the bytes of the files are bounded as well")
    func byteBound() async throws {
        let journal = journal(bytes: 4096)
        for number in 0..<100 {
            journal.append(record(number))
            await journal.flush()
        }
        let size = try #require(scratch.read("calls/succeeded.jsonl")?.utf8.count)
        let aside = try #require(scratch.read("calls/succeeded.1.jsonl")?.utf8.count)
        #expect(size + aside < 2 * (4096 + 1024))
        #expect(kept().last?.subject == "pvc-99")
    }

    @Test("a host goes on where the one before stopped, and a line that was cut off costs only itself")
    func continued() async {
        let first = journal()
        for number in 0..<3 { first.append(record(number)) }
        await first.flush()
        let whole = scratch.read("calls/succeeded.jsonl") ?? ""
        scratch.write("calls/succeeded.jsonl", String(whole.dropLast(20)))
        let second = journal()
        second.append(record(3))
        await second.flush()
        #expect(kept().map(\.subject) == ["pvc-0", "pvc-1", "pvc-3"])
    }

    @Test("the files are their owner's alone")
    func modes() async {
        let journal = journal()
        journal.append(record(1))
        await journal.flush()
        var status = stat()
        #expect(stat(directory, &status) == 0 && status.st_mode & 0o777 == 0o700)
        #expect(stat(directory + "/succeeded.jsonl", &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    @Test("where nothing can be written nobody waits, and it is tried again")
    func unwritable() async {
        scratch.write("calls", "no directory")
        let journal = journal(count: 10)
        for number in 0..<100 { journal.append(record(number)) }
        await journal.flush()
        #expect(kept().isEmpty)
        unlink(directory)
        journal.append(record(7))
        await journal.flush()
        #expect(kept().map(\.subject) == ["pvc-7"])
    }

    @Test("what was appended when the task is cancelled is written by the flush that follows")
    func ended() async {
        let journal = journal()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await journal.run() }
            for number in 0..<50 { journal.append(record(number)) }
            group.cancelAll()
        }
        await journal.flush()
        #expect(kept().count == 50)
    }
}
