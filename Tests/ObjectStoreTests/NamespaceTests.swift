import JSONTree
import KubernetesAPI
import Testing

@testable import ObjectStore

@Suite("The end of a namespace", .timeLimit(.minutes(2)))
struct NamespaceTests {
    /// Returns when the namespace is gone.
    private func untilGone(_ name: String, _ store: ObjectStore) async throws {
        let selector = FieldSelector(requirements: [.init(field: "metadata.name", value: name)])
        let stream = try await store.watch(.namespace, WatchOptions(fieldSelector: selector))
        guard (try? await store.get(.namespace, name)) != nil else { return }
        for try await batch in stream where batch.contains(where: { $0.change == .deleted }) { return }
    }

    @Test("its content goes first, then the namespace")
    func contentGoes() async throws {
        try await withStore { store in
            try await running(store) {
                try await store.create(.namespace, .namespace("n"))
                for number in 0..<200 {
                    try await store.create(.configMap, .configMap("a\(number)", namespace: "n"))
                }
                try await store.create(.lease, ["metadata": ["name": "c", "namespace": "n"]])
                try await store.delete(.namespace, "n")
                try await untilGone("n", store)
                #expect(store.count(.configMap) == 0)
                #expect(store.count(.lease) == 0)
            }
        }
    }

    @Test("a finalizer in it holds it, and takes no new content meanwhile")
    func finalizers() async throws {
        try await withStore { store in
            try await running(store) {
                try await store.create(.namespace, .namespace("n"))
                try await store.create(.configMap, .configMap("a", namespace: "n", finalizers: ["x/one"]))
                try await store.delete(.namespace, "n")
                let stream = try await store.watch(.configMap, WatchOptions())
                for try await batch in stream where batch.contains(where: \.object.isBeingDeleted) { break }
                let namespace = try await store.get(.namespace, "n").decoded()
                #expect(namespace.at("status", "phase") == "Terminating")
                let error = try await statusError {
                    try await store.create(.configMap, .configMap("b", namespace: "n"))
                }
                #expect(error?.reason == .forbidden)
                #expect(error?.causes.first?.reason == "NamespaceTerminating")
                try await store.update(.configMap, .configMap("a", namespace: "n"))
                try await untilGone("n", store)
            }
        }
    }

    @Test("one that was marked before a restart goes after it")
    func restart() async throws {
        try await withDirectory { directory in
            try await withStore(at: directory) { store in
                try await store.create(.namespace, .namespace("n"))
                try await store.create(.configMap, .configMap("a", namespace: "n"))
                try await store.delete(.namespace, "n")
            }
            try await withStore(at: directory) { store in
                try await running(store) { try await untilGone("n", store) }
                #expect(store.count(.configMap) == 0)
            }
        }
    }

    @Test("the permanent ones cannot be deleted", arguments: NamespaceRules.permanent)
    func permanent(name: String) async throws {
        try await withStore { store in
            let error = try await statusError { try await store.delete(.namespace, name) }
            #expect(error?.message == "namespaces \"\(name)\" is forbidden: this namespace may not be deleted")
        }
    }

    @Test("an update cannot take a namespace's own finalizer away")
    func ownFinalizer() async throws {
        try await withStore { store in
            var namespace = try await store.create(.namespace, .namespace("n")).decoded()
            namespace["spec"] = nil
            let stored = try await store.update(.namespace, namespace).decoded()
            #expect(stored.at("spec", "finalizers") == ["kubernetes"])
            #expect(stored.at("metadata", "labels", WellKnownLabel.metadataName) == "n")
        }
    }
}
