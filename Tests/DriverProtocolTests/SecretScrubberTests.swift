import DriverProtocol
import Foundation
import JSONTree
import Testing

/// A way to write a text.
struct Form: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var write: @Sendable (String) -> String

    init(_ name: String, _ write: @escaping @Sendable (String) -> String) {
        testDescription = name
        self.write = write
    }
}

@Suite("Removing secrets from text")
struct SecretScrubberTests {
    /// As people keep them.
    static let pem = """
        -----BEGIN PRIVATE KEY-----
        MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj
        MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu
        NMoSfm76oqFvAp8Gy0iz5sxjZmSnXyCdPEovGhLa0VzMaQ8s+CLOyS56YyCFGeJZ
        qgtzJ6GR3eqoYSW9b9UMvkBpZODSctWSNGj3P7jRFDO5VoTwCQAWbFnOjDfH5Ulg
        -----END PRIVATE KEY-----

        """
    static let serviceAccount: String = {
        let json: JSONValue = [
            "type": "service_account", "project_id": "my-project", "private_key": .string(pem),
            "client_secret": "9fT-kq_72xLw0ZpR", "token_uri": "https://oauth2.googleapis.com/token",
        ]
        return json.prettyPrinted()
    }()
    /// 3,000 characters of every kind, with few repetitions.
    static let long: String = {
        var bytes: [UInt8] = []
        for position in 0..<3000 { bytes.append(UInt8(33 + (position * 7919 + position / 89) % 93)) }
        return String(decoding: bytes, as: UTF8.self)
    }()
    static let values: [String] = [
        "hunter2", pem, serviceAccount, "say \"friend\"\\and/enter\nthen\ttab",
        "pässwörd €😀 x+y/z&=% and a rather longer tail of it", long,
    ]

    private static func quoted(_ text: String) -> String {
        String(decoding: JSONValue.string(text).encoded.dropFirst().dropLast(), as: UTF8.self)
    }

    private static func base64(_ text: String, _ options: Data.Base64EncodingOptions = []) -> String {
        Data(text.utf8).base64EncodedString(options: options)
    }

