import JSONTree
import Testing

@Suite("Scaling")
struct ScaleTests {
    @Test("a StatefulSet is scaled by its scale, read and written", arguments: ["PUT", "PATCH", "JSON"])
    func scale(method: String) async throws {
        try await ServerUnderTest.run { server in
            let sets = "/apis/apps/v1/namespaces/default/statefulsets"
            _ = try await server.send("POST", sets, Manifests.statefulSet("web"))
            let read = try await server.get(sets + "/web/scale")
            #expect(read.body["kind"] == "Scale")
            #expect(read.body.at("spec", "replicas") == 2)
            #expect(read.body.at("status", "selector") == "app=nginx")
            var scale = read.body
            scale.set(3, at: "spec", "replicas")
            let answer =
                switch method {
                case "PUT": try await server.send("PUT", sets + "/web/scale", scale)
                case "PATCH":
                    try await server.send(
                        "PATCH", sets + "/web/scale", ["spec": ["replicas": 3]],
                        contentType: "application/merge-patch+json")
                default:
                    try await server.send(
                        "PATCH", sets + "/web/scale", [["op": "replace", "path": "/spec/replicas", "value": 3]],
                        contentType: "application/json-patch+json")
                }
            #expect(answer.body.at("spec", "replicas") == 3, "\(answer.text)")
            #expect(try await server.get(sets + "/web").body.at("spec", "replicas") == 3)
        }
    }
}
