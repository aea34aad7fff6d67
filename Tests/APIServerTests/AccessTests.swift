import JSONTree
import KubernetesAPI
import Testing

@testable import APIServer

@Suite("Who may ask what")
struct AccessTests {
    @Test(
        "without the token nothing is told, not even which paths there are",
        arguments: ["/api", "/nothing", "/openapi/v2"])
    func unauthorized(path: String) async throws {
        try await ServerUnderTest.run(isSecure: true) { server in
            let answer = try await server.send("GET", path, bytes: nil, isAuthorized: false)
            #expect(answer.status == 401)
            #expect(answer.body["reason"] == "Unauthorized")
        }
    }

    @Test(
        "a wrong token is refused",
        arguments: ["Bearer x", "Bearer ", "Basic abc", "Bearer \(String(repeating: "0", count: 64))"])
    func wrongToken(header: String) async throws {
        try await ServerUnderTest.run(isSecure: true) { server in
            let answer = try await server.send(
                "GET", "/api", bytes: nil, headers: ["Authorization": header], isAuthorized: false)
            #expect(answer.status == 401)
        }
    }

    @Test("over plain HTTP this machine needs no token, and a wrong one is still refused")
    func plainHTTP() async throws {
        try await ServerUnderTest.run { server in
            let without = try await server.send("GET", "/api", bytes: nil, isAuthorized: false)
            let wrong = try await server.send(
                "GET", "/api", bytes: nil, headers: ["Authorization": "Bearer x"], isAuthorized: false)
            #expect(without.status == 200)
            #expect(wrong.status == 401)
        }
    }

    @Test(
        "over plain HTTP a web page is refused, also one whose name was rebound to this machine",
        arguments: [["Origin": "http://evil.example"], ["Host": "evil.example"], ["Host": "evil.example:80"]])
    func webPage(headers: [String: String]) async throws {
        try await ServerUnderTest.run { server in
            let answer = try await server.send("GET", "/api", bytes: nil, headers: headers, isAuthorized: false)
            #expect(answer.status == 403)
        }
    }

    @Test(
        "over plain HTTP every name of the loopback address will do", arguments: ["localhost", "[::1]:80", "127.0.0.1"])
    func loopbackNames(host: String) async throws {
        try await ServerUnderTest.run { server in
            let answer = try await server.send("GET", "/api", bytes: nil, headers: ["Host": host], isAuthorized: false)
            #expect(answer.status == 200)
        }
    }

    @Test("health and version are public", arguments: ["/healthz", "/readyz", "/livez", "/version"])
    func publicPaths(path: String) async throws {
        try await ServerUnderTest.run { server in
            let answer = try await server.send("GET", path, bytes: nil, isAuthorized: false)
            #expect(answer.status == 200)
        }
    }

    @Test("a server that is not ready says so")
    func notReady() async throws {
        var extensions = APIServer.Extensions()
        extensions.unreadiness = { "the disk is full" }
        try await ServerUnderTest.run(extensions: extensions) { server in
            let ready = try await server.get("/readyz")
            let live = try await server.get("/livez")
            #expect(ready.status == 500)
            #expect(ready.text.contains("readyz failed: the disk is full"))
            #expect(live.status == 200)
        }
    }

    @Test(
        "a path that is none is NotFound, in Kubernetes' words",
        arguments: [
            "/", "/apis/nothing/v1", "/api/v2", "/api/v1/widgets", "/api/v1/persistentvolumeclaims/name",
            "/api/v1/namespaces/default/nodes", "/api/v1/namespaces//pods", "/api/v1/nodes/a/b/c",
            "/apis/storage.k8s.io/v1/storageclasses/a/status", "/berth/v1/nothing", "/apis/apps/v1beta2",
        ])
    func unknownPaths(path: String) async throws {
        try await ServerUnderTest.run { server in
            let answer = try await server.get(path)
            #expect(answer.status == 404)
            #expect(answer.body["message"] == "the server could not find the requested resource")
        }
    }

    @Test(
        "a method that a path does not take is refused",
        arguments: [
            ("POST", "/api"), ("PUT", "/api/v1/namespaces"), ("DELETE", "/api/v1/namespaces"),
            ("POST", "/api/v1/pods"), ("POST", "/healthz"), ("DELETE", "/api/v1/nodes/a/status"),
        ])
    func wrongMethods(method: String, path: String) async throws {
        try await ServerUnderTest.run { server in
            let answer = try await server.send(method, path)
            #expect(answer.status == 405)
            #expect(answer.body["reason"] == "MethodNotAllowed")
        }
    }

    @Test("reports are read and actions are carried out under /berth/v1")
    func extensions() async throws {
        var extensions = APIServer.Extensions()
        extensions.reports["drivers"] = { query in
            guard let name = query["name"] else { return ["drivers": []] }
            throw StatusError.badRequest("no driver \(name)")
        }
        extensions.actions["echo"] = { $0 }
        try await ServerUnderTest.run(extensions: extensions) { server in
            let report = try await server.get("/berth/v1/drivers")
            #expect(report.body == ["drivers": []])
            let refused = try await server.get("/berth/v1/drivers?name=a%20b")
            #expect(refused.status == 400 && refused.body["message"] == "no driver a b")
            #expect(try await server.send("POST", "/berth/v1/echo", ["a": 1]).body == ["a": 1])
            #expect(try await server.send("POST", "/berth/v1/drivers").status == 405)
            #expect(try await server.get("/berth/v1").body == ["reports": ["drivers"], "actions": ["echo"]])
        }
    }
}
