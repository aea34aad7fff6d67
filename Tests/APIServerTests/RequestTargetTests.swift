import KubernetesAPI
import Testing

@testable import APIServer

@Suite("The target of a request")
struct RequestTargetTests {
    @Test("segments and query items are percent-decoded, and + is a space in the query only")
    func decoding() throws {
        let target = try RequestTarget("/api/v1/a%2Fb+c/?labelSelector=a%3Db,c+in+(d)&empty&x=1&x=2")
        #expect(target.segments == ["api", "v1", "a/b+c"])
        #expect(target.query["labelSelector"] == "a=b,c in (d)")
        #expect(target.query["empty"] == "")
        #expect(target.query["x"] == "1")
        #expect(target.query.all("x") == ["1", "2"])
        #expect(target.query["y"] == nil)
    }

    @Test("the absolute form that a proxy sends names the same path")
    func absoluteForm() throws {
        #expect(try RequestTarget("http://localhost:8080/api/v1?watch=1").segments == ["api", "v1"])
        #expect(try RequestTarget("/api?x=http://a/b").segments == ["api"])
    }

    @Test("an escape that is none is refused", arguments: ["/%", "/%4", "/%zz", "/%ff", "/a?b=%c3%28"])
    func badEscapes(target: String) {
        #expect(throws: StatusError.self) { try RequestTarget(target) }
    }

    @Test("a flag is read as Kubernetes reads it")
    func flags() throws {
        let query = try RequestTarget("/?a=true&b=1&c=false&d=0&e=&f=False").query
        #expect(
            ["a", "b", "c", "d", "e", "f", "g"].map { query.flag($0) } == [true, true, false, false, true, false, nil])
    }

    @Test("a path names a collection, an object or a part of one")
    func routes() throws {
        guard
            case .resource(let path) = try Route([
                "apis", "apps", "v1beta1", "namespaces", "shop", "statefulsets", "web", "scale",
            ])
        else {
            Issue.record("no resource")
            return
        }
        #expect(path.kind == .statefulSet)
        #expect(path.version == "v1beta1")
        #expect(path.namespace == "shop")
        #expect(path.name == "web")
        #expect(path.subresource == .scale)
    }

    @Test("a namespace is an object itself, and the place of others")
    func namespaces() throws {
        guard case .resource(let namespace) = try Route(["api", "v1", "namespaces", "shop", "status"]),
            case .resource(let pods) = try Route(["api", "v1", "namespaces", "shop", "pods"])
        else {
            Issue.record("no resource")
            return
        }
        #expect(namespace.kind == .namespace)
        #expect(namespace.name == "shop")
        #expect(namespace.subresource == .status)
        #expect(pods.kind == .pod)
        #expect(pods.namespace == "shop")
        #expect(pods.name == nil)
    }

    @Test("what a client accepts is chosen by its order and its weights")
    func accept() throws {
        let table = "application/json;as=Table;v=v1;g=meta.k8s.io"
        #expect(try Representation(accept: nil) == .object)
        #expect(try Representation(accept: "*/*") == .object)
        #expect(try Representation(accept: "\(table),application/json") == .table(version: "v1"))
        #expect(try Representation(accept: "\(table);q=0.5,application/json") == .object)
        #expect(try Representation(accept: "text/html, application/*;q=0.1") == .object)
        #expect(try Representation(accept: "application/json;as=Table;v=v7;g=meta.k8s.io, application/json") == .object)
        #expect(throws: StatusError.self) { try Representation(accept: "application/json;q=0") }
    }
}
