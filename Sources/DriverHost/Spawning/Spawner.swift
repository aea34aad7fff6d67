import CSpawn
import Glibc

/// Runs processes to their end without blocking a thread of Swift's pool.
struct Spawner: Sendable {
    private let threads: WorkerThreads
    /// How long an executable that is open for writing is tried again: somebody is just installing it.
    private static let busyRetries = 200
    private static let busyPauseMicroseconds: UInt32 = 5_000

    init(threads: WorkerThreads = .shared) {
        self.threads = threads
        // A driver that ends without reading its request must not take the host with it.
        cspawn_ignore_sigpipe()
    }

    /// Starts a process, writes `input` to its stdin, and collects what it answers, until it has ended.
    ///
    /// Cancelling the task ends the process as the deadline does: SIGTERM to its group, then SIGKILL; the result says so.
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
                        do throws(SpawnError) {
                            child = try Self.start(request)
                        } catch {
                            continuation.resume(returning: .failure(error))
                            return
                        }
                        let exchange = ProcessExchange(
                            child: child, startedAt: startedAt, input: input, deadline: deadline, limits: limits,
                            cancellation: cancellation)
                        ProcessExchange.run(exchange) { continuation.resume(returning: .success($0)) }
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

    /// Starts a process on this thread, which must outlive it.
    static func start(_ request: SpawnRequest) throws(SpawnError) -> StartedProcess {
        var attempt = 0
        while true {
            do throws(SpawnError) {
                return try request.start()
            } catch {
                // ETXTBSY means that the driver is being replaced under us, or that another thread forked while somebody
                // wrote it; it is gone a moment later.
                attempt += 1
                guard error.stage == .execute, error.errorNumber == ETXTBSY, attempt < busyRetries else { throw error }
                usleep(busyPauseMicroseconds)
            }
        }
    }
}
