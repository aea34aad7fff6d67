import APIServer
import Glibc
import JSONTree
import NIOCore
import NIOPosix
import Testing

@Suite("Connections that are slow or too many")
struct ConnectionTests {
    private static let maps = "/api/v1/namespaces/default/configmaps"

    private func limits(_ change: (inout APIServerConfiguration.Limits) -> Void) -> APIServerConfiguration.Limits {
        var limits = APIServerConfiguration.Limits()
        change(&limits)
        return limits
    }

    private func post(_ server: ServerUnderTest, token: String, length: Int) -> String {
        """
        POST \(Self.maps) HTTP/1.1\r
        Host: localhost\r
        Authorization: Bearer \(token)\r
        Content-Length: \(length)\r
        \r

        """
    }

    @Test("a connection on which nothing is sent is closed, with TLS and without", arguments: [false, true])
    func silent(isSecure: Bool) async throws {
        try await ServerUnderTest.run(isSecure: isSecure, limits: limits { $0.requestHeader = .milliseconds(200) }) {
            let connection = try await RawConnection.open(to: $0)
            #expect(try await connection.received() == "")
        }
    }

    @Test("a header that trickles is refused and the connection closed")
    func tricklingHeader() async throws {
        try await ServerUnderTest.run(limits: limits { $0.requestHeader = .seconds(2) }) { server in
            let connection = try await RawConnection.open(to: server)
            try await connection.send("GET /healthz HTTP/1.1\r\nA: ")
            connection.trickle("a")
            let answer = try await connection.received()
            #expect(answer.hasPrefix("HTTP/1.1 408 "), "\(answer)")
            #expect(answer.contains("\"reason\":\"Timeout\""), "\(answer)")
        }
    }

    @Test("without the token, a body is not waited for: 401 at once, and the connection is closed")
    func unauthenticatedBody() async throws {
        try await ServerUnderTest.run(isSecure: true) { server in
            let connection = try await RawConnection.open(to: server)
            try await connection.send(post(server, token: "wrong", length: 1_000_000))
            connection.trickle("{")
            let answer = try await connection.received()
            #expect(answer.hasPrefix("HTTP/1.1 401 "), "\(answer)")
            #expect(answer.lowercased().contains("\r\nconnection: close\r\n"), "\(answer)")
        }
    }

    @Test("with the token, a body that trickles is refused and stores nothing")
    func tricklingBody() async throws {
        let limits = limits {
            $0.bodyRateWindow = .milliseconds(300)
            $0.bodyBytesPerWindow = 10_000
        }
        try await ServerUnderTest.run(limits: limits) { server in
            let connection = try await RawConnection.open(to: server)
            let object = Manifests.configMap("cut").encoded
            // All of the object is there, and the length announced is not reached.
            try await connection.send(post(server, token: server.token(), length: object.count + 1_000_000))
            try await connection.send(object)
            connection.trickle(" ")
            let answer = try await connection.received()
            #expect(answer.hasPrefix("HTTP/1.1 408 "), "\(answer)")
            #expect(try await server.get(Self.maps + "/cut").status == 404)
        }
    }

    @Test("a body that ends too early stores nothing")
    func truncatedBody() async throws {
        try await ServerUnderTest.run { server in
            let object = Manifests.configMap("cut").encoded
            try await server.sendRaw(
                Array(post(server, token: server.token(), length: object.count + 1).utf8) + object)
            #expect(try await server.get(Self.maps + "/cut").status == 404)
        }
    }

