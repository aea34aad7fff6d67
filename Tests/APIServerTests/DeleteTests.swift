import JSONTree
import Testing

@Suite("Deleting objects")
struct DeleteTests {
    private static let maps = "/api/v1/namespaces/default/configmaps"

    @Test("a deletion says what is gone; a second one finds nothing")
    func deleteTwice() async throws {
        try await ServerUnderTest.run { server in
            let created = try await server.send("POST", Self.maps, Manifests.configMap("m"))
            let first = try await server.send("DELETE", Self.maps + "/m", ["propagationPolicy": "Background"])
            #expect(first.status == 200)
            #expect(first.body["status"] == "Success")
            #expect(first.body.at("details", "uid") == created.body.at("metadata", "uid"))
            #expect(try await server.send("DELETE", Self.maps + "/m").status == 404)
        }
    }

    @Test("an object with a finalizer is marked, and goes when the finalizer does")
    func finalizer() async throws {
        try await ServerUnderTest.run { server in
            var map = Manifests.configMap("m")
            map.set(["example.com/hold"], at: "metadata", "finalizers")
            _ = try await server.send("POST", Self.maps, map)
            let marked = try await server.send("DELETE", Self.maps + "/m")
            #expect(marked.status == 200)
            #expect(marked.body.at("metadata", "deletionTimestamp")?.stringValue != nil)
            let released = try await server.send(
                "PATCH", Self.maps + "/m", ["metadata": ["finalizers": .null]],
                contentType: "application/merge-patch+json")
            #expect(released.status == 200, "\(released.text)")
            #expect(try await server.get(Self.maps + "/m").status == 404)
        }
    }

    @Test("a deletion of another object under the same name is a Conflict")
    func precondition() async throws {
        try await ServerUnderTest.run { server in
            _ = try await server.send("POST", Self.maps, Manifests.configMap("m"))
            let answer = try await server.send("DELETE", Self.maps + "/m", ["preconditions": ["uid": "another"]])
            #expect(answer.status == 409)
            #expect(try await server.get(Self.maps + "/m").status == 200)
        }
    }

    @Test("a dry run deletes nothing", arguments: [true, false])
    func dryRun(inQuery: Bool) async throws {
        try await ServerUnderTest.run { server in
            _ = try await server.send("POST", Self.maps, Manifests.configMap("m"))
            let answer =
                inQuery
                ? try await server.send("DELETE", Self.maps + "/m?dryRun=All")
                : try await server.send("DELETE", Self.maps + "/m", ["dryRun": ["All"]])
            #expect(answer.status == 200)
            #expect(try await server.get(Self.maps + "/m").status == 200)
        }
    }

    @Test("a collection is deleted by selector, however large")
    func collection() async throws {
        try await ServerUnderTest.run { server in
            for number in 0..<150 {
                var map = Manifests.configMap("m\(number)")
                map.set(["keep": number < 10 ? "yes" : "no"], at: "metadata", "labels")
                _ = try await server.send("POST", Self.maps, map)
            }
            let answer = try await server.send("DELETE", Self.maps + "?labelSelector=keep%3Dno")
            #expect(answer.body["items"]?.arrayValue?.count == 140)
            #expect(try await server.get(Self.maps).body["items"]?.arrayValue?.count == 10)
        }
    }

    @Test(
        "options that do not exist are refused",
        arguments: [
            ["propagationPolicy": "Sideways"], ["kind": "Pod"], ["gracePeriodSeconds": -1], [1],
        ] as [JSONValue])
    func badOptions(options: JSONValue) async throws {
        try await ServerUnderTest.run { server in
            _ = try await server.send("POST", Self.maps, Manifests.configMap("m"))
            let answer = try await server.send("DELETE", Self.maps + "/m", options)
            #expect([400, 422].contains(answer.status))
        }
    }
}
