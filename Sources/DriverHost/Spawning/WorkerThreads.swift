import CSpawn
import Glibc

/// Threads that block for a driver's process: in vfork(2), in poll(2), in the exec of a file on a dead NFS server.
///
/// Swift's own pool has a thread per core and must never block, so drivers get threads of their own. There are as many
/// as processes are handled at the same time, which the callers bound per driver: a hanging driver holds its own slots
/// and delays nobody else's. An idle thread serves the next process and ends after half a minute.
///
/// The thread that starts a process stays with it until it is reaped. That is also what PR_SET_PDEATHSIG needs, which
/// watches the starting thread.
final class WorkerThreads: @unchecked Sendable {
    // Sendable: `jobs`, `idle` and `count` are only touched between lock() and unlock(); the pointers never change.

    typealias Job = @Sendable () -> Void

    static let shared = WorkerThreads()

    private static let idleSeconds = 30
    /// Virtual; only what is touched becomes memory. A reply nested as deeply as the parser allows fits.
    private static let stackBytes = 1 << 20

    private let maximum: Int
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [Job] = []
    private var idle = 0
    private var count = 0

    /// - Parameter maximum: A backstop far above what the drivers' own bounds add up to; beyond it jobs wait.
    init(maximum: Int = 1024) {
        self.maximum = maximum
        mutex.initialize(to: pthread_mutex_t())
        condition.initialize(to: pthread_cond_t())
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    // No deinit: each thread holds a reference, and `shared` lives as long as the process.

    /// Runs `job` on a thread of its own, at once unless `maximum` are busy.
    ///
    /// - Throws: ``SpawnError`` when there is no thread for it and none can be made; `job` does not run then.
    func run(_ job: @escaping Job) throws(SpawnError) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        if idle <= jobs.count, count < maximum {
            let reason = startThread()
            if reason == 0 {
                count += 1
            } else if count == 0 {
                throw SpawnError(stage: .fork, errorNumber: reason, path: "a thread of the host")
            }
        }
        jobs.append(job)
        pthread_cond_signal(condition)
    }

    private func startThread() -> CInt {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, Self.stackBytes)
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        // A thread inherits the mask: signals to the host are for its main threads.
        var all = sigset_t()
        var previous = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &previous)
        defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self)
        let reason = pthread_create(
            &thread, &attributes,
            { context in
                if let context { Unmanaged<WorkerThreads>.fromOpaque(context).takeRetainedValue().work() }
                return nil
            }, context.toOpaque())
        if reason != 0 { context.release() }
        return reason
    }

    private func work() {
        cspawn_name_thread("driver")
        while let job = nextJob() { job() }
    }

    /// - Returns: `nil` when the thread has been idle for so long that it shall end.
    private func nextJob() -> Job? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        var limit = timespec()
        clock_gettime(CLOCK_MONOTONIC, &limit)
        limit.tv_sec += Self.idleSeconds
        idle += 1
        defer { idle -= 1 }
        while jobs.isEmpty {
            guard pthread_cond_timedwait(condition, mutex, &limit) == ETIMEDOUT, jobs.isEmpty else { continue }
            count -= 1
            return nil
        }
        return jobs.removeFirst()
    }
}
