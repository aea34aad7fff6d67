import CloudHTTP
import DriverProtocol
import Foundation
import JSONTree
import TestSupport
import Testing

@Suite("A request without a reply")
struct HTTPFailureTests {
    private static let secret = "s3cr3t"

    private func request(
        _ server: LoopbackServer, _ path: String, on name: String = "plain", scheme: String = "http"
    ) throws -> HTTPRequest {
        HTTPRequest(
            .post, try server.endpoint(name, scheme: scheme), path: path, query: [("sig", Self.secret)],
            headers: ["Authorization": "Bearer \(Self.secret)"], body: Array(Self.secret.utf8))
    }

    @Test("a refused connection has sent nothing")
    func refused() async throws {
        try await LoopbackServer.with { server in
            let failure = try await HTTPClient().failure(request(server, "/v1/disks", on: "closed"))
            #expect(failure.kind == .notSent)
            #expect(!failure.mayHaveArrived)
            let port = server.ports["closed"] ?? 0
            #expect(failure.message.hasPrefix("POST http://127.0.0.1:\(port)/v1/disks: "))
            #expect(!failure.message.contains(Self.secret))
            let error = failure.driverError("volume pvc-1 could not be made", earlier: .final)
            #expect(error.code == .unavailable)
            #expect(error.outcome == .final)
            #expect(failure.driverError("x", earlier: .unknown).outcome == .unknown)
        }
    }

    @Test("a name that does not resolve has sent nothing")
    func unresolvable() async throws {
        let client = HTTPClient()
        let failure = try await client.failure(HTTPRequest(.get, try Endpoint("https://nowhere.invalid")))
        #expect(failure.kind == .notSent)
        #expect(failure.message.contains("nowhere.invalid"))
    }

    @Test("a connection that breaks after the request leaves its outcome unknown", arguments: ["/reset", "/half"])
    func lost(path: String) async throws {
        try await LoopbackServer.with { server in
            let client = HTTPClient()
            let failure = try await client.failure(request(server, path))
            #expect(failure.kind == .lost)
            #expect(failure.mayHaveArrived)
            #expect(!failure.message.contains(Self.secret))
            #expect(failure.driverError("x", earlier: .final).outcome == .unknown)
            #expect(try await server.received(client).count == 1)
        }
    }

    @Test("on a connection that was kept, a request is not sent a second time behind the caller's back")
    func lostOnKeptConnection() async throws {
        try await LoopbackServer.with { server in
            let client = HTTPClient()
            _ = try await client.send(HTTPRequest(.post, server.endpoint(), path: "/once"), deadline: nil)
            let failure = try await client.failure(HTTPRequest(.post, server.endpoint(), path: "/once"))
            #expect(failure.kind == .lost)
            #expect(try await server.received(client).count == 2)
        }
    }

    @Test("one that may be repeated is sent again when the connection that was kept is dead")
    func repeatable() async throws {
        try await LoopbackServer.with { server in
            let client = HTTPClient()
            for _ in 0..<2 {
                let reply = try await client.send(HTTPRequest(.get, server.endpoint(), path: "/once"), deadline: nil)
                #expect(reply.text == "first")
            }
            #expect(try await server.received(client).count == 3)
        }
    }

    @Test("the deadline ends a wait for the reply, its first byte or its last", arguments: ["/silent", "/stall"])
    func deadline(path: String) async throws {
        try await LoopbackServer.with { server in
            let failure = try await HTTPClient().failure(
                request(server, path), deadline: .now + .seconds(2))
            #expect(failure.kind == .deadline)
            #expect(failure.mayHaveArrived)
            #expect(!failure.message.contains(Self.secret))
            #expect(failure.driverError("x", earlier: .final).code == .deadlineExceeded)
        }
    }

    @Test("the deadline ends a TLS handshake that does not end, and nothing was sent")
    func deadlineInHandshake() async throws {
        try await LoopbackServer.with { server in
            let failure = try await HTTPClient().failure(
                request(server, "/echo", on: "mute", scheme: "https"), deadline: .now + .milliseconds(300))
            #expect(failure.kind == .deadline)
            #expect(!failure.mayHaveArrived)
        }
    }

    @Test("after the deadline nothing is begun")
    func afterDeadline() async throws {
        try await LoopbackServer.with { server in
            let client = HTTPClient()
            let failure = try await client.failure(request(server, "/echo"), deadline: .now - .seconds(1))
            #expect(failure.kind == .deadline)
            #expect(!failure.mayHaveArrived)
            #expect(try await server.received(client).isEmpty)
        }
    }

    @Test("each phase has its own timeout")
    func timeouts() async throws {
        try await LoopbackServer.with { server in
            var mute = try request(server, "/echo", on: "mute", scheme: "https")
            mute.timeouts = HTTPTimeouts(connect: .milliseconds(200))
            #expect(try await HTTPClient().failure(mute).kind == .notSent)
            var silent = HTTPRequest(.post, try server.endpoint(), path: "/silent")
            silent.timeouts = HTTPTimeouts(silence: .seconds(1))
            #expect(try await HTTPClient().failure(silent).kind == .lost)
            var stalling = try request(server, "/stall")
            stalling.timeouts = HTTPTimeouts(whole: .seconds(2))
            #expect(try await HTTPClient().failure(stalling).kind == .lost)
        }
    }

    @Test("cancelling the task gives the transfer up, and the client goes on")
    func cancellation() async throws {
        try await LoopbackServer.with { server in
            let client = HTTPClient()
            let silent = try request(server, "/silent")
            let failure = try await withThrowingTaskGroup(of: HTTPFailure.self) { group in
                group.addTask { try await client.failure(silent) }
                while try await server.received(client).isEmpty { await Task.yield() }
                group.cancelAll()
                return try #require(try await group.next())
            }
            #expect(failure.kind == .cancelled)
            #expect(failure.mayHaveArrived)
            #expect(try await client.send(request(server, "/echo"), deadline: nil).status == 200)
        }
    }

    @Test("a task that is cancelled already sends nothing")
    func cancelledBefore() async throws {
        try await LoopbackServer.with { server in
            let client = HTTPClient()
            let echo = try request(server, "/echo")
            let failure = try await withThrowingTaskGroup(of: HTTPFailure.self) { group in
                group.cancelAll()
                group.addTask { try await client.failure(echo) }
                return try #require(try await group.next())
            }
            #expect(failure.kind == .cancelled)
            #expect(!failure.mayHaveArrived)
            #expect(try await server.received(client).isEmpty)
        }
    }

    @Test("a certificate that nobody vouches for is refused, before anything is sent")
    func untrusted() async throws {
        try await LoopbackServer.with(tls: true) { server in
            let failure = try await HTTPClient().failure(request(server, "/echo", on: "tls", scheme: "https"))
            #expect(failure.kind == .notSent)
            #expect(failure.message.contains("certificate"))
            #expect(!failure.message.contains(Self.secret))
            #expect(try await server.received(HTTPClient()).isEmpty)
        }
    }

    @Test("a certificate for another host is refused")
    func wrongHost() async throws {
        try await LoopbackServer.with(tls: true) { server in
            let client = HTTPClient(HTTPClient.Configuration(certificateAuthorities: server.certificate))
            let endpoint = try Endpoint("https://localhost:\(server.ports["tls"] ?? 0)")
            let failure = try await client.failure(HTTPRequest(.get, endpoint, path: "/echo"))
            #expect(failure.kind == .notSent)
            let right = try request(server, "/echo", on: "tls", scheme: "https")
            #expect(try await client.send(right, deadline: nil).isSuccess)
        }
    }
}
