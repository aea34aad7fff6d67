import CloudHTTP
import DriverProtocol
import Foundation
import TestSupport
import Testing

@Suite("Digests and signatures")
struct SigningTests {
    @Test("SHA-256 and HMAC-SHA-256, by the standards' examples")
    func digests() {
        #expect(
            Hex.encoded(Digest.sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            Hex.encoded(Digest.sha256([])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        // RFC 4231, test cases 2 and 6: a short key, and one longer than a block.
        #expect(
            Hex.encoded(Digest.hmacSHA256("what do ya want for nothing?", key: Array("Jefe".utf8)))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(
            Hex.encoded(
                Digest.hmacSHA256(
                    "Test Using Larger Than Block-Size Key - Hash Key First", key: Array(repeating: 0xAA, count: 131)))
                == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    }

    @Test("RS256 by keys of both forms, as openssl verifies it", arguments: [["-traditional"], []] as [[String]])
    func rsa(form: [String]) async throws {
        try await withTemporaryDirectory { directory in
            func openssl(_ arguments: [String]) async throws -> ChildProcess.Output {
                try await ChildProcess(
                    executable: "/usr/bin/openssl", arguments: arguments, environment: [:], workingDirectory: directory
                ).run()
            }
            #expect(try await openssl(["genrsa", "-out", "key.pem"] + form + ["2048"]).isSuccess)
            #expect(try await openssl(["rsa", "-in", "key.pem", "-pubout", "-out", "public.pem"]).isSuccess)
            let pem = try String(contentsOfFile: directory + "/key.pem", encoding: .utf8)
            #expect(pem.contains("BEGIN RSA PRIVATE KEY") == !form.isEmpty)
            let token = try RSASigner(pem: pem).token(header: Array("{}".utf8), claims: Array(#"{"a":1}"#.utf8))
            let parts = token.split(separator: ".").map(String.init)
            #expect(parts.count == 3)
            #expect(Base64.decoded(parts[1]) == Array(#"{"a":1}"#.utf8))
            try Data("\(parts[0]).\(parts[1])".utf8).write(to: URL(fileURLWithPath: directory + "/text"))
            try Data(try #require(Base64.decoded(parts[2]))).write(to: URL(fileURLWithPath: directory + "/signature"))
            let verified = try await openssl([
                "dgst", "-sha256", "-verify", "public.pem", "-signature", "signature", "text",
            ])
            #expect(verified.output == "Verified OK\n")
        }
    }

    @Test(
        "a key that is none is refused without being quoted",
        arguments: ["", "s3cr3t", "-----BEGIN PRIVATE KEY-----\ns3cr3t\n-----END PRIVATE KEY-----\n"])
    func noKey(text: String) {
        let error = #expect(throws: DriverError.self) { try RSASigner(pem: text) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("s3cr3t") == false)
    }

    @Test("another kind of key is told by that")
    func otherKey() async throws {
        let generated = try await ChildProcess(
            executable: "/usr/bin/openssl",
            arguments: ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], environment: [:]
        ).run()
        let error = #expect(throws: DriverError.self) { try RSASigner(pem: generated.output) }
        #expect(error?.message == "the private key is no RSA key")
    }

    @Test("random UUIDs have version 4, and differ")
    func uuids() {
        let made = Set((0..<100).map { _ in RandomUUID.make() })
        #expect(made.count == 100)
        #expect(
            made.allSatisfy { UUID(uuidString: $0) != nil && Array($0)[14] == "4" && "89ab".contains(Array($0)[19]) })
    }
}
