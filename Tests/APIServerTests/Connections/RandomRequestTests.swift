import Glibc
import JSONTree
import TestSupport
import Testing

@Suite("Random requests")
struct RandomRequestTests {
    @Test("2,000 requests of any kind leave the server as it was: it answers")
    func random() async throws {
        let given = getenv("BERTH_FUZZ_SEED").flatMap { UInt64(String(cString: $0)) }
        let seed = given ?? UInt64.random(in: 1...UInt64.max)
        print("random requests: BERTH_FUZZ_SEED=\(seed)")
        try await send(2000, seed: seed)
    }

    @Test("requests that once were the worst are harmless", arguments: [1, 0x9E37_79B9_7F4A_7C15] as [UInt64])
    func known(seed: UInt64) async throws {
        try await send(300, seed: seed)
    }

    private func send(_ count: Int, seed: UInt64) async throws {
        try await ServerUnderTest.run { server in
            let token = try server.token()
            let codes = try await withThrowingTaskGroup(of: [String: Int].self) { group in
                // Few at a time: other tests of this process look at the clock.
                for worker in 0..<2 {
                    group.addTask {
                        var requests = RequestGenerator(seed: seed &+ UInt64(worker), token: token)
                        var codes: [String: Int] = [:]
                        for _ in 0..<count / 2 {
                            let request = requests.next()
                            let answer = try await server.sendRaw(request)
                            for match in answer.matches(of: #/HTTP/1.[01] ([0-9]{3}) /#) {
                                codes[String(match.output.1), default: 0] += 1
                            }
                            #expect(
                                !answer.contains("InternalError"),
                                "\(String(decoding: request, as: UTF8.self))\n\(answer)")
                        }
                        return codes
                    }
                }
                return try await group.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
            }
            print("random requests: answers \(codes.sorted { $0.key < $1.key })")
            // They get as far as the store, and as far as each layer that refuses.
            for code in ["200", "201", "400", "401", "404", "405", "415", "422"].prefix(count < 2000 ? 3 : 8) {
                #expect(codes[code] != nil, "seed \(seed): no answer \(code) in \(codes)")
            }
            #expect(try await server.get("/readyz").status == 200, "seed \(seed)")
            for path in ["configmaps", "pods", "persistentvolumeclaims", "events"] {
                let table = try await server.get(
                    "/api/v1/\(path)", accept: "application/json;as=Table;v=v1;g=meta.k8s.io")
                #expect(table.status == 200, "seed \(seed): \(table.text)")
            }
            let made = try await server.send(
                "POST", "/api/v1/namespaces/default/configmaps", Manifests.configMap("afterwards"))
            #expect(made.status == 201, "seed \(seed): \(made.text)")
        }
    }
}

/// Requests that are HTTP for the most part: of each part mostly a usual one, at times a strange or a broken one; and some
/// bytes of one in four changed.
struct RequestGenerator {
    private struct Choices<Choice: Sendable>: Sendable {
        let usual: [Choice]
        let strange: [Choice]
    }

    private var random: SplitMix64
    private let token: String

    init(seed: UInt64, token: String) {
        random = SplitMix64(seed: seed)
        self.token = token
    }

