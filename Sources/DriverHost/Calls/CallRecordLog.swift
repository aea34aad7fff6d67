import Synchronization

/// Which records are wanted.
public struct CallRecordFilter: Sendable, Hashable {
    public var driver: String?
    public var callID: String?
    /// Of calls about this volume or snapshot.
    public var subject: String?
    public var failedOnly = false
    /// Those that were recorded after the one with this ``CallRecord/number``; none of an earlier host.
    public var after: UInt64?
    /// At most so many, the latest.
    public var limit: Int?

    public init() {}

    func matches(_ record: CallRecord) -> Bool {
        (driver == nil || record.driver == driver) && (callID == nil || record.callID == callID)
            && (subject == nil || record.subject == subject) && (!failedOnly || record.error != nil)
            && after.map { $0 < record.number } ?? true
    }

    /// Those that match, each once, in the order in which the calls were made. The limit is not for those that still
    /// run: one that hangs is older than most.
    func select(_ records: some Sequence<CallRecord>) -> [CallRecord] {
        var seen: Set<String> = []
        let matching = records.filter { matches($0) && seen.insert($0.callID).inserted }
            .sorted { $0.callID < $1.callID }
        guard let limit, limit < matching.count else { return matching }
        return matching.dropLast(limit).filter(\.isRunning) + matching.suffix(limit)
    }
}

/// The latest calls of all drivers, bounded in number and in bytes. Failures are kept apart, so that a thousand
/// successes do not push out the one that somebody looks for.
final class CallRecordLog: Sendable {
    private struct Ring {
        var records: [CallRecord] = []
        /// Where the oldest is that still counts; the room before it is given back now and then.
        var start = 0
        var bytes = 0

        var kept: ArraySlice<CallRecord> { records[start...] }

        mutating func append(_ record: CallRecord, maximumCount: Int, maximumBytes: Int) {
            records.append(record)
            bytes += record.weight
            while records.count - start > maximumCount || bytes > maximumBytes, start < records.count {
                bytes -= records[start].weight
                start += 1
            }
            if start > records.count / 2 {
                records.removeFirst(start)
                start = 0
            }
        }
    }

    private struct State {
        var succeeded = Ring()
        var failed = Ring()
        var number: UInt64 = 0
        /// By their ids.
        var running: [String: CallRecord] = [:]
    }

    private let maximumCount: Int
    private let maximumBytes: Int
    /// Where they are kept for the time after this host as well.
    private let journal: CallJournal?
    private let state = Mutex(State())

    /// Both bounds count for the failures and again for the successes.
    init(maximumCount: Int, maximumBytes: Int, journal: CallJournal? = nil) {
        self.maximumCount = maximumCount
        self.maximumBytes = maximumBytes
        self.journal = journal
    }

    /// A call is under way; what it comes to is to be appended, or ``forget(_:)`` to be called.
    func begin(_ record: CallRecord) {
        state.withLock { $0.running[record.callID] = record }
    }

    /// The call was not made after all.
    func forget(_ callID: String) {
        state.withLock { _ = $0.running.removeValue(forKey: callID) }
    }

    func append(_ record: CallRecord) {
        var record = record
        state.withLock { state in
            state.running[record.callID] = nil
            state.number += 1
            record.number = state.number
            if record.error == nil {
                state.succeeded.append(record, maximumCount: maximumCount, maximumBytes: maximumBytes)
            } else {
                state.failed.append(record, maximumCount: maximumCount, maximumBytes: maximumBytes)
            }
        }
        journal?.append(record)
    }

    /// In the order in which the calls were made.
    func records(_ filter: CallRecordFilter) -> [CallRecord] {
        filter.select(all)
    }

    /// The same, and what earlier hosts have left in the journal.
    func recordsWithEarlier(_ filter: CallRecordFilter) async -> [CallRecord] {
        guard let journal, filter.after == nil else { return records(filter) }
        // The journal first: what is recorded meanwhile is in the memory.
        let earlier = await journal.records()
        return filter.select(all + earlier)
    }

    private var all: [CallRecord] {
        state.withLock { Array($0.succeeded.kept) + $0.failed.kept + $0.running.values.map(\.soFar) }
    }
}
