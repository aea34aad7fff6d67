import JSONTree
import KubernetesAPI
import Testing

struct DeadlinePassed: Error, CustomStringConvertible {
    let description: String
}

/// Runs `body`, and gives up after a time that only a hang takes.
func withDeadline<Value: Sendable>(
    _ what: String, after limit: Duration = .seconds(60), _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let value = first else {
            throw DeadlinePassed(description: "\(what): not within \(limit)")
        }
        return value
    }
}

/// For what no watch tells of: looks again and again.
func eventually(_ what: String, _ condition: @escaping @Sendable () throws -> Bool) async throws {
    try await withDeadline(what) {
        while try !condition() { try await Task.sleep(for: .milliseconds(5)) }
    }
}

/// The API's refusal of what `body` asks for; `nil` when it succeeds.
func statusError(of body: () async throws -> some Any) async throws -> StatusError? {
    do {
        _ = try await body()
        return nil
    } catch let error as StatusError {
        return error
    }
}

extension ResourceClient {
    /// Watches until an object is as expected, and returns it so.
    @discardableResult
    func awaitState<Object: KubernetesObject>(
        _ key: ObjectKey, _ what: String, where condition: @escaping @Sendable (Object) -> Bool
    ) async throws -> Object {
        try await withDeadline("\(Object.resourceKind.kind) \(key): \(what)") {
            for try await events in try await self.watch(Object.resourceKind, WatchOptions(namespace: key.namespace)) {
                for event in events where event.object.key == key && event.change != .deleted {
                    let object = Object(event.object)
                    if condition(object) { return object }
                }
            }
            throw DeadlinePassed(description: "the watch ended")
        }
    }

    /// Watches until there is no object of the key.
    func awaitGone(_ kind: ResourceKind, _ key: ObjectKey) async throws {
        try await withDeadline("\(kind.kind) \(key): gone") {
            let list = try await self.list(kind, ListOptions(namespace: key.namespace))
            guard list.items.contains(where: { $0.key == key }) else { return }
            let options = WatchOptions(namespace: key.namespace, resourceVersion: list.resourceVersion)
            for try await events in try await self.watch(kind, options)
            where events.contains(where: { $0.object.key == key && $0.change == .deleted }) {
                return
            }
        }
    }

    /// Watches until no object of a kind is left.
    func awaitNone(_ kind: ResourceKind) async throws {
        try await withDeadline("no \(kind.plural)") {
            let list = try await self.list(kind, ListOptions())
            var left = Set(list.items.map(\.uid))
            guard !left.isEmpty else { return }
            for try await events in try await self.watch(kind, WatchOptions(resourceVersion: list.resourceVersion)) {
                for event in events {
                    if event.change == .deleted { left.remove(event.object.uid) } else { left.insert(event.object.uid) }
                }
                if left.isEmpty { return }
            }
        }
    }

    /// Watches until `count` claims are Bound.
    func awaitBound(_ count: Int) async throws {
        try await withDeadline("\(count) claims bound", after: .seconds(120)) {
            var bound: Set<String> = []
            for try await events in try await self.watch(.persistentVolumeClaim, WatchOptions()) {
                for event in events where PersistentVolumeClaim(event.object).phase == .bound {
                    bound.insert(event.object.uid)
                }
                if bound.count >= count { return }
            }
        }
    }

    /// Watches until an event of the reason is told about an object of the name.
    @discardableResult
    func awaitEvent(
        _ reason: String, about name: String, where condition: @escaping @Sendable (Event) -> Bool = { _ in true }
    ) async throws -> Event {
        try await withDeadline("an event \(reason) about \(name)") {
            for try await events in try await self.watch(.event, WatchOptions()) {
                for event in events.map({ Event($0.object) })
                where event.reason == reason && event.involvedObject.name == name && condition(event) {
                    return event
                }
            }
            throw DeadlinePassed(description: "the watch ended")
        }
    }
}