    @Test("4,200 silent connections from one address keep out neither a client with the token nor a health check")
    func flood() async throws {
        let files = raiseFileLimit()
        let count = min(4200, files - 2000)
        try #require(count > 1000, "the machine allows too few open files for this test: ulimit -Hn")
        // They are not closed for being slow, but to make room.
        let limits = limits { $0.requestHeader = .seconds(600) }
        try await ServerUnderTest.run(isSecure: true, limits: limits) { server in
            #expect(try await server.get(Self.maps).status == 200)
            let flood = try await withThrowingTaskGroup(of: [any Channel].self) { group in
                group.addTask {
                    var channels: [any Channel] = []
                    for _ in 0..<count {
                        channels.append(
                            try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                                .connect(host: "127.0.0.1", port: server.address.port).get())
                    }
                    return channels
                }
                for _ in 0..<5 { try await answers(server) }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            try await answers(server)
            // Of all but the newest, none is left.
            for channel in flood.dropLast(limits.unauthenticatedConnectionsPerAddress) {
                try await channel.closeFuture.get()
            }
            for channel in flood { channel.close(promise: nil) }
        }
    }

    /// Answers a client that it knows, a new one, and a health check.
    private func answers(_ server: ServerUnderTest) async throws {
        #expect(try await server.get(Self.maps).status == 200)
        let token = try server.token()
        for (path, header) in [(Self.maps, "Authorization: Bearer \(token)\r\n"), ("/healthz", ""), ("/readyz", "")] {
            let connection = try await RawConnection.open(to: server)
            try await connection.send("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\(header)Connection: close\r\n\r\n")
            let answer = try await connection.received()
            #expect(answer.hasPrefix("HTTP/1.1 200 "), "\(path): \(answer)")
        }
    }

    @Test("clients with the token are told to come back when they have taken every place but the reserve")
    func full() async throws {
        let limits = limits {
            $0.connections = 8
            $0.reservedConnections = 2
        }
        try await ServerUnderTest.run(isSecure: true, limits: limits) { server in
            let token = try server.token()
            func watch() async throws -> RawConnection {
                let connection = try await RawConnection.open(to: server)
                try await connection.send(
                    "GET \(Self.maps)?watch=1 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(token)\r\n\r\n")
                return connection
            }
            var watches: [RawConnection] = []
            for _ in 0..<6 {
                watches.append(try await watch())
                try await watches.last?.receives("HTTP/1.1 200 ")
            }
            let seventh = try await watch()
            try await seventh.receives("HTTP/1.1 429 ")
            let health = try await RawConnection.open(to: server)
            try await health.send("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(try await health.received().hasPrefix("HTTP/1.1 200 "))
            for connection in watches + [seventh] { try await connection.close() }
        }
    }

    @Test("a watch outlives every deadline for those that are slow")
    func watch() async throws {
        let limits = limits {
            // Long enough for a busy machine to read the watch's own header.
            $0.requestHeader = .seconds(2)
            $0.unauthenticatedIdle = .milliseconds(200)
            $0.body = .milliseconds(200)
            $0.bodyRateWindow = .milliseconds(100)
            $0.unreadAnswer = .milliseconds(200)
        }
        try await ServerUnderTest.run(limits: limits) { server in
            let watch = try await RawConnection.open(to: server)
            try await watch.send("GET \(Self.maps)?watch=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            try await watch.receives("HTTP/1.1 200 ")
            // Time passes: this one lasts as long as the longest deadline.
            #expect(try await RawConnection.open(to: server).received() == "")
            #expect(try await server.send("POST", Self.maps, Manifests.configMap("seen")).status == 201)
            try await watch.receives("\"name\":\"seen\"")
            try await watch.close()
        }
    }

    @Test("a client that reads nothing of its answer is cut off")
    func unreadAnswer() async throws {
        try await ServerUnderTest.run(limits: limits { $0.unreadAnswer = .milliseconds(300) }) { server in
            let text = String(repeating: "x", count: 900_000)
            for number in 0..<7 {
                #expect(
                    try await server.send("POST", Self.maps, Manifests.configMap("m\(number)", ["k": text])).status
                        == 201)
            }
            let connection = try await RawConnection.open(to: server, isReading: false)
            try await connection.send("GET \(Self.maps) HTTP/1.1\r\nHost: localhost\r\n\r\n")
            // A client that does not read learns of the end when it sends: empty lines, which HTTP ignores.
            connection.trickle("\r\n")
            _ = try await connection.received()
        }
    }

    /// - Returns: How many files this process may have open.
    private func raiseFileLimit() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        let soft = limit.rlim_cur
        limit.rlim_cur = limit.rlim_max
        if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 { return Int(clamping: limit.rlim_cur) }
        return Int(clamping: soft)
    }
}
