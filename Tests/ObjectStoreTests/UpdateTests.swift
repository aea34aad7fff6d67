import JSONTree
import KubernetesAPI
import Testing

@testable import ObjectStore

@Suite("Updating objects")
struct UpdateTests {
    @Test("an update of the present version is stored under a new one, twice in a row")
    func update() async throws {
        try await withStore { store in
            var object = try await store.create(.configMap, .configMap("a")).decoded()
            for value in ["1", "2"] {
                object.set(.string(value), at: "data", "k")
                let stored = try await store.update(.configMap, object)
                let before = object.at("metadata", "resourceVersion")?.stringValue.flatMap { UInt64($0) } ?? 0
                #expect(stored.resourceVersion > before)
                object = stored.decoded()
            }
            #expect(try await store.get(.configMap, "a").decoded().at("data", "k") == "2")
        }
    }

    @Test("an update of an older version is a Conflict in Kubernetes' words")
    func conflict() async throws {
        try await withStore { store in
            var object = try await store.create(.configMap, .configMap("a")).decoded()
            object.set("1", at: "data", "k")
            try await store.update(.configMap, object)
            object.set("2", at: "data", "k")
            let error = try await statusError { try await store.update(.configMap, object) }
            #expect(error?.code == 409)
            #expect(
                error?.message == "Operation cannot be fulfilled on configmaps \"a\": the object has been modified; "
                    + "please apply your changes to the latest version and try again")
        }
    }

    @Test("an update without a version replaces whatever version there is")
    func unconditional() async throws {
        try await withStore { store in
            try await store.create(.configMap, .configMap("a", data: ["k": "1"]))
            try await store.update(.configMap, .configMap("a", data: ["k": "2"]))
            #expect(try await store.get(.configMap, "a").decoded().at("data", "k") == "2")
        }
    }

    @Test("an update that changes nothing keeps the version")
    func unchanged() async throws {
        try await withStore { store in
            let stored = try await store.create(.configMap, .configMap("a", data: ["k": "1"]))
            let again = try await store.update(.configMap, stored.decoded())
            #expect(again.resourceVersion == stored.resourceVersion)
            #expect(store.resourceVersion == stored.resourceVersion)
        }
    }

    @Test("uid and creation time stay, whatever is sent")
    func immutable() async throws {
        try await withStore { store in
            let stored = try await store.create(.configMap, .configMap("a"))
            var object = JSONValue.configMap("a", data: ["k": "1"])
            object.set("2001-01-01T00:00:00Z", at: "metadata", "creationTimestamp")
            let updated = try await store.update(.configMap, object).decoded()
            #expect(updated.at("metadata", "uid")?.stringValue == stored.uid)
            #expect(
                updated.at("metadata", "creationTimestamp") == stored.decoded().at("metadata", "creationTimestamp"))
        }
    }

    @Test("another uid is a Conflict")
    func otherUID() async throws {
        try await withStore { store in
            try await store.create(.configMap, .configMap("a"))
            var object = JSONValue.configMap("a")
            object.set("00000000-0000-0000-0000-000000000000", at: "metadata", "uid")
            #expect(try await statusError { try await store.update(.configMap, object) }?.reason == .conflict)
        }
    }

    @Test("what is not there is NotFound")
    func missing() async throws {
        try await withStore { store in
            let error = try await statusError { try await store.update(.configMap, .configMap("a")) }
            #expect(error?.message == "configmaps \"a\" not found")
        }
    }

    @Test("a plain update leaves the status as it was")
    func statusIsKept() async throws {
        try await withStore { store in
            var claim = try await store.create(.persistentVolumeClaim, .claim("c")).decoded()
            claim.set("Bound", at: "status", "phase")
            claim.set("x", at: "metadata", "labels", "l")
            let stored = try await store.update(.persistentVolumeClaim, claim).decoded()
            #expect(stored.at("status", "phase")?.stringValue != "Bound")
            #expect(stored.at("metadata", "labels", "l") == "x")
        }
    }

    @Test("a status update leaves the spec as it was")
    func specIsKept() async throws {
        try await withStore { store in
            var claim = try await store.create(.persistentVolumeClaim, .claim("c")).decoded()
            claim.set("Bound", at: "status", "phase")
            claim.set("5Gi", at: "spec", "resources", "requests", "storage")
            let stored = try await store.update(.persistentVolumeClaim, claim, subresource: "status").decoded()
            #expect(stored.at("status", "phase") == "Bound")
            #expect(stored.at("spec", "resources", "requests", "storage") == "1Gi")
        }
    }

    @Test("generation counts changes of the spec, and of nothing else")
    func generation() async throws {
        try await withStore { store in
            var claim = try await store.create(.persistentVolumeClaim, .claim("c")).decoded()
            #expect(claim.at("metadata", "generation") == 1)
            claim.set("x", at: "metadata", "labels", "l")
            claim = try await store.update(.persistentVolumeClaim, claim).decoded()
            #expect(claim.at("metadata", "generation") == 1)
            claim.set("pv-1", at: "spec", "volumeName")
            claim = try await store.update(.persistentVolumeClaim, claim).decoded()
            #expect(claim.at("metadata", "generation") == 2)
        }
    }

    @Test("a kind without status has no such subresource")
    func noStatus() async throws {
        try await withStore { store in
            try await store.create(.configMap, .configMap("a"))
            let error = try await statusError {
                try await store.update(.configMap, .configMap("a"), subresource: "status")
            }
            #expect(error?.code == 404)
        }
    }

    @Test("a dry run says what would be stored, and stores nothing")
    func dryRun() async throws {
        try await withStore { store in
            let stored = try await store.create(.configMap, .configMap("a"))
            let result = try await store.update(
                .configMap, .configMap("a", data: ["k": "1"]), WriteOptions(isDryRun: true))
            #expect(result.object.decoded().at("data", "k") == "1")
            #expect(try await store.get(.configMap, "a").encoded == stored.encoded)
        }
    }

    @Test("a rule of admission can refuse, and warn")
    func admissionRules() async throws {
        var configuration = ObjectStore.Configuration()
        configuration.admission = [
            { request, _ in
                guard request.object.at("data", "k") != "bad" else {
                    throw StatusError.forbidden(request.kind, "a", "bad")
                }
                return ["be careful"]
            }
        ]
        try await withStore(configuration) { store in
            let created = try await store.create(.configMap, .configMap("a"), WriteOptions())
            #expect(created.warnings == ["be careful"])
            let error = try await statusError {
                try await store.update(.configMap, .configMap("a", data: ["k": "bad"]))
            }
            #expect(error?.reason == .forbidden)
        }
    }

    @Test("a hundred tasks that count up with the version they read lose no count")
    func concurrentIncrements() async throws {
        try await withStore { store in
            try await store.create(.configMap, .configMap("a", data: ["n": "0"]))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        while true {
                            var object = try await store.get(.configMap, "a").decoded()
                            let count = object.at("data", "n")?.stringValue.flatMap { Int($0) } ?? 0
                            object.set(.string(String(count + 1)), at: "data", "n")
                            let isDone = try await statusError { try await store.update(.configMap, object) } == nil
                            if isDone { return }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.get(.configMap, "a").decoded().at("data", "n") == "100")
        }
    }
}
