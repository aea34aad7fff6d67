import JSONTree
import Testing

@Suite("Bodies in YAML")
struct YAMLBodyTests {
    private static let maps = "/api/v1/namespaces/default/configmaps"

    @Test("an object in YAML is taken")
    func yaml() async throws {
        try await ServerUnderTest.run { server in
            let text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  mode: \"0644\"\n"
            let answer = try await server.send(
                "POST", Self.maps, bytes: Array(text.utf8), contentType: "application/yaml")
            #expect(answer.status == 201, "\(answer.text)")
            #expect(answer.body.at("data", "mode") == "0644")
        }
    }

    @Test("malformed YAML is refused with line and column")
    func malformedYAML() async throws {
        try await ServerUnderTest.run { server in
            let answer = try await server.send(
                "POST", Self.maps, bytes: Array("kind: ConfigMap\n  data: [\n".utf8), contentType: "application/yaml")
            #expect(answer.status == 400)
            #expect(answer.body["message"]?.stringValue?.contains("line 2") == true, "\(answer.text)")
        }
    }

    @Test(
        "what cannot be read is refused",
        arguments: [
            String(repeating: "[", count: 10_000), "a: &a [*a]", "a: *b", "\u{0}", "a: b: c",
            "a: 1\n---\nb: 2",
        ])
    func unreadable(text: String) async throws {
        try await ServerUnderTest.run { server in
            let answer = try await server.send(
                "POST", Self.maps, bytes: Array(text.utf8), contentType: "application/yaml")
            #expect(answer.status == 400, "\(answer.text)")
        }
    }
}
