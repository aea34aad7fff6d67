import JSONTree
import KubernetesAPI
import NIOCore
import Testing

@testable import APIServer

@Suite("Random input")
struct FuzzTests {
    /// The same numbers on every run, so that a failure can be seen again.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
    }

    private static let secret = [
        "k8s\0", "\n\u{0C}\n\u{02}v1\u{12}\u{06}Secret",
        "\u{12}\u{10}\n\u{03}\n\u{01}a\u{12}\u{09}\n\u{01}k\u{12}\u{04}abcd",
    ].joined()

    @Test("no bytes make the protobuf reader fail but with an error that says where")
    func protobuf() {
        var generator = Generator(state: 0x9E37_79B9_7F4A_7C15)
        for _ in 0..<20_000 {
            var bytes = Array(Self.secret.utf8)
            for _ in 0..<Int.random(in: 0...4, using: &generator) {
                let position = Int.random(in: 4..<bytes.count, using: &generator)
                bytes[position] = UInt8.random(in: 0...255, using: &generator)
            }
            bytes.removeLast(Int.random(in: 0...6, using: &generator))
            do {
                _ = try ProtobufEnvelope.decode(ByteBuffer(bytes: bytes))
            } catch {
                #expect(error.code == 400 || error.code == 415)
            }
        }
    }

    @Test("no path and no query make the server fail")
    func targets() throws {
        var generator = Generator(state: 42)
        let pieces = [
            "/", "api", "apis", "v1", "namespaces", "default", "pods", "watch", "status", "scale", "%", "%2", "%2F",
            "%FF",
            "?", "&", "=", "+", "#", "://", "apps", "v1beta1", "statefulsets", "limit", "\u{0}", "é", ";", "berth",
        ]
        for _ in 0..<50_000 {
            let count = Int.random(in: 0...10, using: &generator)
            let text = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            guard let target = try? RequestTarget(text) else { continue }
            _ = try? Route(target.segments)
            _ = try? ListParameters(target.query)
        }
    }

    @Test("requests that were mangled get an answer, and the server goes on")
    func mangledRequests() async throws {
        try await ServerUnderTest.run { server in
            var generator = Generator(state: 7)
            let token = try server.token()
            let valid = """
                POST /api/v1/namespaces/default/configmaps?fieldValidation=Warn HTTP/1.1\r
                Host: localhost\r
                Authorization: Bearer \(token)\r
                Content-Type: application/json\r
                Content-Length: 52\r
                \r
                {"metadata":{"name":"a"},"data":{"k":"v","l":"wxyz"}}
                """
            for _ in 0..<300 {
                var bytes = Array(valid.utf8)
                for _ in 0..<Int.random(in: 1...8, using: &generator) {
                    let position = Int.random(in: 0..<bytes.count, using: &generator)
                    switch Int.random(in: 0...2, using: &generator) {
                    case 0: bytes[position] = UInt8.random(in: 0...255, using: &generator)
                    case 1: bytes.remove(at: position)
                    default: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: position)
                    }
                }
                try await server.sendRaw(bytes)
            }
            for _ in 0..<100 {
                let count = Int.random(in: 0...2000, using: &generator)
                try await server.sendRaw((0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
            }
            #expect(try await server.get("/healthz").status == 200)
            #expect(try await server.get("/api/v1/namespaces/default").status == 200)
        }
    }

    @Test(
        "bodies that were mangled get a client's error or are taken, whatever the verb",
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
            var generator = Generator(state: 99)
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
    private func mangled(_ value: JSONValue, _ generator: inout Generator) -> JSONValue {
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
