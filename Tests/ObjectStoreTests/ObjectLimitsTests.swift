import JSONTree
import KubernetesAPI
import Testing

@testable import ObjectStore

/// What was stored once must be readable for ever, and fit: whichever way a write comes.
@Suite("How large an object may become")
struct ObjectLimitsTests {
    private static let key = ObjectKey(namespace: "default", name: "web")

    private static let mapKey = ObjectKey(namespace: "default", name: "a")

    private static func statefulSet(filler: Int) -> JSONValue {
        [
            "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": ["name": "web", "namespace": "default"],
            "spec": [
                "serviceName": "web", "replicas": 2, "selector": ["matchLabels": ["app": "web"]],
                "template": [
                    "metadata": ["labels": ["app": "web"]],
                    "spec": [
                        "containers": [
                            ["name": "c", "image": "i", "args": [.string(String(repeating: "x", count: filler))]]
                        ]
                    ],
                ],
            ],
        ]
    }

    /// Each adds some hundred bytes, at least its writer's entry in `managedFields`.
    private static let writes: [(name: String, write: @Sendable (ObjectStore) async throws -> WriteResult)] = [
        (
            "update",
            { store in
                var object = try await store.get(.statefulSet, key).decoded()
                object.set(.string(String(repeating: "n", count: 300)), at: "metadata", "annotations", "a")
                return try await store.update(.statefulSet, object, WriteOptions())
            }
        ),
        (
            "update of the status",
            { store in
                var object = try await store.get(.statefulSet, key).decoded()
                object["status"] = ["replicas": 1, "currentRevision": .string(String(repeating: "n", count: 300))]
                return try await store.update(.statefulSet, object, WriteOptions(subresource: "status"))
            }
        ),
        (
            "merge patch",
            { store in
                let patch = Patch.merge(["spec": ["replicas": 1_000_000]])
                return try await store.patch(.statefulSet, key, patch, WriteOptions(fieldManager: "scaler"))
            }
        ),
        (
            "strategic merge patch",
            { store in
                let containers: JSONValue = [["name": "d", "image": .string(String(repeating: "n", count: 300))]]
                let patch = Patch.strategicMerge(["spec": ["template": ["spec": ["containers": containers]]]])
                return try await store.patch(.statefulSet, key, patch, WriteOptions())
            }
        ),
        (
            "JSON patch",
            { store in
                let containers = "/spec/template/spec/containers/"
                let patch = Patch.json([
                    ["op": "copy", "from": .string(containers + "0/args/0"), "path": .string(containers + "0/args/1")]
                ])
                return try await store.patch(.statefulSet, key, patch, WriteOptions())
            }
        ),
        (
            "server-side apply",
            { store in
                let patch = Patch.apply(
                    [
                        "apiVersion": "apps/v1", "kind": "StatefulSet",
                        "metadata": ["name": "web", "labels": ["app": "web"]],
                    ], force: false)
                return try await store.patch(
                    .statefulSet, key, patch, WriteOptions(fieldManager: String(repeating: "m", count: 128)))
            }
        ),
    ]

    @Test("every way to write refuses what is too large, and leaves the object", arguments: writes.indices)
    func tooLarge(index: Int) async throws {
        let (name, write) = Self.writes[index]
        try await withStore { store in
            let small = try await store.create(.statefulSet, Self.statefulSet(filler: 0))
            try await store.delete(.statefulSet, "web")
            let filler = ObjectLimits.bytes - small.encoded.count - 100
            let before = try await store.create(.statefulSet, Self.statefulSet(filler: filler))
            let error = try await statusError { try await write(store) }
            #expect(error?.code == 413, "\(name): \(error?.message ?? "was accepted")")
            #expect(error?.reason == .requestEntityTooLarge)
            #expect(try await store.get(.statefulSet, Self.key).resourceVersion == before.resourceVersion)
        }
    }

    @Test("so does a create, with the size and the limit")
    func create() async throws {
        try await withStore { store in
            let object = Self.statefulSet(filler: ObjectLimits.bytes)
            let error = try await statusError { try await store.create(.statefulSet, object) }
            #expect(error?.code == 413)
            #expect(
                error?.message.contains(#"statefulsets.apps "web" would be too large: it would have 157"#) == true,
                "\(error?.message ?? "was accepted")")
            #expect(error?.message.contains("1572864") == true)
        }
    }

