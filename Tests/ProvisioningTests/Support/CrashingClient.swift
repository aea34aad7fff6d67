import JSONTree
import KubernetesAPI
import Synchronization

/// A client of a process that dies at its n-th write, before it is made or just after: whatever it asks for later is not
/// done. What is stored stays.
final class CrashingClient: ResourceClient {
    enum Moment: Sendable, CaseIterable { case before, after }

    private let client: any ResourceClient
    private let moment: Moment
    private let writesLeft: Mutex<Int>
    private let crashes: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init(_ client: any ResourceClient, at write: Int, _ moment: Moment) {
        self.client = client
        self.moment = moment
        writesLeft = Mutex(write)
        (crashes, continuation) = AsyncStream.makeStream()
    }

    /// Returns when the process has died.
    func awaitCrash() async {
        for await _ in crashes { return }
    }

    var hasCrashed: Bool { writesLeft.withLock { $0 <= 0 } }

    private func write<Value>(_ body: () async throws -> Value) async throws -> Value {
        let left = writesLeft.withLock { left in
            left -= 1
            return left
        }
        if left > 0 { return try await body() }
        // A client request that was sent is carried out whether or not the sender lives to hear of it.
        if left == 0, moment == .after { _ = try await body() }
        continuation.yield()
        throw CancellationError()
    }

    private func read<Value>(_ body: () async throws -> Value) async throws -> Value {
        if hasCrashed { throw CancellationError() }
        return try await body()
    }

    func get(_ kind: ResourceKind, _ key: ObjectKey) async throws -> StoredObject {
        try await read { try await client.get(kind, key) }
    }

    func list(_ kind: ResourceKind, _ options: ListOptions) async throws -> ObjectList {
        try await read { try await client.list(kind, options) }
    }

    func watch(_ kind: ResourceKind, _ options: WatchOptions) async throws -> WatchStream {
        try await read { try await client.watch(kind, options) }
    }

    func create(_ kind: ResourceKind, _ object: JSONValue, _ options: WriteOptions) async throws -> WriteResult {
        // Events are told beside the work; a crash between two of them shows nothing.
        if kind == .event { return try await client.create(kind, object, options) }
        return try await write { try await client.create(kind, object, options) }
    }

    func update(_ kind: ResourceKind, _ object: JSONValue, _ options: WriteOptions) async throws -> WriteResult {
        try await write { try await client.update(kind, object, options) }
    }

    func patch(
        _ kind: ResourceKind, _ key: ObjectKey, _ patch: Patch, _ options: WriteOptions
    ) async throws -> WriteResult {
        if kind == .event { return try await client.patch(kind, key, patch, options) }
        return try await write { try await client.patch(kind, key, patch, options) }
    }

    func intents() async throws -> [StoredIntent] { try await read { try await client.intents() } }

    func intent(for volume: String) async throws -> StoredIntent? {
        try await read { try await client.intent(for: volume) }
    }

    func change(_ intent: IntentChange) async throws { try await write { try await client.change(intent) } }

    func delete(_ kind: ResourceKind, _ key: ObjectKey, _ options: DeleteOptions) async throws -> DeleteResult {
        try await write { try await client.delete(kind, key, options) }
    }
}
