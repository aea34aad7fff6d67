import KubernetesAPI
import KubernetesClient

/// Waits for what becomes of one object, by a watch and with a deadline.
struct ObjectWaiting: Sendable {
    let client: ClusterClient
    let timeout: Duration

    func untilGone(_ kind: ResourceKind, _ key: ObjectKey, uid: String, after version: UInt64) async throws {
        let isGone = try await first(kind, key, after: version) { event in
            event.change == .deleted || event.object.uid != uid ? true : nil
        }
        guard isGone == true else {
            throw CommandFailure(
                "\(kind.singular) \"\(key.name)\" is still there after \(timeout): its finalizers hold it. "
                    + "See `berth describe \(kind.singular) \(key.name)`")
        }
    }

    /// The first answer that `answer` gives to a change, or `nil` when time ran out.
    func first<Answer: Sendable>(
        _ kind: ResourceKind, _ key: ObjectKey, after version: UInt64?,
        _ answer: @escaping @Sendable (WatchEvent) -> Answer?
    ) async throws -> Answer? {
        let options = WatchOptions(
            namespace: key.namespace,
            fieldSelector: FieldSelector(requirements: [.init(field: "metadata.name", value: key.name)]),
            resourceVersion: version)
        return try await withThrowingTaskGroup(of: Answer?.self) { group in
            group.addTask {
                for try await batch in try await client.watch(kind, options) {
                    for event in batch {
                        if let found = answer(event) { return found }
                    }
                }
                throw CommandFailure("the server ended the watch of \(kind.singular) \"\(key.name)\"; try again")
            }
            group.addTask {
                try await Task.sleep(for: timeout)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }
}
