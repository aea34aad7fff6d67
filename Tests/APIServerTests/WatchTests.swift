import AsyncHTTPClient
import JSONTree
import ObjectStore
import Testing

@Suite("Watching objects")
struct WatchTests {
    private static let maps = "/api/v1/namespaces/default/configmaps"

    @Test("changes come in order, each once")
    func changes() async throws {
        try await ServerUnderTest.run { server in
            let events = try await server.watch(Self.maps + "?watch=true")
            _ = try await server.send("POST", Self.maps, Manifests.configMap("m"))
            _ = try await server.send(
                "PATCH", Self.maps + "/m", ["data": ["a": "1"]], contentType: "application/merge-patch+json")
            _ = try await server.send("DELETE", Self.maps + "/m")
            var types: [String] = []
            for try await event in events {
                types.append(event["type"]?.stringValue ?? "")
                #expect(event.at("object", "metadata", "name") == "m")
                if types.count == 3 { break }
            }
            #expect(types == ["ADDED", "MODIFIED", "DELETED"])
        }
    }

    @Test("a watch from a list's version sees what came after, and nothing before")
    func fromVersion() async throws {
        try await ServerUnderTest.run { server in
            _ = try await server.send("POST", Self.maps, Manifests.configMap("before"))
            let version = try await server.get(Self.maps).body.at("metadata", "resourceVersion")?.stringValue ?? ""
            _ = try await server.send("POST", Self.maps, Manifests.configMap("after"))
            let events = try await server.watch("\(Self.maps)?watch=1&resourceVersion=\(version)")
            for try await event in events {
                #expect(event.at("object", "metadata", "name") == "after")
                break
            }
        }
    }

    @Test("a watch ends when its time is over")
    func timeout() async throws {
        try await ServerUnderTest.run { server in
            let events = try await server.watch(Self.maps + "?watch=true&timeoutSeconds=1")
            var count = 0
            for try await _ in events { count += 1 }
            #expect(count == 0)
        }
    }

    @Test("a watch ends when the server is told to stop", .timeLimit(.minutes(1)))
    func shutdown() async throws {
        try await ServerUnderTest.run { server in
            let events = try await server.watch(Self.maps + "?watch=true")
            await server.shutDown()
            for try await _ in events {}
        }
    }

    @Test("a watch that starts from a version long gone is told that it has expired")
    func expired() async throws {
        var configuration = ObjectStore.Configuration()
        configuration.historyLimit = 2
        try await ServerUnderTest.run(store: configuration) { server in
            let first = try await server.send("POST", Self.maps, Manifests.configMap("m0"))
            for number in 1..<10 {
                _ = try await server.send("POST", Self.maps, Manifests.configMap("m\(number)"))
            }
            let version = first.body.at("metadata", "resourceVersion")?.stringValue ?? ""
            let events = try await server.watch("\(Self.maps)?watch=true&resourceVersion=\(version)")
            #expect(events.status == 200)
            var types: [String] = []
            for try await event in events {
                types.append(event["type"]?.stringValue ?? "")
                #expect(event.at("object", "code") == 410)
                #expect(event.at("object", "reason") == "Expired")
            }
            #expect(types == ["ERROR"])
        }
    }

    @Test("a table watch shows the columns once and a row for each change")
    func tableEvents() async throws {
        try await ServerUnderTest.run { server in
            let events = try await server.watch(
                Self.maps + "?watch=true", accept: "application/json;as=Table;v=v1;g=meta.k8s.io")
            for name in ["a", "b"] { _ = try await server.send("POST", Self.maps, Manifests.configMap(name)) }
            var columns: [Int] = []
            var names: [JSONValue] = []
            for try await event in events {
                columns.append(event.at("object", "columnDefinitions")?.arrayValue?.count ?? -1)
                let row = event.at("object", "rows")?.arrayValue?.first
                names.append(row?["cells"]?.arrayValue?.first ?? .null)
                #expect(row?["object"]?["kind"] == "PartialObjectMetadata")
                if names.count == 2 { break }
            }
            #expect(columns == [3, 0])
            #expect(names == ["a", "b"])
        }
    }

    @Test("a watch that wants the present state first gets it, and a bookmark that says so")
    func initialEvents() async throws {
        try await ServerUnderTest.run { server in
            _ = try await server.send("POST", Self.maps, Manifests.configMap("a"))
            let query = "watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan"
            let events = try await server.watch("\(Self.maps)?\(query)")
            var types: [String] = []
            for try await event in events {
                types.append(event["type"]?.stringValue ?? "")
                guard types.count == 2 else { continue }
                let annotations = event.at("object", "metadata", "annotations")
                #expect(annotations?["k8s.io/initial-events-end"] == "true")
                break
            }
            #expect(types == ["ADDED", "BOOKMARK"])
        }
    }

    @Test("one object is watched by its name, also by the old form of the path")
    func oneObject() async throws {
        try await ServerUnderTest.run { server in
            for path in [Self.maps + "/a?watch=true", "/api/v1/watch/namespaces/default/configmaps/a"] {
                let events = try await server.watch(path)
                for name in ["b", "a"] { _ = try await server.send("POST", Self.maps, Manifests.configMap(name)) }
                for try await event in events {
                    #expect(event.at("object", "metadata", "name") == "a")
                    break
                }
                for name in ["b", "a"] { _ = try await server.send("DELETE", Self.maps + "/" + name) }
            }
        }
    }

    @Test("a bookmark names a version and nothing else")
    func bookmarks() async throws {
        var configuration = ObjectStore.Configuration()
        configuration.bookmarkInterval = .milliseconds(50)
        try await ServerUnderTest.run(store: configuration) { server in
            let events = try await server.watch(Self.maps + "?watch=true&allowWatchBookmarks=true")
            for try await event in events {
                #expect(event["type"] == "BOOKMARK")
                #expect(event.at("object", "kind") == "ConfigMap")
                #expect(event.at("object", "metadata", "resourceVersion")?.stringValue?.isEmpty == false)
                break
            }
        }
    }
}
