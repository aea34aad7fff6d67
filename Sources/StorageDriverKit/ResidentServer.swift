import DriverProtocol
import JSONTree
import Synchronization

/// `<driver> serve`: one JSON object per line in, one per line out, several calls at a time.
///
/// Leader and followers: the thread that read a request carries it out itself. Where more has arrived, or other calls
/// are under way, it lets another one take over the reading first; otherwise it reads on when it is done, unless
/// ``AttentionWatch`` finds that this takes too long. A call therefore costs no hand-over between threads, and yet a
/// `cancel` behind it is read while it runs. When as many calls run as may, the leader keeps reading and queues what
/// comes.
final class ResidentServer: Sendable {
    /// Calls that wait for a thread; beyond this the host's writes wait.
    private static let maximumQueue = 1024

    private struct State: Sendable {
        var hasLeader = false
        /// While the leader is away to run a call.
        var absence: AttentionWatch.Absence?
        var absences: AttentionWatch.Absence = 0
        var isEnded = false
        var readError: Int32 = 0
        var threads = 0
        /// Threads that lead or run.
        var busy = 0
        var running = 0
        var queue: [CallInProgress] = []
        /// By callID, from arrival to reply.
        var calls: [String: CallInProgress] = [:]
        /// What a call in flight changes, and that call's id.
        var subjects: [String: String] = [:]
    }

    private enum Duty {
        case lead
        case run(CallInProgress)
        case leave
    }

    private enum Admission {
        /// The leader may come back to its reading.
        case runMeanwhile(AttentionWatch.Absence)
        /// Another thread reads from now on; a new one if so it says.
        case run(needsThread: Bool)
        case queued
        case refused(DriverError)
    }

    private let table: VerbTable
    private let output: ReplyOutput
    private let limit: Int
    private let reader: Mutex<LineReader>
    private let deadlines = DeadlineWatch()
    private let attention = AttentionWatch()
    private let state = Monitor(State())

    /// - Parameter limit: At most so many calls run at a time.
    init(_ table: VerbTable, input: Int32, output: Int32, limit: Int, lineLimit: Int = DriverProcess.requestLimit) {
        self.table = table
        self.output = ReplyOutput(output)
        self.limit = limit
        reader = Mutex(LineReader(input, limit: lineLimit))
    }

    /// Serves until the input ends and every call is answered.
    ///
    /// - Returns: 0, or the errno with which reading failed.
    func run() -> Int32 {
        state.withLock { $0.threads += 1 }
        work()
        let readError = state.wait { $0.threads == 0 ? $0.readError : nil }
        deadlines.stop()
        attention.stop()
        return readError
    }

    private func work() {
        let thread = CallThread()
        while true {
            switch nextDuty() {
            case .lead:
                while let (call, absence) = lead() {
                    run(call, on: thread)
                    guard let absence, returns(from: absence) else { break }
                }
                state.withLock { $0.busy -= 1 }
            case .run(let call):
                run(call, on: thread)
                state.withLock { $0.busy -= 1 }
            case .leave:
                state.broadcast()
                return
            }
        }
    }

    private func nextDuty() -> Duty {
        state.wait { state -> Duty? in
            if !state.queue.isEmpty {
                // The leader may wait for room in the queue.
                if state.queue.count >= Self.maximumQueue { self.state.broadcast() }
                state.busy += 1
                state.running += 1
                return .run(state.queue.removeFirst())
            }
            if state.isEnded {
                state.threads -= 1
                return .leave
            }
            guard !state.hasLeader else { return nil }
            state.hasLeader = true
            state.busy += 1
            return .lead
        }
    }

    /// Reads until there is a call to run; `nil` at the end. The leadership is given up by then, unless there is an
    /// absence to return from.
    private func lead() -> (CallInProgress, AttentionWatch.Absence?)? {
        while true {
            switch reader.withLock({ $0.next() }) {
            case .line(let bytes):
                guard let call = accept(bytes) else { continue }
                switch admit(call, more: reader.withLock { $0.hasLine }) {
                case .runMeanwhile(let absence):
                    attention.begin(
                        absence: { [state] in state.withLock { $0.absence } }, end: { [self] in replaceLeader($0) })
                    return (call, absence)
                case .run(let needsThread):
                    if needsThread { startThread() } else { state.signal() }
                    return (call, nil)
                case .queued:
                    deadlines.add(call)
                    state.wait { $0.queue.count < Self.maximumQueue ? () : nil }
                case .refused(let error):
                    write(.failure(error, callID: call.request.callID))
                }
            case .tooLong:
                let text = "a line of more than \(DriverProcess.requestLimit) bytes was skipped"
                write(.failure(DriverError(.invalidArgument, text)))
            case .end:
                end(readError: 0)
                return nil
            case .failed(let errno):
                end(readError: errno)
                return nil
            }
        }
    }

