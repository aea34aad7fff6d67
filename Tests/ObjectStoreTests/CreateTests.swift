import JSONTree
import KubernetesAPI
import Testing

@testable import ObjectStore

@Suite("Creating objects")
struct CreateTests {
    @Test("an object gets a uid, a creation time and a version, and reads back the same")
    func fields() async throws {
        try await withStore { store in
            let stored = try await store.create(.configMap, .configMap("a", data: ["k": "v"]))
            let object = stored.decoded()
            #expect(object.at("metadata", "uid")?.stringValue == stored.uid)
            #expect(stored.uid.count == 36)
            #expect(object.at("metadata", "resourceVersion")?.stringValue == String(stored.resourceVersion))
            #expect(object.at("metadata", "creationTimestamp")?.stringValue.flatMap { Timestamp($0) } != nil)
            #expect(object.at("data", "k")?.stringValue == "v")
            let read = try await store.get(.configMap, "a")
            #expect(read.encoded == stored.encoded)
        }
    }

    @Test("a second create of the same name is AlreadyExists, and changes nothing")
    func twice() async throws {
        try await withStore { store in
            let first = try await store.create(.configMap, .configMap("a"))
            let error = try await statusError { try await store.create(.configMap, .configMap("a", data: ["k": "v"])) }
            #expect(error == .alreadyExists(.configMap, "a"))
            #expect(try await store.get(.configMap, "a").resourceVersion == first.resourceVersion)
        }
    }

    @Test("versions are one sequence for all kinds")
    func oneSequence() async throws {
        try await withStore { store in
            let first = try await store.create(.configMap, .configMap("a"))
            let second = try await store.create(.namespace, .namespace("n"))
            #expect(second.resourceVersion == first.resourceVersion + 1)
        }
    }

    @Test("generateName makes names of its own, five characters longer")
    func generatedName() async throws {
        try await withStore { store in
            var object = JSONValue.configMap("")
            object.set(nil, at: "metadata", "name")
            object.set("a-", at: "metadata", "generateName")
            let names = [
                try await store.create(.configMap, object).key.name,
                try await store.create(.configMap, object).key.name,
            ]
            #expect(names[0] != names[1])
            for name in names { #expect(name.hasPrefix("a-") && name.count == 7) }
        }
    }

    @Test("neither name nor generateName is Invalid")
    func noName() async throws {
        try await withStore { store in
            let error = try await statusError {
                try await store.create(.configMap, ["metadata": ["namespace": "default"]])
            }
            #expect(error?.reason == .invalid)
            #expect(error?.causes.first?.field == "metadata.name")
        }
    }

    @Test("a resourceVersion may not be given")
    func version() async throws {
        try await withStore { store in
            var object = JSONValue.configMap("a")
            object.set("7", at: "metadata", "resourceVersion")
            let error = try await statusError { try await store.create(.configMap, object) }
            #expect(error?.message == "resourceVersion should not be set on objects to be created")
        }
    }

    @Test("a missing namespace is NotFound")
    func missingNamespace() async throws {
        try await withStore { store in
            let error = try await statusError { try await store.create(.configMap, .configMap("a", namespace: "no")) }
            #expect(error == .notFound(.namespace, "no"))
        }
    }

    @Test("a status that the creator sends is not taken over")
    func status() async throws {
        try await withStore { store in
            var claim = JSONValue.claim("c")
            claim.set("Bound", at: "status", "phase")
            let stored = try await store.create(.persistentVolumeClaim, claim)
            #expect(stored.decoded().at("status", "phase")?.stringValue != "Bound")
        }
    }

    @Test("a dry run says what would be stored, and stores nothing")
    func dryRun() async throws {
        try await withStore { store in
            let before = store.resourceVersion
            let result = try await store.create(.configMap, .configMap("a"), WriteOptions(isDryRun: true))
            #expect(result.object.key.name == "a")
            #expect(store.resourceVersion == before)
            #expect(try await statusError { try await store.get(.configMap, "a") }?.reason == .notFound)
        }
    }

    @Test("a dry run of what exists is AlreadyExists")
    func dryRunExisting() async throws {
        try await withStore { store in
            try await store.create(.configMap, .configMap("a"))
            let error = try await statusError {
                try await store.create(.configMap, .configMap("a"), WriteOptions(isDryRun: true))
            }
            #expect(error == .alreadyExists(.configMap, "a"))
        }
    }

    @Test("the namespaces default and kube-system are there from the start")
    func initialNamespaces() async throws {
        try await withStore { store in
            let names = try await store.list(.namespace, ListOptions()).items.map(\.key.name)
            #expect(names == ["default", "kube-system"])
        }
    }
}
