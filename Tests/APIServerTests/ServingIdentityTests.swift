import Foundation
import TestSupport
import Testing

@testable import APIServer

@Suite("The server's identity")
struct ServingIdentityTests {
    @Test("the second start shows the certificate of the first")
    func kept() async throws {
        try await withTemporaryDirectory { directory in
            let first = try ServingIdentity.load(in: directory, host: "127.0.0.1")
            let second = try ServingIdentity.load(in: directory, host: "127.0.0.1")
            #expect(first.certificate == second.certificate)
            #expect(first.authority == second.authority)
        }
    }

    @Test("a host that the certificate does not cover gets a new one")
    func newHost() async throws {
        try await withTemporaryDirectory { directory in
            let first = try ServingIdentity.load(in: directory, host: "127.0.0.1")
            let second = try ServingIdentity.load(in: directory, host: "berth.example.com")
            #expect(first.certificate != second.certificate)
        }
    }

    @Test("a certificate near its end is made anew")
    func nearEnd() async throws {
        try await withTemporaryDirectory { directory in
            let first = try ServingIdentity.load(in: directory, host: "::1")
            let later = Date().addingTimeInterval(10 * 365 * 86400 - 80 * 86400)
            let second = try ServingIdentity.load(in: directory, host: "::1", now: later)
            #expect(first.certificate != second.certificate)
        }
    }

    @Test(
        "a key that does not fit, as a crash between two writes leaves it, is replaced",
        arguments: [
            "server.key", "server.crt", "ca.crt",
        ])
    func halfWritten(file: String) async throws {
        try await withTemporaryDirectory { directory in
            try await withTemporaryDirectory { other in
                _ = try ServingIdentity.load(in: directory, host: "localhost")
                _ = try ServingIdentity.load(in: other, host: "localhost")
                try fileText("\(other)/tls/\(file)").write(
                    toFile: "\(directory)/tls/\(file)", atomically: true, encoding: .utf8)
                chmod("\(directory)/tls/\(file)", 0o600)
                let identity = try ServingIdentity.load(in: directory, host: "localhost")
                let kept = try fileText("\(directory)/tls/\(file)")
                let foreign = try fileText("\(other)/tls/\(file)")
                #expect(kept != foreign)
                _ = try identity.tlsConfiguration
            }
        }
    }

    @Test("a file that is no certificate is replaced")
    func garbage() async throws {
        try await withTemporaryDirectory { directory in
            _ = try ServingIdentity.load(in: directory, host: "localhost")
            try "garbage".write(toFile: directory + "/tls/server.crt", atomically: true, encoding: .utf8)
            let identity = try ServingIdentity.load(in: directory, host: "localhost")
            _ = try identity.tlsConfiguration
        }
    }

    @Test("the key, the token and the kubeconfig are for their owner only")
    func rights() async throws {
        try await ServerUnderTest.run(isSecure: true) { server in
            for file in ["tls/server.key", "token", "kubeconfig"] {
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(server.directory)/\(file)")
                #expect(attributes[.posixPermissions] as? Int == 0o600, "\(file)")
            }
        }
    }

    @Test("the token of the first start lets in at the second")
    func keptToken() async throws {
        try await withTemporaryDirectory { directory in
            let first = try ClientAccess.load(in: directory)
            #expect(try ClientAccess.load(in: directory).token.text == first.token.text)
        }
    }

    @Test(
        "a token or key that others could read or write is refused and left as it is",
        arguments: [0o644, 0o620, 0o606])
    func exposed(mode: Int) async throws {
        try await withTemporaryDirectory { directory in
            _ = try ClientAccess.load(in: directory)
            _ = try ServingIdentity.load(in: directory, host: "localhost")
            for file in ["token", "tls/server.key"] {
                let path = "\(directory)/\(file)"
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
                let error = #expect(throws: ServingError.self) {
                    _ = try ClientAccess.load(in: directory)
                    _ = try ServingIdentity.load(in: directory, host: "localhost")
                }
                #expect("\(error.map { "\($0)" } ?? "")".contains("\(path) is not trusted"))
                let attributes = try FileManager.default.attributesOfItem(atPath: path)
                #expect(attributes[.posixPermissions] as? Int == mode)
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            }
        }
    }

    @Test("a token that another user has planted lets nobody in", .enabled(if: geteuid() == 0))
    func planted() async throws {
        try await withTemporaryDirectory { directory in
            try "planted".write(toFile: directory + "/token", atomically: true, encoding: .utf8)
            chmod(directory + "/token", 0o600)
            chown(directory + "/token", 65534, 65534)
            #expect(throws: ServingError.self) { _ = try ClientAccess.load(in: directory) }
        }
    }

    @Test("neither the token nor the key is printed by accident, also not within what holds them")
    func secrets() async throws {
        try await withTemporaryDirectory { directory in
            let identity = try ServingIdentity.load(in: directory, host: "127.0.0.1")
            let token = BearerToken.random()
            let configuration = try APIServerConfiguration(
                host: "127.0.0.1", port: 0, security: .tls(identity), token: token)
            var printed = "\(configuration) \(String(reflecting: configuration))"
            dump(configuration, to: &printed)
            #expect(!printed.contains(token.text))
            #expect(!printed.contains("PRIVATE KEY"))
            #expect(token.text.count == 64)
        }
    }

    @Test(
        "plain HTTP is refused on anything but a loopback address",
        arguments: ["0.0.0.0", "::", "192.0.2.1", "example.com"])
    func insecure(host: String) {
        #expect(throws: ServingError.self) {
            try APIServerConfiguration(host: host, port: 0, security: .insecure, token: .random())
        }
    }

    @Test("plain HTTP is served on a loopback address", arguments: ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
    func insecureLoopback(host: String) throws {
        _ = try APIServerConfiguration(host: host, port: 0, security: .insecure, token: .random())
    }
}
