import JSONTree
import KubernetesAPI
import Testing

@testable import ObjectStore

@Suite("Patching objects")
struct PatchTests {
    private let key = ObjectKey(namespace: "default", name: "a")

    private static let patches: [Patch] = [
        .merge(["data": ["k": "2", "gone": .null]]),
        .strategicMerge(["data": ["k": "2", "gone": .null]]),
        .json([
            ["op": "replace", "path": "/data/k", "value": "2"], ["op": "remove", "path": "/data/gone"],
        ]),
    ]

    @Test("each kind of patch changes what it names and nothing else", arguments: patches)
    func kinds(patch: Patch) async throws {
        try await withStore { store in
            try await store.create(.configMap, .configMap("a", data: ["k": "1", "gone": "x", "stays": "y"]))
            let result = try await store.patch(.configMap, key, patch, WriteOptions())
            #expect(result.object.decoded()["data"] == ["k": "2", "stays": "y"])
            #expect(!result.isCreated)
        }
    }

    @Test("a patch that changes nothing keeps the version")
    func unchanged() async throws {
        try await withStore { store in
            try await store.create(.configMap, .configMap("a"))
            let patch = Patch.merge(["data": ["k": "1"], "metadata": ["labels": [:]]])
            let first = try await store.patch(.configMap, key, patch, WriteOptions(fieldManager: "test"))
            let second = try await store.patch(.configMap, key, patch, WriteOptions(fieldManager: "test"))
            #expect(first.object.resourceVersion == second.object.resourceVersion)
        }
    }

    @Test("a patch of what is missing is NotFound")
    func missing() async throws {
        try await withStore { store in
            let error = try await statusError { try await store.patch(.configMap, key, .merge([:]), WriteOptions()) }
            #expect(error == .notFound(.configMap, "a"))
        }
    }

    @Test("a patch with an old version is a Conflict")
    func oldVersion() async throws {
        try await withStore { store in
            let stored = try await store.create(.configMap, .configMap("a"))
            let patch = Patch.merge([
                "metadata": ["resourceVersion": .string(String(stored.resourceVersion))], "data": ["k": "1"],
            ])
            _ = try await store.patch(.configMap, key, patch, WriteOptions())
            let error = try await statusError { try await store.patch(.configMap, key, patch, WriteOptions()) }
            #expect(error?.reason == .conflict)
        }
    }

    @Test("a patch cannot rename")
    func rename() async throws {
        try await withStore { store in
            try await store.create(.configMap, .configMap("a"))
            let patch = Patch.merge(["metadata": ["name": "b"]])
            let error = try await statusError { try await store.patch(.configMap, key, patch, WriteOptions()) }
            #expect(error?.reason == .invalid)
        }
    }

    @Test("patches of the same object at the same time are all carried out")
    func concurrent() async throws {
        try await withStore { store in
            try await store.create(.configMap, .configMap("a"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<50 {
                    group.addTask {
                        let patch = Patch.merge(["data": ["k\(number)": "v"].asJSON])
                        _ = try await store.patch(.configMap, key, patch, WriteOptions())
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.get(.configMap, "a").decoded()["data"]?.objectValue?.count == 50)
        }
    }

    @Test("a server-side apply creates, then changes nothing, then conflicts with another manager")
    func serverSideApply() async throws {
        try await withStore { store in
            func apply(_ value: String, by manager: String, force: Bool = false) async throws -> WriteResult {
                try await store.patch(
                    .configMap, key, .apply(.configMap("a", data: ["k": value]), force: force),
                    WriteOptions(fieldManager: manager))
            }
            let created = try await apply("1", by: "one")
            #expect(created.isCreated)
            let again = try await apply("1", by: "one")
            #expect(!again.isCreated)
            #expect(again.object.resourceVersion == created.object.resourceVersion)
            let error = try await statusError { try await apply("2", by: "two") }
            #expect(error?.reason == .conflict)
            #expect(error?.causes.first?.reason == "FieldManagerConflict")
            let forced = try await apply("2", by: "two", force: true)
            #expect(forced.object.decoded().at("data", "k") == "2")
        }
    }

    @Test("a writer with a name is recorded, one without is not")
    func managedFields() async throws {
        try await withStore { store in
            let named = try await store.create(
                .configMap, .configMap("a", data: ["k": "1"]), WriteOptions(fieldManager: "kubectl"))
            let manager = named.object.decoded().at("metadata", "managedFields")?.arrayValue?.first?["manager"]
            #expect(manager == "kubectl")
            let unnamed = try await store.create(.configMap, .configMap("b"))
            #expect(unnamed.decoded().at("metadata", "managedFields") == nil)
        }
    }

    @Test("what the server adds to a new object is nobody's, and stays when the writer's fields change hands")
    func protectionStays() async throws {
        try await withStore { store in
            let claim: JSONValue = [
                "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": ["name": "c", "namespace": "default"],
                "spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]],
            ]
            let created = try await store.create(
                .persistentVolumeClaim, claim, WriteOptions(fieldManager: "kubectl-client-side-apply")
            ).object.decoded()
            #expect(created.at("metadata", "finalizers") == ["kubernetes.io/pvc-protection"])
            // As kubectl does it since 1.26: the fields of client-side apply become those of server-side apply.
            let entries = created.at("metadata", "managedFields")?.arrayValue ?? []
            let applied = entries.map { entry in
                var entry = entry
                entry["manager"] = "kubectl"
                entry["operation"] = "Apply"
                return entry
            }
            #expect(applied.count == 1)
            _ = try await store.patch(
                .persistentVolumeClaim, ObjectKey(namespace: "default", name: "c"),
                .json([["op": "replace", "path": "/metadata/managedFields", "value": .array(applied)]]),
                WriteOptions(fieldManager: "kubectl"))
            for _ in 1...2 {
                let again = try await store.patch(
                    .persistentVolumeClaim, ObjectKey(namespace: "default", name: "c"), .apply(claim, force: false),
                    WriteOptions(fieldManager: "kubectl")
                ).object.decoded()
                #expect(again.at("metadata", "finalizers") == ["kubernetes.io/pvc-protection"])
            }
        }
    }

    @Test("a namespace's name where it has no meaning, empty, is not kept")
    func emptyNamespace() async throws {
        try await withStore { store in
            let namespace = try await store.create(.namespace, ["metadata": ["name": "n", "namespace": ""]]).decoded()
            #expect(namespace["metadata"]?["namespace"] == nil)
            #expect(namespace.at("spec", "finalizers") == ["kubernetes"])
            #expect(namespace.at("status", "phase") == "Active")
        }
    }

    @Test("a patch that takes the last finalizer off removes what is being deleted")
    func lastFinalizer() async throws {
        try await withStore { store in
            try await store.create(.configMap, .configMap("a", finalizers: ["x/one"]))
            try await store.delete(.configMap, "a")
            _ = try await store.patch(
                .configMap, key, .merge(["metadata": ["finalizers": .null]]), WriteOptions())
            #expect(store.count(.configMap) == 0)
        }
    }
}

extension [String: String] {
    fileprivate var asJSON: JSONValue { JSONValue(self) }
}