    @Test("many managers do not grow an object beyond its limit, and whoever is refused is told so")
    func managers() async throws {
        try await withStore { store in
            let data = JSONValue(
                Dictionary(uniqueKeysWithValues: (0..<10_000).map { ("key-number-\($0)", "1") }))
            let map: JSONValue = ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "a"], "data": data]
            var refused: StatusError?
            for manager in 0..<150 where refused == nil {
                refused = try await statusError {
                    try await store.patch(
                        .configMap, Self.mapKey, .apply(map, force: true),
                        WriteOptions(fieldManager: "manager-\(manager)"))
                }
            }
            #expect(refused?.code == 413)
            #expect(try await store.get(.configMap, "a").encoded.count <= ObjectLimits.bytes)
        }
    }

    @Test("an object with 100,000 faults is refused in a few words")
    func faults() async throws {
        try await withStore { store in
            let labels = (0..<100_000).map { ("!\($0)", "!") }
            var object = JSONValue.configMap("a")
            object.set(JSONValue(Dictionary(uniqueKeysWithValues: labels)), at: "metadata", "labels")
            let error = try await statusError { try await store.create(.configMap, object) }
            #expect(error?.code == 422)
            #expect(error?.causes.count == 101)
            #expect(error?.causes.last?.message == "only the first 100 faults are listed")
        }
    }

    @Test("of a value of a megabyte that is wrong, an error shows the beginning")
    func longValue() async throws {
        try await withStore { store in
            let name = String(repeating: "X", count: 1_000_000)
            let error = try await statusError { try await store.create(.configMap, .configMap(name)) }
            #expect(error?.code == 422)
            #expect(error?.causes.allSatisfy { $0.message.utf8.count < 2000 } == true)
            #expect(error?.causes.first?.message.contains("XXX… (1000000 bytes)") == true)
        }
    }

    @Test("an object with 9,000 writers is stored with the ten newest, and the others as one")
    func writers() async throws {
        let entries = (0..<9_000).map { number -> JSONValue in
            [
                "manager": .string("m\(number)"), "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1",
                "fieldsV1": ["f:data": ["f:k\(number)": [:]]],
            ]
        }
        try await withStore { store in
            var object = JSONValue.configMap("a", data: ["k": "v"])
            object.set(.array(entries), at: "metadata", "managedFields")
            let stored = try await store.create(.configMap, object, WriteOptions(fieldManager: "test")).object
            let managers = stored.decoded().at("metadata", "managedFields")?.arrayValue ?? []
            #expect(managers.count == 10)
            #expect(managers.contains { $0["manager"] == "ancient-changes" })
        }
    }

    @Test("a JSON patch of ten thousand steps on a list of a hundred thousand is refused")
    func steps() async throws {
        let list = JSONValue.array(Array(repeating: 0, count: 100_000))
        let insertions = Array(repeating: ["op": "add", "path": "/data/x/0", "value": 0] as JSONValue, count: 9_000)
        try await withStore { store in
            try await store.create(.configMap, .configMap("a", data: ["k": "v"]))
            let error = try await statusError {
                try await store.patch(
                    .configMap, Self.mapKey,
                    .json(.array([["op": "add", "path": "/data/x", "value": list]] + insertions)), WriteOptions())
            }
            #expect(error?.code == 413)
            #expect(error?.message.contains("the operations touch more than 5000000 values") == true)
        }
    }

    @Test("a JSON patch cannot nest an object deeper than it can be read again, in one step or in several")
    func depth() async throws {
        func nested(_ levels: Int) -> JSONValue {
            (0..<levels).reduce([:]) { inner, _ in ["f:a": inner] }
        }
        let path = "/metadata/managedFields/0/fieldsV1/f:x"
        let deeper = path + String(repeating: "/f:a", count: 111)
        let patches: [JSONValue] = [
            [
                ["op": "add", "path": .string(path), "value": nested(110)],
                ["op": "add", "path": .string(deeper), "value": nested(110)],
            ],
            [
                ["op": "add", "path": .string(path), "value": nested(110)],
                ["op": "copy", "from": .string(path), "path": .string(deeper)],
            ],
            [
                ["op": "add", "path": .string(path), "value": nested(110)],
                ["op": "add", "path": "/metadata/managedFields/0/fieldsV1/f:y", "value": nested(110)],
                ["op": "move", "from": "/metadata/managedFields/0/fieldsV1/f:y", "path": .string(deeper)],
            ],
        ]
        try await withDirectory { directory in
            try await withStore(at: directory) { store in
                _ = try await store.create(
                    .persistentVolumeClaim, .claim("deep"), WriteOptions(fieldManager: "test"))
                for patch in patches {
                    let operations = Patch.json(patch)
                    let error = try await statusError {
                        try await store.patch(
                            .persistentVolumeClaim, ObjectKey(namespace: "default", name: "deep"), operations,
                            WriteOptions(fieldManager: "other"))
                    }
                    #expect(error?.code == 413)
                    #expect(
                        error?.message.contains("nested deeper than 200 levels") == true,
                        "\(String(describing: error))")
                }
            }
            try await withStore(at: directory) { store in
                let stored = try await store.get(.persistentVolumeClaim, "deep")
                #expect(stored.decoded().at("spec", "storageClassName") == "standard")
            }
        }
    }
}
