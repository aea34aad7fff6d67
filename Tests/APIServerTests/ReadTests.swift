import JSONTree
import Testing

@Suite("Reading objects")
struct ReadTests {
    private static let claims = "/api/v1/namespaces/default/persistentvolumeclaims"
    private static let configMaps = "/api/v1/namespaces/default/configmaps"

    @Test("a created claim is read as it was written, with a uid and a resourceVersion")
    func getReturnsWhatWasCreated() async throws {
        try await ServerUnderTest.run { server in
            let created = try await server.send("POST", Self.claims, Manifests.claim("data"))
            #expect(created.status == 201, "\(created.text)")
            let read = try await server.get(Self.claims + "/data")
            #expect(read.status == 200)
            #expect(read.body == created.body)
            #expect(read.body.at("metadata", "uid")?.stringValue?.isEmpty == false)
        }
    }

    @Test("an object that is not there is a NotFound in Kubernetes' words")
    func missingObject() async throws {
        try await ServerUnderTest.run { server in
            let read = try await server.get(Self.claims + "/data")
            #expect(read.status == 404)
            #expect(read.body["kind"] == "Status")
            #expect(read.body["reason"] == "NotFound")
            #expect(read.body["message"] == "persistentvolumeclaims \"data\" not found")
            #expect(read.body["details"] == ["name": "data", "kind": "persistentvolumeclaims"])
        }
    }

    @Test("a list is read in pages that together are the whole, at one version")
    func pages() async throws {
        try await ServerUnderTest.run { server in
            for number in 0..<7 {
                _ = try await server.send("POST", Self.configMaps, Manifests.configMap("c\(number)"))
            }
            var names: [String] = []
            var token = ""
            var versions: Set<String> = []
            repeat {
                let page = try await server.get("\(Self.configMaps)?limit=3&continue=\(token)")
                names += (page.body["items"]?.arrayValue ?? []).compactMap { $0.at("metadata", "name")?.stringValue }
                versions.insert(page.body.at("metadata", "resourceVersion")?.stringValue ?? "")
                token = page.body.at("metadata", "continue")?.stringValue ?? ""
            } while !token.isEmpty
            #expect(names == (0..<7).map { "c\($0)" })
            #expect(versions.count == 1)
        }
    }

    @Test("a list of many objects arrives whole")
    func longList() async throws {
        try await ServerUnderTest.run { server in
            let filler = String(repeating: "x", count: 100_000)
            for number in 0..<10 {
                _ = try await server.send("POST", Self.configMaps, Manifests.configMap("c\(number)", ["a": filler]))
            }
            let list = try await server.get(Self.configMaps)
            #expect(list.body["items"]?.arrayValue?.count == 10)
            #expect(list.body["kind"] == "ConfigMapList")
        }
    }

    @Test("selectors choose by labels and by fields")
    func selectors() async throws {
        try await ServerUnderTest.run { server in
            for name in ["a", "b"] {
                var object = Manifests.configMap(name)
                object.set(["app": .string(name)], at: "metadata", "labels")
                _ = try await server.send("POST", Self.configMaps, object)
            }
            for query in ["labelSelector=app%3Db", "labelSelector=app+in+(b,c)", "fieldSelector=metadata.name%3Db"] {
                let list = try await server.get("\(Self.configMaps)?\(query)")
                let names = list.body["items"]?.arrayValue?.compactMap { $0.at("metadata", "name")?.stringValue }
                #expect(names == ["b"], "\(query): \(list.text)")
            }
        }
    }

    @Test(
        "a query that cannot be carried out is refused with its reason",
        arguments: [
            ("labelSelector=a%3D%3D%3Db", 400, "BadRequest"), ("limit=many", 400, "BadRequest"),
            ("resourceVersion=x", 400, "BadRequest"), ("resourceVersion=99999999", 504, "Timeout"),
            ("resourceVersion=1&resourceVersionMatch=Exact", 410, "Expired"),
            ("resourceVersion=1&resourceVersionMatch=Newest", 422, "Invalid"), ("continue=nonsense", 400, "BadRequest"),
            ("labelSelector=%zz", 400, "BadRequest"), ("fieldSelector=spec.nothing%3Da", 400, "BadRequest"),
        ])
    func badQueries(query: String, status: Int, reason: String) async throws {
        try await ServerUnderTest.run { server in
            _ = try await server.send("POST", Self.configMaps, Manifests.configMap("a"))
            let list = try await server.get("\(Self.configMaps)?\(query)")
            #expect(list.status == status, "\(list.text)")
            #expect(list.body["reason"]?.stringValue == reason)
        }
    }

    @Test("a client that wants only metadata gets only metadata")
    func partialMetadata() async throws {
        try await ServerUnderTest.run { server in
            _ = try await server.send("POST", Self.configMaps, Manifests.configMap("a", ["secret": "x"]))
            let accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
            let list = try await server.get(Self.configMaps, accept: accept)
            #expect(list.body["kind"] == "PartialObjectMetadataList")
            #expect(list.body["items"]?.arrayValue?.first?["kind"] == "PartialObjectMetadata")
            #expect(list.body["items"]?.arrayValue?.first?["data"] == nil)
        }
    }

    @Test("a representation that is not served is NotAcceptable")
    func notAcceptable() async throws {
        try await ServerUnderTest.run { server in
            let list = try await server.get(Self.configMaps, accept: "text/html")
            #expect(list.status == 406)
        }
    }

    @Test("a client that prefers protobuf and takes JSON gets JSON")
    func protobufPreferred() async throws {
        try await ServerUnderTest.run { server in
            let list = try await server.get(
                Self.configMaps, accept: "application/vnd.kubernetes.protobuf,application/json")
            #expect(list.status == 200)
            #expect(list.headers["content-type"] == "application/json")
        }
    }
}
