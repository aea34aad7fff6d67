import JSONTree
import TestSupport
import Testing

@Suite("Bodies that were mangled")
struct MangledBodyTests {
    @Test(
        "get a client's error or are taken, whatever the verb",
        arguments: [
            ("POST", "/api/v1/namespaces/default/persistentvolumeclaims", "application/json"),
            ("PUT", "/api/v1/namespaces/default/persistentvolumeclaims/data", "application/json"),
            ("POST", "/api/v1/namespaces/default/persistentvolumeclaims", "application/yaml"),
            ("PATCH", "/api/v1/namespaces/default/persistentvolumeclaims/data", "application/merge-patch+json"),
            (
                "PATCH", "/api/v1/namespaces/default/persistentvolumeclaims/data",
                "application/strategic-merge-patch+json"
            ),
            (
                "PATCH", "/api/v1/namespaces/default/persistentvolumeclaims/data?fieldManager=f",
                "application/apply-patch+yaml"
            ),
            ("DELETE", "/api/v1/namespaces/default/persistentvolumeclaims/data", "application/json"),
        ])
    func mangledBodies(method: String, path: String, contentType: String) async throws {
        try await ServerUnderTest.run { server in
            var generator = SplitMix64(seed: 99)
            let claims = "/api/v1/namespaces/default/persistentvolumeclaims"
            for _ in 0..<200 {
                _ = try await server.send("POST", claims, Manifests.claim("data"))
                let body = mangled(Manifests.claim("data"), &generator)
                let answer = try await server.send(method, path, body, contentType: contentType)
                #expect(answer.status < 500, "\(body.prettyPrinted()): \(answer.text)")
            }
        }
    }

    /// The same tree with a few of its values replaced by others.
    private func mangled(_ value: JSONValue, _ generator: inout SplitMix64) -> JSONValue {
        let strange: [JSONValue] = [
            .null, true, 0, -1, "", "x", [], [:], [.null], ["a": .null], .number("1e999"), "1Gi", "-5",
            ["$patch": "delete"],
            .integer(.max), .string(String(repeating: "a", count: 300)), ["": ""], [[[]]], "9999999999999999999999Ei",
        ]
        if Int.random(in: 0..<12, using: &generator) == 0 { return strange.randomElement(using: &generator) ?? .null }
        switch value {
        case .array(let elements): return .array(elements.map { mangled($0, &generator) })
        case .object(let object): return .object(JSONObject(object.map { ($0.key, mangled($0.value, &generator)) }))
        default: return value
        }
    }
}
