import JSONTree
import KubernetesAPI
import Testing

@testable import ObjectStore

@Suite("Watching objects", .timeLimit(.minutes(2)))
struct WatchTests {
    @Test("changes after a version come in order, each once")
    func changes() async throws {
        try await withStore { store in
            let start = store.resourceVersion
            let stream = try await store.watch(.configMap, WatchOptions(resourceVersion: start))
            try await store.create(.configMap, .configMap("a"))
            try await store.update(.configMap, .configMap("a", data: ["k": "v"]))
            try await store.delete(.configMap, "a")
            let events = try await collect(3, from: stream)
            #expect(events.map(\.change) == [.added, .modified, .deleted])
            #expect(events.map(\.object.resourceVersion) == [start + 1, start + 2, start + 3])
            let deleted = events[2].object.decoded()
            #expect(deleted.at("metadata", "resourceVersion") == .string(String(start + 3)))
            #expect(deleted.at("data", "k") == "v")
        }
    }

    @Test("a watch without a version begins with what there is")
    func initialState() async throws {
        try await withStore { store in
            for number in 0..<1_000 { try await store.create(.configMap, .configMap("a\(number)")) }
            let stream = try await store.watch(.configMap, WatchOptions())
            try await store.create(.configMap, .configMap("b"))
            let events = try await collect(1_001, from: stream)
            #expect(Set(events.map(\.change)) == [.added])
            #expect(Set(events.map(\.object.key.name)).count == 1_001)
            #expect(events.last?.object.key.name == "b")
        }
    }

    @Test("a watch that starts at an old version gets what came since")
    func oldVersion() async throws {
        try await withStore { store in
            let first = try await store.create(.configMap, .configMap("a"))
            try await store.create(.configMap, .configMap("b"))
            try await store.create(.secret, .configMap("s").asSecret)
            try await store.create(.configMap, .configMap("c"))
            let stream = try await store.watch(.configMap, WatchOptions(resourceVersion: first.resourceVersion))
            let events = try await collect(2, from: stream)
            #expect(events.map(\.object.key.name) == ["b", "c"])
        }
    }

    @Test("an object that begins or stops to match is added or deleted")
    func transitions() async throws {
        try await withStore { store in
            let selector = LabelSelector(requirements: [.isIn(key: "app", values: ["x"])])
            let stream = try await store.watch(
                .configMap, WatchOptions(labelSelector: selector, resourceVersion: store.resourceVersion))
            try await store.create(.configMap, .configMap("a"))
            try await store.update(.configMap, .configMap("a", labels: ["app": "x"]))
            let last = try await store.update(.configMap, .configMap("a", labels: ["app": "y"]))
            try await store.delete(.configMap, "a")
            try await store.create(.configMap, .configMap("b", labels: ["app": "x"]))
            let events = try await collect(3, from: stream)
            #expect(events.map(\.change) == [.added, .deleted, .added])
            #expect(events[1].object.labels == ["app": "x"])
            #expect(events[1].object.resourceVersion == last.resourceVersion)
        }
    }

    @Test("a watch of one name, and of one namespace, gets nothing else")
    func narrow() async throws {
        try await withStore { store in
            try await store.create(.namespace, .namespace("n"))
            let selector = FieldSelector(requirements: [.init(field: "metadata.name", value: "b")])
            let byName = try await store.watch(
                .configMap, WatchOptions(fieldSelector: selector, resourceVersion: store.resourceVersion))
            let byNamespace = try await store.watch(
                .configMap, WatchOptions(namespace: "n", resourceVersion: store.resourceVersion))
            async let named = collect(1, from: byName)
            async let inNamespace = collect(1, from: byNamespace)
            try await store.create(.configMap, .configMap("a"))
            try await store.create(.configMap, .configMap("b"))
            try await store.create(.configMap, .configMap("c", namespace: "n"))
            #expect(try await named.map(\.object.key.description) == ["default/b"])
            #expect(try await inNamespace.map(\.object.key.description) == ["n/c"])
        }
    }

    @Test("a version older than the history is Expired, in Kubernetes' words")
    func tooOld() async throws {
        var configuration = ObjectStore.Configuration()
        configuration.historyLimit = 5
        try await withStore(configuration) { store in
            let start = store.resourceVersion
            for number in 0..<20 { try await store.create(.configMap, .configMap("a\(number)")) }
            let error = try await statusError {
                try await store.watch(.configMap, WatchOptions(resourceVersion: start))
            }
            #expect(error?.code == 410)
            #expect(error?.reason == .expired)
            #expect(error?.message == "too old resource version: \(start) (\(start + 15))")
            let stream = try await store.watch(.configMap, WatchOptions(resourceVersion: start + 15))
            #expect(try await collect(5, from: stream).count == 5)
        }
    }

