import JSONTree
import KubernetesAPI
import Logging
import Synchronization

/// Writes events beside the work that they tell of: nobody waits for them, and when they come too fast some are left
/// out (``EventThrottle``).
final class EventRecorder: Sendable {
    private struct Entry: Sendable {
        var object: ObjectReference
        var notice: Notice
        var time: Timestamp
    }

    /// At a time; so that they share a commit and do not crowd out the claims.
    private static let concurrency = 8
    private static let bufferSize = 10_000
    private static let component = "berth"

    private let client: any ResourceClient
    private let logger: Logger
    private let throttle = Mutex(EventThrottle())
    private let entries: AsyncStream<(Entry, EventThrottle.Admission)>
    private let continuation: AsyncStream<(Entry, EventThrottle.Admission)>.Continuation

    init(client: any ResourceClient, logger: Logger) {
        self.client = client
        self.logger = logger
        (entries, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.bufferSize))
    }

    func record(_ notice: Notice, about object: ObjectReference) {
        let admission = throttle.withLock { $0.admit(notice, about: object, now: ContinuousClock.now) }
        guard admission != .drop else { return }
        continuation.yield((Entry(object: object, notice: notice, time: .now), admission))
    }

    /// Writes until the task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            var running = 0
            for await (entry, admission) in entries {
                if running == Self.concurrency {
                    await group.next()
                    running -= 1
                }
                group.addTask { await self.write(entry, admission) }
                running += 1
            }
        }
    }

    private func write(_ entry: Entry, _ admission: EventThrottle.Admission) async {
        do {
            switch admission {
            case .create: try await create(entry)
            case .recur(let event, let count): try await recur(entry, event, count)
            case .drop: break
            }
        } catch is CancellationError {
            return
        } catch {
            throttle.withLock { $0.forget(entry.notice, about: entry.object) }
            // Events are told on a best effort, as in Kubernetes; the log has what they would have said. A namespace that
            // is on its way out takes none, which is nothing to warn of.
            let isExpected = [.forbidden, .notFound].contains((error as? StatusError)?.reason)
            logger.log(
                level: isExpected ? .debug : .warning, "An event was not written",
                metadata: [
                    "about": "\(entry.object.kind) \(entry.object.key)", "reason": "\(entry.notice.reason)",
                    "message": "\(entry.notice.message)", "error": "\(error)",
                ])
        }
    }

    private func create(_ entry: Entry) async throws {
        let event = event(entry)
        _ = try await client.create(.event, event.json, WriteOptions())
        throttle.withLock { $0.wrote(entry.notice, about: entry.object, as: event.key) }
    }

    private func recur(_ entry: Entry, _ key: ObjectKey, _ count: Int64) async throws {
        let latest = event(entry)
        let patch: JSONValue = [
            "count": .integer(count), "lastTimestamp": entry.time.json, "message": .string(latest.message),
        ]
        do {
            _ = try await client.patch(.event, key, .merge(patch), WriteOptions())
        } catch let error as StatusError where error.reason == .notFound {
            // Events are removed when they are old.
            try await create(entry)
        }
    }

    private func event(_ entry: Entry) -> Event {
        Event(
            about: entry.object, entry.notice.severity, reason: entry.notice.reason, message: entry.notice.message,
            component: Self.component, at: entry.time)
    }
}
