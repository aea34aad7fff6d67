/// A driver's process for whoever tries it out, started as the host starts it, and then treated as the tester likes:
/// with input that is no request, with signals at chosen moments, with lines one by one.
package struct TrialProcess: Sendable {
    private let executable: String
    private let environment: DriverEnvironment
    private let threads: WorkerThreads

    /// Why there is no process.
    package struct NotStarted: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// - Parameter dataDirectory: The driver's working directory is made below it.
    /// - Throws: ``NotStarted``: the executable is none that the host would run.
    package init(entry: DriverEntry, dataDirectory: String) throws(NotStarted) {
        do throws(ExecutableProblem) {
            _ = try ExecutableInspection.inspect(entry.executable, sha256: entry.sha256)
            environment = try DriverEnvironment(entry: entry, dataDirectory: dataDirectory)
        } catch {
            throw NotStarted(description: error.message)
        }
        executable = entry.executable
        threads = .shared
        // A driver that ends without reading its input must not take the tester with it.
        _ = Spawner()
    }

    /// The directory in which the driver runs.
    package var directory: String { environment.directory }

    /// Starts the process and hands it to `body`, which runs on a thread of its own and may block it. Whatever is left
    /// of the process and of what it started is killed afterwards.
    ///
    /// - Parameter isCancellable: Whether the cancellation of the task ends the conversation. Not so for cleaning up.
    /// - Throws: ``NotStarted``, and `CancellationError` where the task was cancelled.
    package func converse<Answer: Sendable>(
        _ arguments: [String], isCancellable: Bool = true,
        _ body: @escaping @Sendable (TrialConversation) -> Answer
    ) async throws -> (answer: Answer, ending: TrialEnding) {
        let process = SpawnRequest(
            executable: executable, arguments: arguments, environment: environment.variables,
            directory: environment.directory, user: environment.user)
        let cancellation: EventDescriptor
        do throws(SpawnError) {
            cancellation = try EventDescriptor()
        } catch {
            throw NotStarted(description: "\(error)")
        }
        let result: Result<(answer: Answer, ending: TrialEnding), NotStarted> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                do throws(SpawnError) {
                    try threads.run {
                        do throws(SpawnError) {
                            let conversation = TrialConversation(
                                try Spawner.start(process, in: nil), cancellation: isCancellable ? cancellation : nil)
                            let answer = body(conversation)
                            continuation.resume(returning: .success((answer, conversation.end())))
                        } catch {
                            continuation.resume(returning: .failure(NotStarted(description: "\(error)")))
                        }
                    }
                } catch {
                    continuation.resume(returning: .failure(NotStarted(description: "\(error)")))
                }
            }
        } onCancel: {
            cancellation.signal()
        }
        if isCancellable { try Task.checkCancellation() }
        return try result.get()
    }
}

/// How a conversation ended.
package struct TrialEnding: Sendable {
    /// How the process ended; by SIGKILL where the conversation left it running.
    package var status: ExitStatus
    /// What it wrote to stdout and the conversation did not take as lines, at most ``TrialConversation/outputLimit``.
    package var output: [UInt8]
    /// Its stderr, at most 64 KiB: the beginning and the end.
    package var errorText: String
    /// Whether it wrote more to stdout than is kept.
    package var isOutputCut: Bool
    package var duration: Duration
}
