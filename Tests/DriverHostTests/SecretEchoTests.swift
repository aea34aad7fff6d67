import DriverProtocol
import Foundation
import JSONTree
import TestSupport
import Testing

@testable import DriverHost

@Suite("A driver that says all it was told")
struct SecretEchoTests {
    private let bench = DriverBench()

    private static let keyLines = [
        "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj",
        "MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu",
        "NMoSfm76oqFvAp8Gy0iz5sxjZmSnXyCdPEovGhLa0VzMaQ8s+CLOyS56YyCFGeJZ",
    ]
    private static let pem =
        "-----BEGIN PRIVATE KEY-----\n\(keyLines.joined(separator: "\n"))\n-----END PRIVATE KEY-----\n"
    private static let secrets = [
        "tls.key": pem, "password": "sesame \"open\" \\ now",
        "account.json": (["type": "service_account", "private_key": .string(pem)] as JSONValue).prettyPrinted(),
    ]
    /// Pieces of the secrets that no escape changes.
    private static let needles =
        keyLines.map { String($0.dropFirst(20).prefix(24)).replacingOccurrences(of: "/", with: "") }
        + ["sesame", "Gy0iz5sxjZmSnXyCdPEovGhLa0V", "WA4R4"]

    /// Whether a needle stands in the text, as it is or in base64, which is told without undoing anything.
    private func leaks(in text: String) -> [String] {
        let joined = text.replacingOccurrences(of: "\\n", with: "").filter { !$0.isWhitespace }
        return Self.needles.filter { needle in
            if text.contains(needle) { return true }
            return (0..<3).contains { offset in
                let encoded = Data((String(repeating: "x", count: offset) + needle).utf8).base64EncodedString()
                let core = encoded.dropFirst(offset == 0 ? 0 : 4).prefix { $0 != "=" }.dropLast(2)
                // Of a short needle two characters would be left, which stand in any random name.
                return core.count >= 6 && joined.contains(core)
            }
        }
    }

    /// Everything below the host's data directory.
    private func filesInDataDirectory() throws -> [String: String] {
        var found: [String: String] = [:]
        let data = bench.scratch.file("data")
        let walk = try #require(FileManager.default.enumerator(atPath: data))
        for case let name as String in walk where walk.fileAttributes?[.type] as? FileAttributeType == .typeRegular {
            found[name] = String(decoding: try Data(contentsOf: URL(filePath: "\(data)/\(name)")), as: UTF8.self)
        }
        return found
    }

    static let ways = [
        // On stderr and as the message, as it is and in base64, wrapped and not.
        """
        printf '%s\\n' "$request" >&2
        printf '%s' "$request" | base64 >&2
        printf 'xx%s' "$request" | base64 -w0 >&2
        text=$(printf '%s' "$request" | sed 's/\\\\/\\\\\\\\/g; s/"/\\\\"/g')
        code=$(printf '%s' "$request" | base64 -w0)
        echo '{"protocol":"1.0","status":"Failure","error":{"code":"INTERNAL","message":"'"$text $code"'","field":"'"$code"'"}}'
        exit 1
        """,
        // As its reply, which is none.
        "printf '%s' \"$request\"",
        // Words before it, and what it is told unescaped.
        "printf 'got '; printf \"$(printf '%s' \"$request\" | sed 's/%/%%/g')\"; exit 3",
        // Much of it, so that every limit cuts through a secret somewhere.
        """
        i=0; while [ $i -lt 60 ]; do printf '%s' "$request" >&2; printf '%s' "$request"; i=$((i + 1)); done
        exit 1
        """,
        // In the code, and as a success of another kind.
        "echo '{\"protocol\":\"1.0\",\"status\":\"Failure\",\"error\":{\"code\":\"'\"$(printf '%s' \"$request\" | base64 -w0)\"'\"}}'; exit 1",
    ]

