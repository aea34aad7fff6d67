import Glibc

/// Runs everything asynchronous of a call on the thread that took the call: a handler may block there without
/// keeping the others from their threads, and a call that never suspends never changes threads.
///
/// A task's jobs are put into ``jobs`` from wherever they become ready (a continuation may be resumed anywhere), and
/// the owning thread takes them out until the call's work is done.
final class CallThread: TaskExecutor {
    private struct State: Sendable {
        var jobs: [UnownedJob] = []
        var isFinished = false
    }

    private let state = Monitor(State())

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.jobs.append(job) }
        state.signal()
    }

    /// Carries out `operation` to its end on the calling thread.
    ///
    /// - Parameter started: Gets what cancels it, before it begins.
    func run(
        started: (@escaping @Sendable () -> Void) -> Void, operation: @escaping @Sendable () async -> Void
    ) {
        state.withLock { $0.isFinished = false }
        // Not a child of any task: the caller is a plain thread, and stays here until the task has ended.
        let task = Task(executorPreference: self) { [state] in
            await operation()
            state.withLock { $0.isFinished = true }
            state.signal()
        }
        started { task.cancel() }
        while let job = nextJob() {
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }

    private func nextJob() -> UnownedJob? {
        state.wait { state in
            if !state.jobs.isEmpty { return .some(.some(state.jobs.removeFirst())) }
            return state.isFinished ? .some(.none) : nil
        }
    }
}