    /// The call that a line asks for; `nil` when it was something else, which is dealt with here.
    private func accept(_ bytes: [UInt8]) -> CallInProgress? {
        let json: JSONValue
        do {
            json = try JSONParser.parse(bytes)
        } catch {
            write(
                .failure(DriverError(.invalidArgument, "a line is no JSON: column \(error.column): \(error.message)")))
            return nil
        }
        do {
            switch try ResidentMessage(json: json) {
            case .cancel(let callID):
                state.withLock { $0.calls[callID] }?.interrupt(.cancelled)
                return nil
            case .request(let request):
                return CallInProgress(request)
            }
        } catch {
            let error = DriverError(.invalidArgument, "the request is wrong: \(error)", field: error.path)
            write(.failure(error, callID: json["callID"]?.stringValue))
            return nil
        }
    }

    /// - Parameter more: Whether another line has arrived already.
    private func admit(_ call: CallInProgress, more: Bool) -> Admission {
        state.withLock { state in
            let callID = call.request.callID
            if state.calls[callID] != nil {
                return .refused(DriverError(.aborted, "a call with the id \(callID) is under way already"))
            }
            for subject in call.subjects {
                if let other = state.subjects[subject] {
                    return .refused(
                        DriverError(.aborted, "\(subject) is being worked on by the call \(other); ask again later"))
                }
            }
            state.calls[callID] = call
            for subject in call.subjects { state.subjects[subject] = callID }
            guard state.running < limit else {
                state.queue.append(call)
                return .queued
            }
            state.running += 1
            if !more, state.running == 1 {
                state.absences += 1
                state.absence = state.absences
                return .runMeanwhile(state.absences)
            }
            return .run(needsThread: Self.giveUpLeadership(&state))
        }
    }

    /// - Returns: Whether there is no thread that could take over.
    private static func giveUpLeadership(_ state: inout State) -> Bool {
        state.hasLeader = false
        let needsThread = state.busy == state.threads
        if needsThread { state.threads += 1 }
        return needsThread
    }

    /// - Returns: false where somebody else has taken over.
    private func returns(from absence: AttentionWatch.Absence) -> Bool {
        state.withLock { state in
            guard state.absence == absence else { return false }
            state.absence = nil
            return true
        }
    }

    private func replaceLeader(_ absence: AttentionWatch.Absence) {
        let needsThread = state.withLock { state -> Bool? in
            guard state.absence == absence else { return nil }
            state.absence = nil
            return Self.giveUpLeadership(&state)
        }
        guard let needsThread else { return }
        if needsThread { startThread() } else { state.signal() }
    }

    private func startThread() {
        let status = SystemThread.start { [self] in work() }
        guard status != 0 else { return }
        // Fewer at a time, then: whoever finishes its call takes over the reading.
        state.withLock { $0.threads -= 1 }
        DriverLog.write("cannot start another thread: errno \(status)")
    }

    private func run(_ call: CallInProgress, on thread: CallThread) {
        if call.interruption != nil {
            finish(call, .failure(call.interruptionError(outcome: .final), callID: call.request.callID))
            return
        }
        deadlines.add(call)
        thread.run(started: call.began) { [self] in
            let reply = await table.reply(to: call.request) { call.interruptionError() }
            finish(call, reply)
        }
    }

    /// Forgets the call, then answers: the host may ask again the moment it has the answer.
    private func finish(_ call: CallInProgress, _ reply: DriverReply) {
        deadlines.remove(call)
        state.withLock { state in
            state.running -= 1
            state.calls[call.request.callID] = nil
            for subject in call.subjects { state.subjects[subject] = nil }
        }
        write(reply)
    }

    private func end(readError: Int32) {
        state.withLock { state in
            state.isEnded = true
            state.hasLeader = false
            state.readError = readError
        }
        state.broadcast()
    }

    /// A host that has gone reads none: its calls end all the same.
    private func write(_ reply: DriverReply) {
        var writer = JSONWriter()
        writer.write(reply.json)
        writer.write(raw: "\n")
        let failure = output.write(writer.bytes)
        if failure != 0 { DriverLog.write("a reply could not be written: errno \(failure)") }
    }
}

extension CallInProgress {
    /// What the call changes: no two calls that change the same run at a time.
    fileprivate var subjects: [String] {
        guard request.verb.changesState else { return [] }
        return [request.volume.map { "the volume \($0.name)" }, request.snapshot.map { "the snapshot \($0.name)" }]
            .compactMap(\.self)
    }
}
