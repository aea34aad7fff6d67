import JSONTree
import TestSupport
import Testing

@Suite(
    "A server on a full disk",
    .enabled(if: SmallFilesystem.unavailability == nil, "\(SmallFilesystem.unavailability ?? "")"))
struct FullDiskTests {
    @Test("it says so to who writes and at /readyz, lives, and is ready again when there is room")
    func readiness() async throws {
        try await ServerUnderTest.run(filesystem: 6 << 20) { server in
            try SmallFilesystem.occupy(3 << 20, in: server.directory)
            let text = String(repeating: "x", count: 50_000)
            var refusal: ServerUnderTest.Answer?
            for number in 0..<500 where refusal == nil {
                let object: JSONValue = [
                    "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string("a\(number)")],
                    "data": ["text": .string(text)],
                ]
                let answer = try await server.send("POST", "/api/v1/namespaces/default/configmaps", object)
                if answer.status != 201 { refusal = answer }
            }
            let status = try #require(refusal)
            #expect(status.status == 500)
            #expect(status.body["message"]?.stringValue?.contains("disk full") ?? false)
            let unready = try await server.get("/readyz")
            #expect(unready.status == 500 && unready.text.contains("readyz failed: disk full"))
            #expect(try await server.get("/livez").status == 200)
            #expect(try await server.get("/api/v1/namespaces/default/configmaps/a0").status == 200)
            try SmallFilesystem.release(in: server.directory)
            #expect(try await server.get("/readyz").status == 200)
        }
    }
}