    @Test("leaks nothing into messages, records or files", arguments: ways.indices)
    func once(way: Int) async throws {
        let driver = bench.scratch.script(
            "echo",
            """
            request=$(cat)
            if [ "$1" = init ]; then
                echo '{"protocol":"1.0","status":"Success","info":{"protocolVersions":["1.0"],"name":"echo",\
            "version":"1.0.0","capabilities":["provision","delete"],"parameters":{"type":"object"}}}'
                exit
            fi
            \(Self.ways[way])
            """)
        let entry: JSONValue = ["name": "x", "provisioners": ["test/x"], "exec": .string(driver), "mode": "once"]
        var call = DriverCall.provision()
        call.secrets = Self.secrets
        let made = call
        let (error, records) = try await bench.withHost(entry) { host in
            let error = try await failure { () throws(DriverCallError) in try await host.call(driver: "x", made) }
            return (error, host.callRecords())
        }
        #expect(leaks(in: "\(error) \(String(reflecting: error.driverError))") == [])
        let record = try #require(records.last { $0.verb == .provision })
        #expect(!record.reply.isEmpty)
        #expect(leaks(in: String(decoding: record.json.encoded, as: UTF8.self)) == [])
        #expect(leaks(in: record.standardError + String(decoding: record.reply, as: UTF8.self)) == [])
        let files = try filesInDataDirectory()
        #expect(files["calls/failed.jsonl"]?.contains("(removed)") == true)
        for (name, text) in files { #expect(leaks(in: text) == [], "\(name)") }
    }

    @Test("of stderr both ends are kept, and no piece of a secret at any cut")
    func capture() {
        let secret = Self.keyLines.joined(separator: "\n")
        let scrubber = SecretScrubber(["x": secret])
        for lead in Swift.stride(from: 0, to: 260, by: 9) {
            for tail in [0, 40, 300, 3000] {
                var capture = OutputCapture(limit: 400, margin: scrubber.reach)
                let text =
                    String(repeating: ".", count: lead) + secret + String(repeating: ",", count: tail) + secret
                    + String(repeating: ";", count: 260 - lead)
                for byte in Array(text.utf8) { withUnsafeBytes(of: byte) { capture.append($0) } }
                let kept = capture.text(scrubber)
                let rest = kept.replacingOccurrences(of: "(removed)", with: "")
                    .replacingOccurrences(of: #"\[… \d+ bytes left out …\]"#, with: "", options: .regularExpression)
                #expect(!rest.contains { $0.isLetter || $0.isNumber }, "\(lead) \(tail): \(kept)")
            }
        }
    }

    @Test("a secret that is half written when a call of a resident driver ends does not show")
    func halfWritten() {
        let scrubber = SecretScrubber(["x": "correct horse battery"])
        var tail = ErrorTail(limit: 1000)
        func write(_ text: String) { Array(text.utf8).withUnsafeBytes { tail.append($0) } }
        write("login with correct hor")
        #expect(tail.text(from: 0, scrubber) == "login with (removed)")
        let second = tail.end
        write("se battery failed\n")
        #expect(tail.text(from: second, scrubber) == "(removed) failed\n")
        #expect(tail.text(from: 0, scrubber) == "login with (removed) failed\n")
    }

    @Test("a resident driver's host forgets no secret of a call in flight, and long remembers the others")
    func memory() {
        var secrets = KnownSecrets()
        let live = (0..<600).map { ["k": "live-secret-\($0)"] }
        for secret in live { secrets.begin(secret) }
        for number in 0..<1200 {
            let ended = ["k": "ended-secret-\(number)"]
            secrets.begin(ended)
            secrets.end(ended)
        }
        for number in [0, 300, 599] {
            #expect(secrets.scrubber.scrub("live-secret-\(number)") == "(removed)")
        }
        #expect(secrets.scrubber.scrub("ended-secret-1199") == "(removed)")
        #expect(secrets.scrubber.scrub("ended-secret-900") == "(removed)")
        for secret in live { secrets.end(secret) }
        #expect(secrets.scrubber.scrub("ended-secret-1199") == "(removed)")
    }
}
