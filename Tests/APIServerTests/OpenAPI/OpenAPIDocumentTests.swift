import JSONTree
import KubernetesAPI
import NIOCore
import Testing

@testable import APIServer

@Suite("OpenAPI documents")
struct OpenAPIDocumentTests {
    private static let groupVersions = OpenAPIDocuments.version3.keys.sorted()

    private func version3(_ path: String) throws -> JSONValue {
        try JSONParser.parse(try #require(OpenAPIDocuments.version3[path]).bytes)
    }

    private func version2() throws -> JSONValue {
        try JSONParser.parse(OpenAPIDocuments.version2.bytes)
    }

    /// All references in a document.
    private func references(_ value: JSONValue) -> Set<String> {
        switch value {
        case .object(let object):
            object.reduce(into: []) { found, member in
                if member.key == "$ref", let reference = member.value.stringValue { found.insert(reference) }
                found.formUnion(references(member.value))
            }
        case .array(let elements): elements.reduce(into: []) { $0.formUnion(references($1)) }
        default: []
        }
    }

    private func expectReferencesResolve(_ document: JSONValue) {
        for reference in references(document) {
            var value: JSONValue? = document
            for step in reference.split(separator: "/").dropFirst() { value = value?[String(step)] }
            #expect(value != nil, "\(reference)")
        }
    }

    @Test("every reference in every document leads somewhere")
    func references() throws {
        for path in Self.groupVersions { expectReferencesResolve(try version3(path)) }
        expectReferencesResolve(try version2())
    }

    @Test("the index names every served group version, under its content's hash")
    func index() throws {
        let paths = try JSONParser.parse(OpenAPIDocuments.index.bytes)["paths"]
        for served in Schema.kubernetes.served {
            let path = served.kind.group.isEmpty ? "api/v1" : "apis/\(served.kind.group)/\(served.version)"
            let document = try #require(OpenAPIDocuments.version3[path])
            #expect(
                paths?[path]?["serverRelativeURL"]
                    == .string("/openapi/v3/\(path)?hash=\(document.hash)"))
        }
    }

    @Test("each kind has a schema that names it, and a path that leads to it")
    func kinds() throws {
        let version2 = try version2()
        for served in Schema.kubernetes.served {
            let kind = served.kind
            let path = kind.group.isEmpty ? "api/v1" : "apis/\(kind.group)/\(served.version)"
            let identity: JSONValue = [
                "group": .string(kind.group), "version": .string(served.version), "kind": .string(kind.kind),
            ]
            let document = try version3(path)
            let schema = document.at("components", "schemas", served.type.qualifiedName)
            #expect(schema?["x-kubernetes-group-version-kind"] == [identity])
            #expect(
                version2.at("definitions", served.type.qualifiedName)?["x-kubernetes-group-version-kind"] == [identity])
            let item = "/\(path)" + (kind.isNamespaced ? "/namespaces/{namespace}/" : "/") + kind.plural + "/{name}"
            for paths in [document["paths"], version2["paths"]] {
                let patch = paths?[item]?["patch"]
                #expect(patch?["x-kubernetes-group-version-kind"] == identity)
                // kubectl leaves the check to servers that know this parameter, and asks for a dry run only there.
                let names = Set((patch?["parameters"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue })
                #expect(names.isSuperset(of: ["fieldValidation", "dryRun", "fieldManager", "force"]))
            }
        }
    }

    @Test("a field has its type, its description and its merge rules")
    func fields() throws {
        let schemas = try version3("api/v1").at("components", "schemas")
        let containers = schemas?.at("io.k8s.api.core.v1.PodSpec", "properties", "containers")
        #expect(containers?["type"] == "array")
        #expect(containers?["items"] == ["$ref": "#/components/schemas/io.k8s.api.core.v1.Container"])
        #expect(containers?["x-kubernetes-list-type"] == "map")
        #expect(containers?["x-kubernetes-list-map-keys"] == ["name"])
        #expect(containers?["x-kubernetes-patch-merge-key"] == "name")
        #expect(containers?["x-kubernetes-patch-strategy"] == "merge")
        let volumes = schemas?.at("io.k8s.api.core.v1.PodSpec", "properties", "volumes")
        #expect(volumes?["x-kubernetes-patch-strategy"] == "merge,retainKeys")
        let claimRef = schemas?.at("io.k8s.api.core.v1.PersistentVolumeSpec", "properties", "claimRef")
        #expect(claimRef?["x-kubernetes-map-type"] == "granular")
        let resources = schemas?.at("io.k8s.api.core.v1.PersistentVolumeClaimSpec", "properties", "resources")
        #expect(
            resources?["allOf"]
                == [["$ref": "#/components/schemas/io.k8s.api.core.v1.VolumeResourceRequirements"]])
        #expect(resources?["description"]?.stringValue?.isEmpty == false)
        #expect(schemas?["io.k8s.api.core.v1.NFSVolumeSource"]?["required"] == ["path", "server"])
    }

    @Test("the protobuf form holds every definition and every path of the JSON form")
    func protobuf() throws {
        let document = try version2()
        let bytes = ByteBuffer(bytes: OpenAPIDocuments.version2Protobuf.bytes).readableBytesView
        var names: [Int: Set<String>] = [:]
        for (number, message) in try submessages(bytes) where number == 8 || number == 9 {
            for (_, named) in try submessages(message) {
                let name = try submessages(named).first { $0.number == 1 }?.bytes
                names[number, default: []].insert(String(decoding: try #require(name), as: UTF8.self))
            }
        }
        #expect(names[8] == Set(document["paths"]?.objectValue?.keys ?? []))
        #expect(names[9] == Set(document["definitions"]?.objectValue?.keys ?? []))
    }

    private func submessages(_ bytes: ByteBufferView) throws -> [(number: Int, bytes: ByteBufferView)] {
        var reader = ProtobufReader(bytes)
        var found: [(Int, ByteBufferView)] = []
        while let (number, value) = try reader.next() {
            if case .bytes(let bytes) = value { found.append((number, bytes)) }
        }
        return found
    }

    @Test("version 2 comes as protobuf to those who ask for it, and as JSON to others")
    func negotiation() {
        let protobuf = OpenAPIDocuments.version2(
            accept: "application/com.github.proto-openapi.spec.v2@v1.0+protobuf")
        #expect(protobuf.contentType == "application/octet-stream")
        #expect(OpenAPIDocuments.version2(accept: "application/json").contentType == "application/json")
        #expect(OpenAPIDocuments.version2(accept: nil).contentType == "application/json")
    }
}
