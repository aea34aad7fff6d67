import KubernetesAPI
import Logging

/// Keeps the cache true to the API for one kind: watches, and lists again whenever a watch ends.
struct ObjectFeed: Sendable {
    let kind: ResourceKind
    let client: any ResourceClient
    let cache: ObjectCache
    let queue: WorkQueue
    let logger: Logger

    /// Runs until the task is cancelled.
    ///
    /// - Parameter version: Of the list that the cache has already.
    func run(from version: UInt64) async {
        let backoff = BackoffSchedule(base: .milliseconds(50), cap: .seconds(10))
        var version: UInt64? = version
        var failures = 0
        while !Task.isCancelled {
            do {
                let start = if let version { version } else { try await relist() }
                // Without a list of its own the next watch would start where nothing may be left.
                version = nil
                for try await events in try await client.watch(kind, WatchOptions(resourceVersion: start)) {
                    failures = 0
                    queue.add(cache.apply(events))
                }
            } catch is CancellationError {
                return
            } catch {
                failures += 1
                logger.log(
                    level: (error as? StatusError)?.reason == .expired ? .debug : .warning,
                    "A watch ended; listing again", metadata: ["kind": "\(kind)", "error": "\(error)"])
                // Ends early when the task is cancelled, and the loop with it.
                try? await Task.sleep(for: backoff.delay(afterFailures: failures, random: .random(in: 0...1)))
            }
        }
    }

    private func relist() async throws -> UInt64 {
        let list = try await client.list(kind, ListOptions())
        queue.add(cache.replace(kind, by: list.items))
        return list.resourceVersion
    }
}