    mutating func next() -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 1...3, using: &random) { bytes += request() }
        if Int.random(in: 0...3, using: &random) > 0 { return bytes }
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let position = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0...3, using: &random) {
            case 0: bytes[position] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: position)
            case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: position)
            default: bytes.removeLast(min(bytes.count, Int.random(in: 1...40, using: &random)))
            }
        }
        return bytes
    }

    private mutating func request() -> [UInt8] {
        let method = pick(Self.methods)
        let body = method == "GET" ? [] : pick(Self.bodies)
        let contentType = pick(method == "PATCH" ? Self.patchTypes : Self.contentTypes)
        var head = "\(method) \(target()) \(pick(Self.versions))\r\nHost: \(pick(Self.hosts))\r\n"
        head += "Authorization: Bearer \(Int.random(in: 0...15, using: &random) == 0 ? "x" : token)\r\n"
        head += "Content-Type: \(contentType)\r\nAccept: \(pick(Self.accepts))\r\n"
        if Int.random(in: 0...5, using: &random) == 0 { head += one(of: Self.headers) + "\r\n" }
        switch Int.random(in: 0...19, using: &random) {
        case 0: return Array((head + "\r\n").utf8) + body
        case 1: return Array((head + "Content-Length: \(one(of: Self.lengths))\r\n\r\n").utf8) + body
        case 2...4 where !body.isEmpty:
            let chunk = "\(String(body.count, radix: 16))\(pick(.init(usual: ["", ";a=b"], strange: [" ", "x"])))\r\n"
            return Array((head + "Transfer-Encoding: chunked\r\n\r\n\(chunk)").utf8) + body
                + Array("\r\n0\r\n\(pick(Self.trailers))\r\n".utf8)
        default: return Array((head + "Content-Length: \(body.count)\r\n\r\n").utf8) + body
        }
    }

    private mutating func target() -> String {
        var target = pick(Self.paths)
        for position in 0..<max(0, Int.random(in: -2...2, using: &random)) {
            target += (position == 0 ? "?" : "&") + pick(Self.queries)
        }
        return target
    }

    private mutating func pick<Choice: Sendable>(_ choices: Choices<Choice>) -> Choice {
        one(of: Int.random(in: 0...19, using: &random) == 0 ? choices.strange : choices.usual)
    }

    private mutating func one<Choice>(of choices: [Choice]) -> Choice {
        choices[Int.random(in: 0..<choices.count, using: &random)]
    }

    private static let methods = Choices(
        usual: ["GET", "GET", "POST", "POST", "PUT", "PATCH", "PATCH", "DELETE"],
        strange: ["HEAD", "OPTIONS", "CONNECT", "TRACE", "M-SEARCH", "PRI", "get", ""])
    private static let versions = Choices(
        usual: ["HTTP/1.1"], strange: ["HTTP/1.0", "HTTP/2.0", "HTTP/0.9", ""])
    private static let hosts = Choices(
        usual: ["localhost", "127.0.0.1:1", "[::1]"], strange: ["[", "", "a:b:c", "]", "evil.example"])
    private static let paths = Choices(
        usual: [
            "/api/v1/namespaces/default/configmaps", "/api/v1/namespaces/default/configmaps/a",
            "/api/v1/namespaces/default/pods", "/api/v1/namespaces/default/pods/a", "/api/v1/pods",
            "/api/v1/namespaces/default/pods/a/status", "/api/v1/namespaces/default/events",
            "/api/v1/namespaces/default/persistentvolumeclaims", "/api/v1/namespaces/default/persistentvolumeclaims/a",
            "/apis/apps/v1/namespaces/default/statefulsets/a/scale", "/api/v1/watch/pods", "/api", "/healthz",
            "/openapi/v3/api/v1", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        ],
        strange: [
            "/api/v1/watch", "/api/v1", "/apis/", "/apis/apps", "/readyz/x", "/version", "/openapi/v2", "/berth/v1/x",
            "/", "", "*", "//", "/%", "/%zz", "/%00", "/é", "http://a/api/v1", "http://a:b@[::1]:99999999/x", "http://",
            "a:", "://", "http:///%5b", "localhost:1", "x", "?", "#", "/api/v1#x", "http://é/é",
        ])
    private static let queries = Choices(
        usual: [
            "limit=1", "timeoutSeconds=1", "resourceVersion=0", "labelSelector=a%3Db,c+in+(d,e)",
            "fieldSelector=metadata.name%3Da", "fieldManager=a", "watch=1", "allowWatchBookmarks=true", "dryRun=All",
            "propagationPolicy=Orphan", "includeObject=Object", "fieldValidation=Ignore", "pretty=1", "hash=x",
        ],
        strange: [
            "limit=-1", "limit=9223372036854775807", "limit=9223372036854775808", "continue=e30=", "continue=%",
            "continue=eyJydiI6IjE4NDQ2NzQ0MDczNzA5NTUxNjE1IiwibmFtZSI6ImEifQ==", "timeoutSeconds=9223372036854775807",
            "timeoutSeconds=0", "resourceVersion=-1", "resourceVersion=18446744073709551615",
            "resourceVersionMatch=Exact", "resourceVersionMatch=NotOlderThan", "labelSelector=!",
            "labelSelector=a+notin+(", "fieldSelector=a!=b", "fieldSelector==", "fieldManager=%F0%9F%92%A9",
            "sendInitialEvents=true", "dryRun=x", "force=true", "gracePeriodSeconds=-9223372036854775808", "=", "&",
            "a",
            "fieldValidation=Strict",
        ])
    private static let contentTypes = Choices(
        usual: ["application/json", "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"],
        strange: ["application/json; charset=\"utf-8", ";", "/", "", "text/html"])
    private static let patchTypes = Choices(
        usual: [
            "application/merge-patch+json", "application/json-patch+json", "application/strategic-merge-patch+json",
            "application/apply-patch+yaml",
        ],
        strange: ["application/json", "", ";"])
    private static let accepts = Choices(
        usual: [
            "application/json", "*/*", "application/json;as=Table;v=v1;g=meta.k8s.io",
            "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
        ],
        strange: [
            "application/vnd.kubernetes.protobuf", "application/json;q=nan", "application/json;q=-1,*/*;q=1e999", ",;,",
            "text/html", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
        ])
    private static let headers = [
        "Connection: close", "Connection: keep-alive", "Connection: Upgrade\r\nUpgrade: websocket", "Upgrade: h2c",
        "Expect: 100-continue", "Expect: x", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: identity",
        "Content-Length: 0", "Content-Length: 5", "If-None-Match: \"", "User-Agent: \u{7F}", "User-Agent: /",
        " folded", ": nameless", "A:", "Origin: http://evil.example", "Cookie: a=b; c", "Accept-Encoding: gzip",
        "Content-Encoding: gzip", "Kubectl-Command: x", "Host: second", "Impersonate-User: root",
    ]
    private static let lengths = ["-1", "0", "1", "4096", "18446744073709551616", "0x10", "", " ", "1,1"]
    private static let trailers = Choices(
        usual: ["", "A: b\r\n"], strange: [": b\r\n", "A\r\n", "Content-Length: 7\r\n"])
    private static let bodies = Choices(usual: usualBodies.map { Array($0.utf8) }, strange: strangeBodies)
    private static let container = #"{"name":"a","image":"a","env":[{"name":"x"},{"name":"x"}]}"#
    private static let restarts =
        #"{"restartCount":9223372036854775807,"name":"a","image":"a","imageID":"a","ready":true}"#
    private static let usualBodies = [
        "", "{}", #"[{"op":"add","path":"/data","value":{"a":"b"}}]"#, #"[{"op":"copy","from":"","path":"/data"}]"#,
        #"[{"op":"test","path":"/metadata/name","value":"a"}]"#, #"{"metadata":{"name":"a"},"data":{"k":"v"}}"#,
        #"{"metadata":{"name":"a","finalizers":["x/y","x/y"]}}"#,
        #"{"metadata":{"generateName":"a"},"data":{"k":"v"}}"#,
        #"{"metadata":{"name":"a"},"spec":{"containers":[\#(container)]}}"#,
        #"{"metadata":{"name":"a"},"status":{"containerStatuses":[\#(restarts),\#(restarts)]}}"#,
        #"{"metadata":{"name":"a"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}"#,
        #"{"metadata":{"name":"a"},"involvedObject":{"namespace":"default"},"count":9223372036854775807}"#,
        #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"default","labels":{"a":"b"}}}"#,
        #"{"spec":{"replicas":3}}"#, #"{"metadata":{"finalizers":null}}"#,
    ]
    private static let strangeBodies: [[UInt8]] =
        [
            "[]", "null", "{", "\u{FEFF}{}", "---\na: &a [*a]\n", "a: b", #"{"metadata":{"name":"a","uid":"x"}}"#,
            #"{"metadata":{"name":"a","creationTimestamp":"x"}}"#, #"{"spec":{"replicas":-9223372036854775808}}"#,
            #"{"spec":{"replicas":1e400}}"#, #"{"gracePeriodSeconds":-9e9}"#, #"{"metadata":{"labels":{"a":null}}}"#,
            #"{"metadata":{"name":"A_"}}"#,
            "k8s\0\n\u{0C}\n\u{02}v1\u{12}\u{06}Secret\u{12}\u{10}\n\u{03}\n\u{01}a\u{12}\u{09}\n\u{01}k\u{12}\u{04}abcd",
            "k8s\0", "k8s\0\u{7F}\u{7F}\u{7F}", String(repeating: "[", count: 5000),
        ].map { Array($0.utf8) } + [[0xFF, 0xFE, 0x00], [UInt8](repeating: 0xFF, count: 200)]
}