    @Test("a version from the future is Kubernetes' Timeout")
    func tooNew() async throws {
        try await withStore { store in
            let error = try await statusError {
                try await store.watch(.configMap, WatchOptions(resourceVersion: 1_000))
            }
            #expect(error?.code == 504)
            #expect(
                error?.message == "Timeout: Too large resource version: 1000, current: \(store.resourceVersion)")
            #expect(error?.causes.first?.reason == "ResourceVersionTooLarge")
        }
    }

    @Test("a reader that falls behind the history gets Expired, and the others are not disturbed")
    func slowReader() async throws {
        var configuration = ObjectStore.Configuration()
        configuration.historyLimit = 10
        try await withStore(configuration) { store in
            let slow = try await store.watch(.configMap, WatchOptions(resourceVersion: store.resourceVersion))
            for number in 0..<50 { try await store.create(.configMap, .configMap("a\(number)")) }
            let error = try await statusError { try await collect(1, from: slow) }
            #expect(error?.reason == .expired)
            let other = try await store.watch(.configMap, WatchOptions())
            #expect(try await collect(50, from: other).count == 50)
        }
    }

    @Test("bookmarks come to those who ask, with the present version")
    func bookmarks() async throws {
        var configuration = ObjectStore.Configuration()
        configuration.bookmarkInterval = .milliseconds(5)
        try await withStore(configuration) { store in
            try await running(store) {
                let stream = try await store.watch(
                    .configMap, WatchOptions(resourceVersion: store.resourceVersion, bookmarks: true))
                let secret = try await store.create(.secret, JSONValue.configMap("s").asSecret)
                var bookmarks: [WatchEvent] = []
                for try await batch in stream {
                    bookmarks += batch
                    if (bookmarks.last?.object.resourceVersion ?? 0) >= secret.resourceVersion { break }
                }
                #expect(Set(bookmarks.map(\.change)) == [.bookmark])
                #expect(bookmarks.last?.object.decoded()["kind"] == "ConfigMap")
            }
        }
    }

    @Test("a cancelled reader ends at once, and so does one of a store that closes")
    func ends() async throws {
        try await withStore { store in
            let stream = try await store.watch(.configMap, WatchOptions(resourceVersion: store.resourceVersion))
            try await withThrowingTaskGroup(of: Int.self) { group in
                group.addTask {
                    do { return try await collect(1, from: stream).count } catch is CancellationError { return 0 }
                }
                group.cancelAll()
                let count = try await group.next()
                #expect(count == 0)
            }
            let other = try await store.watch(.configMap, WatchOptions(resourceVersion: store.resourceVersion))
            async let events = collect(1, from: other)
            try await store.close()
            let rest = try await events
            #expect(rest.isEmpty)
        }
    }

    @Test("with many writers each change comes once, in the order of versions, none missing")
    func concurrentWriters() async throws {
        try await withStore { store in
            let start = store.resourceVersion
            let writes = 20 * 30
            try await withThrowingTaskGroup(of: [WatchEvent].self) { group in
                for _ in 0..<3 {
                    let stream = try await store.watch(.configMap, WatchOptions(resourceVersion: start))
                    group.addTask { try await collect(writes, from: stream) }
                }
                try await withThrowingTaskGroup(of: Void.self) { writers in
                    for writer in 0..<20 {
                        writers.addTask {
                            for number in 0..<10 {
                                let name = "w\(writer)-\(number)"
                                try await store.create(.configMap, .configMap(name))
                                try await store.update(.configMap, .configMap(name, data: ["k": "v"]))
                                try await store.delete(.configMap, name)
                            }
                        }
                    }
                    try await writers.waitForAll()
                }
                for try await events in group {
                    let versions = events.map(\.object.resourceVersion)
                    #expect(versions == Array(start + 1...start + UInt64(writes)))
                }
            }
        }
    }

    @Test("a list and the watch from its version together miss nothing and repeat nothing")
    func listThenWatch() async throws {
        try await withStore { store in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for number in 0..<300 { try await store.create(.configMap, .configMap("a\(number)")) }
                }
                while store.count(.configMap) < 100 { await Task.yield() }
                let list = try await store.list(.configMap, ListOptions())
                let stream = try await store.watch(.configMap, WatchOptions(resourceVersion: list.resourceVersion))
                let events = try await collect(300 - list.items.count, from: stream)
                let names = list.items.map(\.key.name) + events.map(\.object.key.name)
                #expect(names.count == 300)
                #expect(Set(names).count == 300)
                try await group.waitForAll()
            }
        }
    }
}

extension JSONValue {
    var asSecret: JSONValue {
        var object = self
        object["kind"] = "Secret"
        return object
    }
}
