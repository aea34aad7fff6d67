import JSONTree
import KubernetesAPI
import Testing

@testable import ObjectStore

@Suite("Deleting objects")
struct DeleteTests {
    @Test("an object is gone, and deleting it again is NotFound")
    func twice() async throws {
        try await withStore { store in
            try await store.create(.configMap, .configMap("a"))
            guard case .removed(let last) = try await store.delete(.configMap, "a") else {
                Issue.record("not removed")
                return
            }
            #expect(last.resourceVersion == store.resourceVersion)
            let error = try await statusError { try await store.delete(.configMap, "a") }
            #expect(error == .notFound(.configMap, "a"))
        }
    }

    @Test("an object of the same name can be made again, with another uid")
    func again() async throws {
        try await withStore { store in
            let first = try await store.create(.configMap, .configMap("a"))
            try await store.delete(.configMap, "a")
            let second = try await store.create(.configMap, .configMap("a"))
            #expect(first.uid != second.uid)
        }
    }

    @Test("a finalizer holds an object, and the last one takes it along")
    func finalizers() async throws {
        try await withStore { store in
            try await store.create(.configMap, .configMap("a", finalizers: ["x/one", "x/two"]))
            guard case .marked(let marked) = try await store.delete(.configMap, "a") else {
                Issue.record("not marked")
                return
            }
            var object = marked.decoded()
            #expect(marked.isBeingDeleted)
            #expect(object.at("metadata", "deletionGracePeriodSeconds") == 0)
            object.set(["x/two"], at: "metadata", "finalizers")
            object = try await store.update(.configMap, object).decoded()
            #expect(try await store.get(.configMap, "a").isBeingDeleted)
            object.set(nil, at: "metadata", "finalizers")
            try await store.update(.configMap, object)
            #expect(try await statusError { try await store.get(.configMap, "a") }?.reason == .notFound)
        }
    }

    @Test("a second deletion of what is held changes nothing")
    func markedTwice() async throws {
        try await withStore { store in
            try await store.create(.configMap, .configMap("a", finalizers: ["x/one"]))
            try await store.delete(.configMap, "a")
            let version = store.resourceVersion
            guard case .marked = try await store.delete(.configMap, "a") else {
                Issue.record("not marked")
                return
            }
            #expect(store.resourceVersion == version)
        }
    }

    @Test("no finalizer can be added to what is being deleted")
    func lateFinalizer() async throws {
        try await withStore { store in
            try await store.create(.configMap, .configMap("a", finalizers: ["x/one"]))
            try await store.delete(.configMap, "a")
            var object = try await store.get(.configMap, "a").decoded()
            object.set(["x/one", "x/two"], at: "metadata", "finalizers")
            let error = try await statusError { try await store.update(.configMap, object) }
            #expect(error?.reason == .invalid)
            #expect(
                error?.causes.first?.message == "Forbidden: no new finalizers can be added if the object is being "
                    + "deleted, found new finalizers []string{\"x/two\"}")
        }
    }

    @Test("a deletion time cannot be set or taken back by an update")
    func deletionTimestamp() async throws {
        try await withStore { store in
            var object = try await store.create(.configMap, .configMap("a", finalizers: ["x/one"])).decoded()
            object.set("2026-01-01T00:00:00Z", at: "metadata", "deletionTimestamp")
            #expect(try await statusError { try await store.update(.configMap, object) }?.reason == .invalid)
            try await store.delete(.configMap, "a")
            try await store.update(.configMap, .configMap("a", data: ["k": "v"], finalizers: ["x/one"]))
            #expect(try await store.get(.configMap, "a").isBeingDeleted)
        }
    }

    @Test("a precondition that does not hold is a Conflict", arguments: [true, false])
    func preconditions(onUID: Bool) async throws {
        try await withStore { store in
            let stored = try await store.create(.configMap, .configMap("a"))
            let wrong = onUID ? DeleteOptions(uid: "other") : DeleteOptions(resourceVersion: stored.resourceVersion + 1)
            let error = try await statusError { try await store.delete(.configMap, stored.key, wrong) }
            #expect(error?.reason == .conflict)
            let right = DeleteOptions(uid: stored.uid, resourceVersion: stored.resourceVersion)
            #expect(try await statusError { try await store.delete(.configMap, stored.key, right) } == nil)
        }
    }

    @Test("a dry run removes nothing")
    func dryRun() async throws {
        try await withStore { store in
            let stored = try await store.create(.configMap, .configMap("a"))
            _ = try await store.delete(.configMap, stored.key, DeleteOptions(isDryRun: true))
            #expect(try await store.get(.configMap, "a").encoded == stored.encoded)
        }
    }
}
