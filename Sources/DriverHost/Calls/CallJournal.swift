import Glibc
import Logging
import Synchronization

/// The calls on record in files, for the time after the host: whoever looks for a call most often does so because
/// something ended that should not have.
///
/// Lines are appended in batches, beside the calls and without fsync(2): the end of the process loses at most
/// ``batchInterval``, the end of the machine what the system had not written yet. Successes and failures have files of
/// their own, so that the many do not push out the few; each is put aside when it is full, in the place of the one before
/// it, so that there are always between one and two times as many as asked for.
final class CallJournal: Sendable {
    enum Kind: String, CaseIterable { case succeeded, failed }

    private struct Segment {
        var count: Int
        var bytes: Int
    }

    private struct State {
        var pending: [CallRecord] = []
        var pendingBytes = 0
        var isFailing = false
    }

    /// Between two writes, so that a thousand calls a second cost ten writes.
    private static let batchInterval = Duration.milliseconds(100)

    private let directory: String
    private let maximumCount: Int
    private let maximumBytes: Int
    private let logger: Logger
    private let wake = WakeSignal()
    private let state = Mutex(State())
    /// The file that is written to, as far as it was looked at. Held while writing: there is one writer at a time.
    private let segments = Mutex<[Kind: Segment]>([:])

    /// - Parameters:
    ///   - directory: Is made when there is something to write.
    ///   - maximumCount: Of each kind, as `maximumBytes`; the files hold up to twice as much.
    init(directory: String, maximumCount: Int, maximumBytes: Int, logger: Logger) {
        self.directory = directory
        self.maximumCount = maximumCount
        self.maximumBytes = maximumBytes
        self.logger = logger
    }

    /// Takes a record to be written soon. Never waits; what comes faster than the disk can take is left out.
    func append(_ record: CallRecord) {
        state.withLock { state in
            guard state.pending.count < maximumCount, state.pendingBytes < maximumBytes else { return }
            state.pending.append(record)
            state.pendingBytes += record.weight
        }
        wake.signal()
    }

    /// Writes until the task is cancelled. What is pending then is left to ``flush()``.
    func run() async {
        while !Task.isCancelled {
            await wake.wait(atMost: .seconds(3600))
            await flush()
            // Cancelled, it ends at once, and the loop with it.
            try? await Task.sleep(for: Self.batchInterval)
        }
    }

    /// Writes what is pending.
    func flush() async {
        let pending = state.withLock { state in
            defer { (state.pending, state.pendingBytes) = ([], 0) }
            return state.pending
        }
        guard !pending.isEmpty else { return }
        let problem = await onThread { self.write(pending) } ?? "there is no thread for it"
        let isNews = state.withLock { state in
            defer { state.isFailing = !problem.isEmpty }
            return !state.isFailing
        }
        guard !problem.isEmpty, isNews else { return }
        logger.warning(
            "calls cannot be kept on disk; they are on record until the host ends",
            metadata: ["directory": "\(directory)", "problem": "\(problem)"])
    }

    /// What the files hold, in no particular order.
    func records() async -> [CallRecord] {
        await onThread { Self.records(in: self.directory) } ?? []
    }

    /// Blocks for as long as the disk takes.
    static func records(in directory: String) -> [CallRecord] {
        // The newer file first: one that is put aside meanwhile is read twice, and not missed.
        Kind.allCases.flatMap { kind in
            [path(directory, kind), aside(directory, kind)].flatMap { path in
                (CallJournalFile.bytes(at: path) ?? []).split(separator: UInt8(ascii: "\n"))
                    .compactMap { CallRecord(line: $0) }
            }
        }
    }

    private static func path(_ directory: String, _ kind: Kind) -> String { "\(directory)/\(kind.rawValue).jsonl" }
    private static func aside(_ directory: String, _ kind: Kind) -> String { "\(directory)/\(kind.rawValue).1.jsonl" }

    /// - Returns: `nil` when there is no thread for it.
    private func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value? {
        await withCheckedContinuation { continuation in
            do throws(SpawnError) {
                try WorkerThreads.shared.run { continuation.resume(returning: body()) }
            } catch {
                continuation.resume(returning: nil)
            }
        }
    }

    // MARK: On the writing thread

    /// - Returns: What went wrong; empty when nothing did.
    private func write(_ records: [CallRecord]) -> String {
        segments.withLock { segments in
            for kind in Kind.allCases {
                let lines = records.filter { ($0.error == nil) == (kind == .succeeded) }.map(\.line)
                guard !lines.isEmpty else { continue }
                do throws(CallJournalFile.Problem) {
                    try append(lines, kind, &segments[kind])
                } catch {
                    // Looked at anew the next time: it may be cut off in a line.
                    segments[kind] = nil
                    return error.description
                }
            }
            return ""
        }
    }

    private func append(
        _ lines: [[UInt8]], _ kind: Kind, _ segment: inout Segment?
    ) throws(CallJournalFile.Problem) {
        let path = Self.path(directory, kind)
        var bytes: [UInt8] = []
        var current: Segment
        if let segment {
            current = segment
        } else {
            try CallJournalFile.makeDirectory(directory)
            let found = CallJournalFile.bytes(at: path) ?? []
            current = Segment(count: found.count { $0 == UInt8(ascii: "\n") }, bytes: found.count)
            if let last = found.last, last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
        }
        if current.count >= maximumCount || current.bytes >= maximumBytes {
            try CallJournalFile.rename(path, Self.aside(directory, kind))
            current = Segment(count: 0, bytes: 0)
            bytes = []
        }
        for line in lines { bytes += line }
        try CallJournalFile.append(bytes, to: path)
        segment = Segment(count: current.count + lines.count, bytes: current.bytes + bytes.count)
    }
}

/// What ``CallJournal`` does with files. They are for nobody but the host's user: a class's parameters stand in them.
enum CallJournalFile {
    struct Problem: Error, CustomStringConvertible {
        var description: String

        init(_ what: String, _ path: String) { description = "\(what) \(path): \(systemErrorMessage(errno))" }
    }

    static func makeDirectory(_ path: String) throws(Problem) {
        guard mkdir(path, 0o700) != 0, errno != EEXIST else { return }
        throw Problem("mkdir", path)
    }

    static func rename(_ old: String, _ new: String) throws(Problem) {
        guard Glibc.rename(old, new) == 0 else { throw Problem("rename", old) }
    }

    static func append(_ bytes: [UInt8], to path: String) throws(Problem) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Problem("open", path) }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Problem("write", path) }
            rest = rest.dropFirst(count)
        }
    }

    /// - Returns: `nil` when there is no such file, or it cannot be read.
    static func bytes(at path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(status.st_size))
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
    }
}
