import Synchronization

/// The names of namespaces at whose end there is something to do: marked just now, or emptied by one object more.
final class NamespaceTerminations: Sendable {
    private let waiting = Mutex<Set<String>>([])
    private let names: AsyncStream<String>
    private let continuation: AsyncStream<String>.Continuation

    init() {
        (names, continuation) = AsyncStream.makeStream()
    }

    /// Asks for a look at a namespace; a name that waits already is not queued again.
    func begin(_ name: String) {
        guard waiting.withLock({ $0.insert(name).inserted }) else { return }
        continuation.yield(name)
    }

    /// Hands over each name that is asked for, one after the other, until the store closes.
    func forEach(_ body: (String) async -> Void) async {
        for await name in names {
            // Before the look: what changes during it asks for another one.
            waiting.withLock { _ = $0.remove(name) }
            await body(name)
        }
    }

    func end() { continuation.finish() }
}
