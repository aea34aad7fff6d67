import JSONTree
import KubernetesAPI
import ObjectStore
import Testing

@Suite("Writing objects")
struct WriteTests {
    private static let claims = "/api/v1/namespaces/default/persistentvolumeclaims"
    private static let configMaps = "/api/v1/namespaces/default/configmaps"

    @Test("the same object cannot be made twice")
    func createTwice() async throws {
        try await ServerUnderTest.run { server in
            _ = try await server.send("POST", Self.claims, Manifests.claim("data"))
            let second = try await server.send("POST", Self.claims, Manifests.claim("data"))
            #expect(second.status == 409)
            #expect(second.body["reason"] == "AlreadyExists")
        }
    }

    @Test("an object that names another namespace than the path is refused")
    func otherNamespace() async throws {
        try await ServerUnderTest.run { server in
            let answer = try await server.send("POST", Self.claims, Manifests.claim("data", namespace: "kube-system"))
            #expect(answer.status == 400)
            #expect(
                answer.body["message"]
                    == "the namespace of the provided object does not match the namespace sent on the request")
        }
    }

    @Test("an object of another kind than the path is refused")
    func otherKind() async throws {
        try await ServerUnderTest.run { server in
            let answer = try await server.send("POST", Self.claims, Manifests.configMap("a"))
            #expect(answer.status == 400)
            #expect(answer.body["reason"] == "BadRequest")
        }
    }

    @Test("a body without kind and apiVersion takes those of the path")
    func defaultedKind() async throws {
        try await ServerUnderTest.run { server in
            let answer = try await server.send("POST", Self.configMaps, ["metadata": ["name": "a"]])
            #expect(answer.status == 201)
            #expect(answer.body["kind"] == "ConfigMap")
            #expect(answer.body["apiVersion"] == "v1")
        }
    }

    @Test("an update under another name than the path's is refused")
    func otherName() async throws {
        try await ServerUnderTest.run { server in
            _ = try await server.send("POST", Self.configMaps, Manifests.configMap("a"))
            let answer = try await server.send("PUT", Self.configMaps + "/a", Manifests.configMap("b"))
            #expect(answer.status == 400)
            #expect(answer.body["message"] == "the name of the object (b) does not match the name on the URL (a)")
        }
    }

    @Test("an update of an older version than the present one is a Conflict")
    func staleUpdate() async throws {
        try await ServerUnderTest.run { server in
            let first = try await server.send("POST", Self.configMaps, Manifests.configMap("a"))
            var changed = first.body
            changed["data"] = ["a": "1"]
            #expect(try await server.send("PUT", Self.configMaps + "/a", changed).status == 200)
            changed["data"] = ["a": "2"]
            let stale = try await server.send("PUT", Self.configMaps + "/a", changed)
            #expect(stale.status == 409)
            #expect(stale.body["reason"] == "Conflict")
        }
    }

    @Test("a dry run answers as if, and stores nothing")
    func dryRun() async throws {
        try await ServerUnderTest.run { server in
            let answer = try await server.send("POST", Self.configMaps + "?dryRun=All", Manifests.configMap("a"))
            #expect(answer.status == 201)
            #expect(try await server.get(Self.configMaps + "/a").status == 404)
        }
    }

    @Test(
        "a query with an option that does not exist is refused",
        arguments: ["dryRun=Some", "fieldValidation=Maybe", "fieldManager=\(String(repeating: "x", count: 129))"])
    func badOptions(query: String) async throws {
        try await ServerUnderTest.run { server in
            let answer = try await server.send("POST", "\(Self.configMaps)?\(query)", Manifests.configMap("a"))
            #expect(answer.status == 422, "\(answer.text)")
            #expect(answer.body["reason"] == "Invalid")
        }
    }

    @Test("an unknown field is refused when the client wants it strict, and names the field")
    func strictUnknownField() async throws {
        try await ServerUnderTest.run { server in
            var claim = Manifests.claim("data")
            claim.set(1, at: "spec", "bogus")
            let answer = try await server.send("POST", Self.claims + "?fieldValidation=Strict", claim)
            #expect(answer.status == 400)
            #expect(answer.body["message"]?.stringValue?.contains("unknown field \"spec.bogus\"") == true)
        }
    }

    @Test("an unknown field is a warning when the client says nothing, and is not stored")
    func warnedUnknownField() async throws {
        try await ServerUnderTest.run { server in
            var claim = Manifests.claim("data")
            claim.set(1, at: "spec", "bogus")
            let answer = try await server.send("POST", Self.claims, claim)
            #expect(answer.status == 201)
            #expect(answer.warnings == [#"299 - "unknown field \"spec.bogus\"""#])
            #expect(answer.body.at("spec", "bogus") == nil)
        }
    }

    @Test("a key that stands twice is a warning")
    func duplicateKey() async throws {
        try await ServerUnderTest.run { server in
            let text = #"{"metadata":{"name":"a"},"data":{"k":"1"},"data":{"k":"2"}}"#
            let answer = try await server.send("POST", Self.configMaps, bytes: Array(text.utf8))
            #expect(answer.status == 201)
            #expect(answer.warnings == [#"299 - "duplicate field \"data\"""#])
        }
    }

    @Test("the status of an object is written apart from the rest")
    func status() async throws {
        try await ServerUnderTest.run { server in
            let created = try await server.send("POST", Self.claims, Manifests.claim("data"))
            var changed = created.body
            changed.set("Bound", at: "status", "phase")
            changed.set(["a": "b"], at: "metadata", "labels")
            let answer = try await server.send("PUT", Self.claims + "/data/status", changed)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.body.at("status", "phase") == "Bound")
            #expect(try await server.get(Self.claims + "/data/status").body == answer.body)
        }
    }

    @Test("a StatefulSet written as apps/v1beta1 is read as apps/v1, and back")
    func olderVersion() async throws {
        try await ServerUnderTest.run { server in
            let old = "/apis/apps/v1beta1/namespaces/default/statefulsets"
            var set = Manifests.statefulSet("web", apiVersion: "apps/v1beta1")
            set.set(nil, at: "spec", "selector")
            let created = try await server.send("POST", old, set)
            #expect(created.status == 201, "\(created.text)")
            #expect(created.body["apiVersion"] == "apps/v1beta1")
            let read = try await server.get("/apis/apps/v1/namespaces/default/statefulsets/web")
            #expect(read.body["apiVersion"] == "apps/v1")
            #expect(read.body.at("spec", "selector", "matchLabels", "app") == "nginx")
            let list = try await server.get(old)
            #expect(list.body["items"]?.arrayValue?.first?["apiVersion"] == "apps/v1beta1")
        }
    }

    @Test("a rule's refusal is its Status, and its warnings are headers, in a dry run too; long ones are cut")
    func admissionRule() async throws {
        var configuration = ObjectStore.Configuration()
        configuration.admission = [
            { request, objects in
                guard request.kind == .configMap else { return [] }
                switch request.object.at("metadata", "name")?.stringValue {
                case "bad":
                    throw StatusError.invalid(
                        .configMap, "bad",
                        [.init(reason: "FieldValueInvalid", message: "Invalid value: no", field: "data[k]")])
                case "long": return [String(repeating: "ü", count: 4000), String(repeating: "x", count: 4000), "more"]
                default:
                    let there = try await objects.list(.configMap, ListOptions(namespace: "default")).items.count
                    return ["\(request.isDryRun ? "dry" : "real") \"run\"\nwith \(there) there"]
                }
            }
        ]
        try await ServerUnderTest.run(store: configuration) { server in
            for _ in 1...2 {
                let dry = try await server.send("POST", Self.configMaps + "?dryRun=All", Manifests.configMap("a"))
                #expect(dry.status == 201)
                #expect(dry.warnings == [#"299 - "dry \"run\" with 0 there""#])
            }
            let real = try await server.send("POST", Self.configMaps, Manifests.configMap("a"))
            #expect(real.warnings == [#"299 - "real \"run\" with 0 there""#])
            let bad = try await server.send("POST", Self.configMaps, Manifests.configMap("bad"))
            #expect(bad.status == 422)
            #expect(bad.body.at("details", "causes")?.arrayValue?.first?["field"] == "data[k]")
            let long = try await server.send("POST", Self.configMaps, Manifests.configMap("long"))
            #expect(long.warnings.map(\.count) == [4000 + 8, 96 + 1 + 8])
        }
    }
}
