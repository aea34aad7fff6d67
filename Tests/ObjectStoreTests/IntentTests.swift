import GRDB
import JSONTree
import KubernetesAPI
import Testing

@testable import ObjectStore

@Suite("Intents")
struct IntentTests {
    private let intent = StoredIntent(volume: "pvc-1", document: ["driver": "shelf"])
    private let key = ObjectKey(namespace: "default", name: "a")

    private func recording(_ intent: StoredIntent) -> WriteOptions { WriteOptions(intent: .record(intent)) }

    @Test("are there after the write that records them, and after the next start")
    func durable() async throws {
        try await withDirectory { directory in
            try await withStore(at: directory) { store in
                _ = try await store.create(.configMap, .configMap("a"), recording(intent))
                #expect(try await store.intent(for: "pvc-1") == intent)
            }
            try await withStore(at: directory) { store in
                #expect(try await store.intents() == [intent])
                _ = try await store.update(
                    .configMap, .configMap("a", data: ["k": "1"]), WriteOptions(intent: .remove(volume: "pvc-1")))
            }
            let left = try await withStore(at: directory) { try await $0.intents() }
            #expect(left.isEmpty)
        }
    }

    @Test("are not recorded by a write that is refused, that loses its race, or that is a dry run")
    func onlyWithTheWrite() async throws {
        try await withStore { store in
            try await store.create(.configMap, .configMap("a"))
            #expect(
                try await statusError {
                    try await store.create(.configMap, .configMap("a"), recording(intent))
                }?.reason == .alreadyExists)
            var stale = JSONValue.configMap("a", data: ["k": "2"])
            stale.set("1", at: "metadata", "resourceVersion")
            #expect(
                try await statusError { try await store.update(.configMap, stale, recording(intent)) }?.reason
                    == .conflict)
            _ = try await store.create(
                .configMap, .configMap("b"), WriteOptions(isDryRun: true, intent: .record(intent)))
            #expect(try await store.intents().isEmpty)
        }
    }

    @Test("change with a write that changes nothing else, and alone")
    func alone() async throws {
        try await withDirectory { directory in
            try await withStore(at: directory) { store in
                let object = try await store.create(.configMap, .configMap("a")).decoded()
                let version = store.resourceVersion
                _ = try await store.update(.configMap, object, recording(intent))
                #expect(store.resourceVersion == version)
                var other = intent
                other.volume = "pvc-2"
                try await store.change(.record(other))
                try await store.change(.remove(volume: "pvc-1"))
                try await store.change(.remove(volume: "pvc-none"))
            }
            let left = try await withStore(at: directory) { try await $0.intents() }
            #expect(left.map(\.volume) == ["pvc-2"])
        }
    }

    @Test("go with the last finalizer of an object, in one step")
    func lastFinalizer() async throws {
        try await withStore { store in
            let held = try await store.create(
                .configMap, .configMap("a", finalizers: ["example.com/held"]), recording(intent))
            try await store.delete(.configMap, "a")
            var free = held.object.decoded()
            free.set(nil, at: "metadata", "resourceVersion")
            free.set([], at: "metadata", "finalizers")
            _ = try await store.update(.configMap, free, WriteOptions(intent: .remove(volume: "pvc-1")))
            #expect(try await store.intents().isEmpty)
            #expect(try await statusError { try await store.get(.configMap, key) }?.reason == .notFound)
        }
    }

    @Test("one that is damaged on disk is kept, and says nothing", arguments: ["json", "volume"])
    func damaged(column: String) async throws {
        try await withDirectory { directory in
            try await withStore(at: directory) { try await $0.change(.record(intent)) }
            let database = try DatabaseQueue(path: directory + "/berth.db")
            try await database.write { db in
                try db.execute(
                    sql: column == "json"
                        ? "UPDATE intent SET json = CAST('{\"driver\":\"other\"}' AS BLOB)"
                        : "UPDATE intent SET volume = 'pvc-9'")
            }
            try database.close()
            for _ in 0..<2 {
                try await withStore(at: directory) { store in
                    let intents = try await store.intents()
                    #expect(intents == [StoredIntent(volume: column == "json" ? "pvc-1" : "pvc-9", document: .null)])
                }
            }
        }
    }

    @Test("have a place in the database of an older Berth")
    func upgrade() async throws {
        try await withDirectory { directory in
            try await withStore(at: directory) { _ in }
            try withDatabase(at: directory) { try $0.makeFirstSchema() }
            try await withStore(at: directory) { try await $0.change(.record(intent)) }
            let intents = try await withStore(at: directory) { try await $0.intents() }
            #expect(intents == [intent])
        }
    }
}