    private static func units(_ text: String) -> String {
        var escaped = ""
        for unit in text.utf16 {
            let digits = String(unit, radix: 16)
            escaped += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
        return escaped
    }

    static let forms: [Form] = [
        Form("as it is") { $0 },
        Form("in a JSON string") { quoted($0) },
        Form("in a JSON string, with slashes escaped") { quoted($0).replacingOccurrences(of: "/", with: "\\/") },
        Form("in a JSON string, all in numbers") { units($0) },
        Form("in a JSON string, all in numbers with capitals") {
            units($0).uppercased().replacingOccurrences(of: "\\U", with: "\\u")
        },
        Form("in a JSON string in a JSON string") { quoted(quoted($0)) },
        Form("in a JSON string in one in one") { quoted(quoted(quoted($0))) },
        Form("percent-encoded") { $0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "" },
        Form("as in a form") {
            ($0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")
                .replacingOccurrences(of: "%20", with: "+")
        },
        Form("in base64") { base64($0) },
        Form("in base64 without padding, for URLs") {
            base64($0).replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
                .replacingOccurrences(of: "=", with: "")
        },
        Form("in base64, wrapped") { base64($0, [.lineLength64Characters, .endLineWithLineFeed]) },
        Form("in base64, wrapped as mail is") { base64($0, .lineLength76Characters) },
        Form("in base64, wrapped, in a JSON string") {
            quoted(base64($0, [.lineLength64Characters, .endLineWithLineFeed]))
        },
        Form("in base64 twice") { base64(base64($0)) },
        Form("in a JSON string in base64") { base64(quoted($0)) },
        Form("in base64, percent-encoded") {
            base64($0).addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        },
    ]

    @Test("a secret is found in every form, and nothing else is touched", arguments: forms, values)
    func everyForm(form: Form, value: String) {
        let scrubber = SecretScrubber(["x": value])
        let written = form.write(value)
        let text = "before <\(written)> after"
        let scrubbed = scrubber.scrub(text)
        // A line's end at the end of a value, and padding, tell nothing.
        let rest = scrubbed.replacingOccurrences(
            of: #"(=|%3D|\\+n|\s|%0A|\\u000a|\\u000A|\n)*>"#, with: ">", options: .regularExpression)
        #expect(rest == "before <(removed)> after" || scrubbed.utf8.count < 60, "\(scrubbed)")
    }

    @Test("a secret is found within longer data in base64, wherever it begins", arguments: 0..<6, values)
    func withinData(offset: Int, value: String) {
        let request =
            String(repeating: "y", count: offset) + "{\"secrets\":{\"k\":\(Self.quoted(value))},\"more\":[1,2,3]}"
        let scrubbed = SecretScrubber(["x": value]).scrub(Self.base64(request))
        let clear = Self.base64(request).utf8.count - Self.base64(Self.quoted(value)).utf8.count
        #expect(scrubbed.contains("(removed)"))
        #expect(scrubbed.utf8.count < clear + 24, "\(scrubbed)")
    }

    @Test("each line of a key is a secret, and its frame is none", arguments: [pem, serviceAccount])
    func lines(value: String) {
        let scrubber = SecretScrubber(["x": value])
        let lines = Self.pem.split(separator: "\n").map(String.init)
        for line in lines where !line.hasPrefix("-----") {
            #expect(scrubber.scrub("read \(line)!") == "read (removed)!")
        }
        for line in lines where line.hasPrefix("-----") { #expect(scrubber.scrub(line) == line) }
        #expect(scrubber.scrub(lines.joined()) == "\(lines[0])(removed)\(lines[lines.count - 1])")
    }

    @Test("of a JSON document what is called a secret is one, and what messages need is none")
    func members() {
        let scrubber = SecretScrubber(["x": Self.serviceAccount])
        #expect(scrubber.scrub("with 9fT-kq_72xLw0ZpR") == "with (removed)")
        #expect(scrubber.scrub("project my-project is not there") == "project my-project is not there")
        #expect(
            scrubber.scrub("https://oauth2.googleapis.com/token is not there")
                == "https://oauth2.googleapis.com/token is not there")
    }

    @Test("what an assignment in a file assigns is a secret")
    func assignments() {
        let scrubber = SecretScrubber([
            "x": "[default]\nregion = us-east-1\naws_secret_access_key = wJalrXUtnFEMIK7MDENGbPx\n"
        ])
        #expect(scrubber.scrub("key wJalrXUtnFEMIK7MDENGbPx") == "key (removed)")
        #expect(scrubber.scrub("in us-east-1") == "in us-east-1")
    }

    @Test("of secrets within and beside each other nothing is left")
    func overlapping() {
        let scrubber = SecretScrubber(["a": "abcdef", "b": "defghi", "c": "cde"])
        #expect(scrubber.scrub("<abcdefghi> <abcde> <cde>") == "<(removed)> <ab(removed)> <(removed)>")
    }

    @Test("a cut leaves no piece of a secret, wherever it falls", arguments: values)
    func cut(value: String) {
        let scrubber = SecretScrubber(["x": value])
        let written = Self.quoted(value)
        let text = Array(("0123456789" + written + written + String(repeating: ".", count: 40)).utf8)
        for limit in Swift.stride(from: 1, to: text.count, by: max(1, text.count / 50)) {
            let kept = String(decoding: scrubber.scrub(text, keeping: limit), as: UTF8.self)
            let rest = kept.replacingOccurrences(of: "(removed)", with: "").replacingOccurrences(
                of: #"\\n?"#, with: "", options: .regularExpression)
            #expect(rest == String("0123456789".prefix(limit)) || rest.hasPrefix("0123456789."), "\(limit): \(kept)")
        }
    }

    @Test("without secrets, and with one of two bytes, text stays as it is")
    func nothing() {
        #expect(SecretScrubber().scrub("as it is") == "as it is")
        let short = SecretScrubber(["x": "on", "y": ""])
        #expect(short.scrub("on and on, b24= is it") == "on and on, (removed) is it")
    }

    @Test("bytes of every kind are looked through without a fault", arguments: 0..<40)
    func anything(seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
        func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
        let alphabet = Array("\\\\u00dD8%+/=-_AZaz09\n\r \"{}:xn".utf8) + [0, 0xC3, 0xFF]
        let bytes = (0..<2000).map { _ in alphabet[Int(next() % UInt64(alphabet.count))] }
        let secret = String(decoding: bytes[100..<140], as: UTF8.self)
        let scrubber = SecretScrubber(["x": secret, "y": "\u{0}\u{0}\u{0}", "z": "{\"key\": \"\\ud800\"}"])
        let scrubbed = scrubber.scrub(bytes)
        #expect(scrubbed.count <= bytes.count + 9 * 700)
        #expect(scrubber.scrub(bytes, range: 500..<1500, mayContinue: true).count <= 20000)
    }

    @Test("of a text of a megabyte only the beginning is searched, and kept")
    func longText() {
        let scrubber = SecretScrubber(["token": "geheim-und-lang"])
        let text = "geheim-und-lang" + String(repeating: "\\\\\"", count: 300_000)
        let scrubbed = scrubber.scrub(text)
        #expect(scrubbed.hasPrefix("(removed)"))
        #expect(scrubbed.hasSuffix("… (900015 bytes)"))
        #expect(scrubbed.utf8.count < 20_000)
    }
}
