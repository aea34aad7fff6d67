import JSONTree
import KubernetesAPI
import Synchronization
import Testing

@testable import ObjectStore

@Suite("The retention of events", .timeLimit(.minutes(2)))
struct EventRetentionTests {
    private func event(_ name: String) -> JSONValue {
        [
            "metadata": ["name": .string(name), "namespace": "default"], "reason": "Tested", "message": "m",
            "type": "Normal",
            "involvedObject": ["kind": "PersistentVolumeClaim", "namespace": "default", "name": "c"],
        ]
    }

    private func untilThere(are count: Int, _ store: ObjectStore) async throws {
        let stream = try await store.watch(.event, WatchOptions())
        guard store.count(.event) != count else { return }
        for try await _ in stream where store.count(.event) == count { return }
    }

    @Test("beyond the limit the oldest go")
    func limit() async throws {
        var configuration = ObjectStore.Configuration()
        configuration.eventLimit = 10
        try await withStore(configuration) { store in
            for number in 100..<150 { try await store.create(.event, event("e\(number)")) }
            let names = try await store.list(.event, ListOptions()).items.map(\.key.name)
            #expect(names.count <= 11)
            #expect(names.last == "e149")
            #expect(!names.contains("e100"))
        }
    }

    @Test("after its time an event goes, also one from before a restart")
    func age() async throws {
        let clock = Mutex(Timestamp(seconds: 1_000_000))
        var configuration = ObjectStore.Configuration()
        configuration.now = { clock.withLock { $0 } }
        try await withDirectory { directory in
            try await withStore(at: directory, configuration) { store in
                try await store.create(.event, event("old"))
            }
            clock.withLock { $0.seconds += 3_000 }
            try await withStore(at: directory, configuration) { store in
                try await store.create(.event, event("new"))
                #expect(store.count(.event) == 2)
                clock.withLock { $0.seconds += 1_000 }
                try await running(store) { try await untilThere(are: 1, store) }
                #expect(try await store.list(.event, ListOptions()).items.map(\.key.name) == ["new"])
            }
        }
    }

    @Test("an event that is counted up lives from its last write")
    func renewed() throws {
        var retention = EventRetention(.init(age: .seconds(10), count: 100), loaded: [])
        let key = ObjectKey(namespace: "default", name: "e")
        func note(_ version: UInt64, at moment: Int64) {
            let object = StoredObject(
                kind: .event, key: key, uid: "", resourceVersion: version, labels: [:], isBeingDeleted: false,
                encoded: [])
            retention.note([Change(rowID: 1, object: object, isRemoval: false)], writtenAt: moment)
        }
        note(1, at: 0)
        note(2, at: 8)
        func due(at moment: Int64) -> [UInt64] {
            retention.due(now: moment, count: 1, batch: 8) { _, version in version == 2 }.map(\.version)
        }
        #expect(due(at: 15) == [])
        #expect(due(at: 19) == [2])
    }

    @Test("what could not be removed is due again")
    func putBack() throws {
        let loaded = (1...3).map {
            EventRetention.Entry(key: ObjectKey(name: "e\($0)"), version: UInt64($0), writtenAt: 0)
        }
        var retention = EventRetention(.init(age: .seconds(10), count: 100), loaded: loaded)
        let due = retention.due(now: 100, count: 3, batch: 2) { _, _ in true }
        retention.putBack(due)
        let again = retention.due(now: 100, count: 3, batch: 8) { _, _ in true }
        #expect(again.map(\.version) == [1, 2, 3])
    }
}
