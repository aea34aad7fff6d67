import CSpawn
import Glibc

/// Runs processes to their end without blocking a thread of Swift's pool.
struct Spawner: Sendable {
    private let threads: WorkerThreads
    /// Records processes that have a purpose; `nil`: nothing is recorded, as for a trial call without a host.
    let records: ProcessRecords?
    /// How long an executable that is open for writing is tried again: somebody is just installing it.
    private static let busyRetries = 200
    private static let busyPauseMicroseconds: UInt32 = 5_000

    init(threads: WorkerThreads = .shared, records: ProcessRecords? = nil) {
        self.threads = threads
        self.records = records
        // A driver that ends without reading its request must not take the host with it.
        cspawn_ignore_sigpipe()
    }

    /// Starts a process, writes `input` to its stdin, and collects what it answers, until it has ended.
    ///
    /// Cancelling the task ends the process as the deadline does: SIGTERM to its group, then SIGKILL; the result says
    /// so.
    func exchange(
        _ request: SpawnRequest, input: [UInt8], deadline: ContinuousClock.Instant,
        limits: ExchangeLimits = ExchangeLimits(), cancellation: EventDescriptor? = nil
    ) async throws(SpawnError) -> ExchangeResult {
        let cancellation = if let cancellation { cancellation } else { try EventDescriptor() }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation {
                (continuation: CheckedContinuation<Result<ExchangeResult, SpawnError>, Never>) in
                do throws(SpawnError) {
                    try threads.run {
                        let startedAt = ContinuousClock.now
                        let child: StartedProcess
                        let record: ProcessRecord?
                        do throws(SpawnError) {
                            (child, record) = try Self.start(request, records: records)
                        } catch {
                            continuation.resume(returning: .failure(error))
                            return
                        }
                        let exchange = ProcessExchange(
                            child: child, startedAt: startedAt, input: input, deadline: deadline, limits: limits,
                            cancellation: cancellation)
                        let cause = ProcessExchange.run(exchange) { result in
                            if result.cause == .stuck {
                                // What it has started is not held, and the call may be repeated.
                                record?.endStragglers(rounds: 1)
                            } else {
                                record?.end(afterFailure: result.cause != .ended)
                            }
                            continuation.resume(returning: .success(result))
                        }
                        if cause == .stuck { record?.end(afterFailure: true) }
                    }
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        } onCancel: {
            cancellation.signal()
        }
        return try result.get()
    }

    /// Starts a process on this thread, which must outlive it, and records it before it can have read anything.
    static func start(
        _ request: SpawnRequest, records: ProcessRecords?
    ) throws(SpawnError) -> (StartedProcess, ProcessRecord?) {
        guard let records, let purpose = request.purpose else { return (try start(request, in: nil), nil) }
        var record = try records.begin(purpose)
        var request = request
        request.environment[CallMarker.variable] = record.marker.value
        let child: StartedProcess
        do throws(SpawnError) {
            child = try start(request, in: &record)
        } catch {
            // Without a descriptor to watch it by, the process was ended at once.
            record.end(afterFailure: error.stage == .descriptors)
            throw error
        }
        do throws(SpawnError) {
            try record.started(child.process.id)
        } catch {
            child.process.signalGroup(SIGKILL)
            child.process.waitUntilEnded()
            _ = child.process.reap()
            record.end(afterFailure: true)
            throw error
        }
        return (child, record)
    }

    /// Starts a process in its record's control group, or without one where the kernel does not allow it: clone3(2) may
    /// be forbidden to a container.
    private static func start(
        _ request: SpawnRequest, in record: inout ProcessRecord
    ) throws(SpawnError) -> StartedProcess {
        do throws(SpawnError) {
            return try start(request, in: record.group)
        } catch {
            guard error.stage == .fork, record.group != nil else { throw error }
            let child = try start(request, in: nil)
            record.discardGroup(because: error)
            return child
        }
    }

    /// Starts a process on this thread, which must outlive it.
    static func start(_ request: SpawnRequest, in group: ControlGroup?) throws(SpawnError) -> StartedProcess {
        var attempt = 0
        while true {
            do throws(SpawnError) {
                return try request.start(in: group)
            } catch {
                // ETXTBSY means that the driver is being replaced under us, or that another thread forked while
                // somebody wrote it; it is gone a moment later.
                attempt += 1
                guard error.stage == .execute, error.errorNumber == ETXTBSY, attempt < busyRetries else { throw error }
                usleep(busyPauseMicroseconds)
            }
        }
    }
}
