import CloudHTTP
import DriverProtocol
import Foundation
import Glibc
import JSONTree
import TestSupport

/// A server on loopback, with the process that it runs in.
struct LoopbackServer: Sendable {
    let ports: [String: Int]
    /// The certificate, which is its own authority; valid for 127.0.0.1.
    let certificate: String

    /// Runs `body` with a server of its own.
    static func with(
        tls: Bool = false, _ body: (LoopbackServer) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let script = directory + "/server.py"
            try Data(serverScript.utf8).write(to: URL(fileURLWithPath: script))
            let certificate = directory + "/certificate.pem"
            let key = directory + "/key.pem"
            if tls { try await makeCertificate(certificate, key) }
            let python = ChildProcess(
                executable: "/usr/bin/env", arguments: ["python3", script] + (tls ? [certificate, key] : []),
                environment: ["PATH": "/usr/bin:/bin"])
            try await python.running { output in
                let end = ContinuousClock.now + .seconds(30)
                while try !output().hasSuffix("\n") {
                    guard ContinuousClock.now < end else { throw NotStarted() }
                    try await Task.sleep(for: .milliseconds(10))
                }
                let object = try JSONParser.parse(Array(try output().utf8)).objectValue ?? [:]
                var ports: [String: Int] = [:]
                for (name, port) in object { ports[name] = port.integerValue.map(Int.init) }
                try await body(LoopbackServer(ports: ports, certificate: certificate))
            }
        }
    }

    func endpoint(_ name: String = "plain", scheme: String = "http") throws -> Endpoint {
        try Endpoint("\(scheme)://127.0.0.1:\(ports[name] ?? 0)")
    }

    /// The requests that have arrived so far, in order.
    func received(_ client: HTTPClient) async throws -> [JSONValue] {
        let reply = try await client.send(HTTPRequest(.get, endpoint(), path: "/received"), deadline: nil)
        return reply.json?.arrayValue ?? []
    }

    private static func makeCertificate(_ certificate: String, _ key: String) async throws {
        let openssl = ChildProcess(
            executable: "/usr/bin/openssl",
            arguments: [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=loopback", "-addext",
                "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate,
            ], environment: ["PATH": "/usr/bin:/bin"])
        let result = try await openssl.run()
        guard result.isSuccess else { throw NotStarted(reason: result.errors) }
    }

    struct NotStarted: Error {
        var reason = "the server did not begin within 30 seconds"
    }
}

extension HTTPClient {
    /// The failure of a request that must fail.
    func failure(_ request: HTTPRequest, deadline: ContinuousClock.Instant? = nil) async throws -> HTTPFailure {
        do {
            let reply = try await send(request, deadline: deadline)
            throw Unexpected(status: reply.status)
        } catch let failure as HTTPFailure {
            return failure
        }
    }

    struct Unexpected: Error {
        let status: Int
    }
}
