import JSONTree
import Testing

@Suite("Patching objects")
struct PatchTests {
    private static let maps = "/api/v1/namespaces/default/configmaps"

    private static let patches: [(String, JSONValue)] = [
        ("application/merge-patch+json", ["data": ["a": "2"]]),
        ("application/strategic-merge-patch+json", ["data": ["a": "2"]]),
        ("application/json-patch+json", [["op": "replace", "path": "/data/a", "value": "2"]]),
    ]

    @Test("each kind of patch changes what it names and nothing else, twice as well as once", arguments: patches)
    func patch(contentType: String, patch: JSONValue) async throws {
        try await ServerUnderTest.run { server in
            _ = try await server.send("POST", Self.maps, Manifests.configMap("m", ["a": "1", "b": "1"]))
            for _ in 0..<2 {
                let answer = try await server.send("PATCH", Self.maps + "/m", patch, contentType: contentType)
                #expect(answer.status == 200, "\(answer.text)")
                #expect(answer.body["data"] == ["a": "2", "b": "1"])
            }
        }
    }

    @Test("a patch of a type that does not exist is refused with those that there are")
    func unknownType() async throws {
        try await ServerUnderTest.run { server in
            _ = try await server.send("POST", Self.maps, Manifests.configMap("m"))
            let answer = try await server.send("PATCH", Self.maps + "/m", [:], contentType: "application/json")
            #expect(answer.status == 415)
            #expect(answer.body["message"]?.stringValue?.contains("application/apply-patch+yaml") == true)
        }
    }

    @Test(
        "a patch whose body is no such patch is refused",
        arguments: [
            ("application/merge-patch+json", "[]"), ("application/json-patch+json", "{}"),
            ("application/strategic-merge-patch+json", "1"), ("application/merge-patch+json", "{"),
            ("application/json-patch+json", #"[{"op":"jump","path":"/a"}]"#),
            ("application/merge-patch+json", #"{"data":1}"#),
        ])
    func malformed(contentType: String, body: String) async throws {
        try await ServerUnderTest.run { server in
            _ = try await server.send("POST", Self.maps, Manifests.configMap("m"))
            let answer = try await server.send(
                "PATCH", Self.maps + "/m", bytes: Array(body.utf8), contentType: contentType)
            #expect([400, 422].contains(answer.status), "\(answer.text)")
        }
    }

    @Test("an apply makes the object, then changes it, and remembers who owns which field")
    func apply() async throws {
        try await ServerUnderTest.run { server in
            let apply = "application/apply-patch+yaml"
            let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {a: \"1\"}\n"
            for status in [201, 200] {
                let answer = try await server.send(
                    "PATCH", Self.maps + "/m?fieldManager=one", bytes: Array(text.utf8), contentType: apply)
                #expect(answer.status == status, "\(answer.text)")
                let entry = answer.body.at("metadata", "managedFields")?.arrayValue?.first
                #expect(entry?["manager"] == "one")
                #expect(entry?["operation"] == "Apply")
            }
        }
    }

    @Test("an apply of a field that another owns is a Conflict with its cause, unless it is forced")
    func applyConflict() async throws {
        try await ServerUnderTest.run { server in
            let apply = "application/apply-patch+yaml"
            func map(_ value: String) -> JSONValue { Manifests.configMap("m", ["a": value]) }
            _ = try await server.send("PATCH", Self.maps + "/m?fieldManager=one", map("1"), contentType: apply)
            let refused = try await server.send(
                "PATCH", Self.maps + "/m?fieldManager=two", map("2"), contentType: apply)
            #expect(refused.status == 409)
            #expect(refused.body.at("details", "causes")?.arrayValue?.first?["reason"] == "FieldManagerConflict")
            #expect(refused.body.at("details", "causes")?.arrayValue?.first?["field"] == ".data.a")
            let forced = try await server.send(
                "PATCH", Self.maps + "/m?fieldManager=two&force=true", map("2"), contentType: apply)
            #expect(forced.body["data"] == ["a": "2"], "\(forced.text)")
        }
    }

    @Test("an apply without a field manager is refused")
    func applyWithoutManager() async throws {
        try await ServerUnderTest.run { server in
            let answer = try await server.send(
                "PATCH", Self.maps + "/m", Manifests.configMap("m"), contentType: "application/apply-patch+yaml")
            #expect(answer.status == 422)
            #expect(answer.body.at("details", "causes")?.arrayValue?.first?["field"] == "fieldManager")
        }
    }

    @Test("the manager of a change is the program in User-Agent when the query names none")
    func managerFromUserAgent() async throws {
        try await ServerUnderTest.run { server in
            let answer = try await server.send(
                "POST", Self.maps, Manifests.configMap("m", ["a": "1"]), headers: ["User-Agent": "tool/1.0 (linux)"])
            #expect(answer.body.at("metadata", "managedFields")?.arrayValue?.first?["manager"] == "tool")
        }
    }
}
