import JSONTree
import KubernetesAPI
import Testing

@testable import APIServer

@Suite("Discovery")
struct DiscoveryTests {
    @Test("every kind stands in the resource list of each of its versions", arguments: ResourceKind.all)
    func resourceLists(kind: ResourceKind) throws {
        for version in kind.versions {
            let list = try JSONParser.parse(
                try #require(Discovery.shared.resources(group: kind.group, version: version)))
            let resource = list["resources"]?.arrayValue?.first { $0["name"]?.stringValue == kind.plural }
            #expect(resource?["kind"]?.stringValue == kind.kind)
            #expect(resource?["namespaced"] == .bool(kind.isNamespaced))
            #expect(resource?["verbs"]?.stringArray?.contains("watch") == true)
            let status = list["resources"]?.arrayValue?.contains { $0["name"]?.stringValue == kind.plural + "/status" }
            #expect(status == kind.hasStatus)
        }
    }

    @Test("a client that knows aggregated discovery gets all groups in one document", arguments: ["v2", "v2beta1"])
    func aggregated(version: String) throws {
        let type = "application/json;g=apidiscovery.k8s.io;v=\(version);as=APIGroupDiscoveryList"
        let (bytes, contentType) = Discovery.shared.groups(accept: type + ",application/json")
        #expect(contentType == type)
        let document = try JSONParser.parse(bytes)
        #expect(document["apiVersion"]?.stringValue == "apidiscovery.k8s.io/\(version)")
        let apps = document["items"]?.arrayValue?.first { $0.at("metadata", "name") == "apps" }
        #expect(apps?["versions"]?.arrayValue?.compactMap { $0["version"]?.stringValue } == ["v1", "v1beta1"])
        let sets = apps?["versions"]?.arrayValue?.first?["resources"]?.arrayValue?.first
        #expect(sets?.at("responseKind", "kind") == "StatefulSet")
        #expect(
            sets?["subresources"]?.arrayValue?.compactMap { $0["subresource"]?.stringValue } == ["scale", "status"])
    }

    @Test("a client that does not know it gets the plain documents")
    func plain() throws {
        let (groups, contentType) = Discovery.shared.groups(accept: "application/json, */*")
        #expect(contentType == "application/json")
        #expect(try JSONParser.parse(groups)["kind"] == "APIGroupList")
        #expect(try JSONParser.parse(Discovery.shared.coreVersions(accept: nil).bytes)["versions"] == ["v1"])
    }

    @Test("a client that has an OpenAPI document already is not sent it again, and may keep it under its hash")
    func openAPICaching() async throws {
        try await ServerUnderTest.run { server in
            let index = try await server.get("/openapi/v3")
            let url = index.body.at("paths", "api/v1", "serverRelativeURL")?.stringValue ?? ""
            let first = try await server.get(url)
            #expect(first.body["openapi"] == "3.0.0")
            #expect(first.headers["cache-control"]?.contains("immutable") == true)
            let tag = first.headers["etag"] ?? ""
            let second = try await server.send("GET", url, headers: ["If-None-Match": tag])
            #expect(second.status == 304)
            #expect(second.text.isEmpty)
            #expect(try await server.get("/openapi/v3/api/v2").status == 404)
        }
    }
}
