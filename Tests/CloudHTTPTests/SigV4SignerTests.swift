import DriverProtocol
import Foundation
import JSONTree
import TestSupport
import Testing

@testable import CloudHTTP

@Suite("AWS Signature Version 4")
struct SigV4SignerTests {
    private static let credentials = SigV4Signer.Credentials(
        accessKeyID: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    private static let time = RFC3339Time(seconds: 1_440_938_160)  // 2015-08-30T12:36:00Z

    /// From AWS's own test suite (aws-sig-v4-test-suite).
    @Test(
        "AWS's own examples",
        arguments: [
            ("GET", "/", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            ("POST", "/", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
            (
                "GET", "/", "Param2=value2&Param1=value1",
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
            ),
        ])
    func examples(method: String, path: String, query: String, signature: String) throws {
        var request = HTTPRequest(
            HTTPRequest.Method(rawValue: method), try Endpoint("https://example.amazonaws.com"), path: path)
        request.query = query
        let signed = SigV4Signer(service: "service", region: "us-east-1").signed(
            request, with: Self.credentials, at: Self.time)
        #expect(
            signed.headers["Authorization"]
                == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                + "SignedHeaders=host;x-amz-date, Signature=\(signature)")
        #expect(signed.headers["X-Amz-Date"] == "20150830T123600Z")
    }

    @Test("signing again replaces what was signed before")
    func again() throws {
        let request = HTTPRequest(.post, try Endpoint("https://ec2.amazonaws.com"), body: Array("a=b".utf8))
        let signer = SigV4Signer(service: "ec2", region: "us-east-1")
        var temporary = Self.credentials
        temporary.sessionToken = "token"
        let first = signer.signed(request, with: temporary, at: RFC3339Time(seconds: 0))
        #expect(first.headers["X-Amz-Security-Token"] == "token")
        let second = signer.signed(first, with: Self.credentials, at: Self.time)
        #expect(second.headers == signer.signed(request, with: Self.credentials, at: Self.time).headers)
    }

    @Test("what is secret is in no description")
    func secrecy() throws {
        var credentials = Self.credentials
        credentials.sessionToken = "s3cr3t-token"
        let request = SigV4Signer(service: "ec2", region: "us-east-1").signed(
            HTTPRequest(.get, try Endpoint("https://ec2.amazonaws.com")), with: credentials, at: Self.time)
        var dumped = ""
        dump(credentials, to: &dumped)
        dump(request, to: &dumped)
        let text =
            "\(credentials) \(String(reflecting: credentials)) \(request) \(String(reflecting: request)) \(dumped)"
        #expect(!text.contains("wJalr"))
        #expect(!text.contains("s3cr3t"))
        #expect(!text.contains("Signature="))
    }

    @Test(
        "300 random requests are signed as botocore signs them",
        .enabled(if: Botocore.python != nil, "BERTH_CLOUD_CLIENTS names no environment with botocore"))
    func botocore() async throws {
        var generator = SplitMix64(seed: 0x5EED_0004)
        let requests = try (0..<300).map { try RandomRequest($0, using: &generator) }
        let expected = try await Botocore.authorizations(of: requests)
        #expect(expected.count == requests.count)
        for (request, authorization) in zip(requests, expected) {
            let signed = SigV4Signer(service: request.service, region: request.region).signed(
                request.request, with: request.credentials, at: request.time)
            #expect(signed.headers["Authorization"] == authorization, "\(request.json)")
        }
    }
}

private struct RandomRequest {
    let request: HTTPRequest
    let service: String
    let region: String
    let credentials: SigV4Signer.Credentials
    let time: RFC3339Time

    init(_ number: Int, using generator: inout SplitMix64) throws {
        let alphabet = Array("abcXYZ019-._~ /%+&=:;,'\"*()äß€🚀")
        func text(_ length: ClosedRange<Int>, _ alphabet: [Character]) -> String {
            String(
                (0..<Int.random(in: length, using: &generator)).map { _ in
                    alphabet[Int.random(in: alphabet.indices, using: &generator)]
                })
        }
        let words = Array("abcdefXYZ0123456789")
        service = ["ec2", "sts", "execute-api"].randomElement(using: &generator) ?? "ec2"
        region = ["us-east-1", "eu-central-1", "cn-north-1"].randomElement(using: &generator) ?? "us-east-1"
        let port = Bool.random(using: &generator) ? ":\(Int.random(in: 1...65_535, using: &generator))" : ""
        let endpoint = try Endpoint("https://\(service).\(region).amazonaws.com\(port)")
        let method = ["GET", "POST", "PUT", "DELETE"].randomElement(using: &generator) ?? "GET"
        let segments = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
            [".", "..", "", PercentEncoding.encoded(text(1...8, alphabet))].randomElement(using: &generator) ?? ""
        }
        let query = (0..<Int.random(in: 0...5, using: &generator)).map { _ in
            (name: text(1...3, alphabet), value: text(0...12, alphabet))
        }
        var headers: HTTPHeaders = [:]
        if Bool.random(using: &generator) {
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
        }
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
            headers.add("X-\(text(1...4, words))-\(number)", text(1...6, words) + "  " + text(1...6, words + [" "]))
        }
        request = HTTPRequest(
            HTTPRequest.Method(rawValue: method), endpoint, path: "/" + segments.joined(separator: "/"), query: query,
            headers: headers, body: Array(text(0...200, alphabet).utf8))
        credentials = SigV4Signer.Credentials(
            accessKeyID: "AKIA" + text(16...16, words), secretAccessKey: text(40...40, words + ["/", "+"]),
            sessionToken: Bool.random(using: &generator) ? text(20...300, words + ["/", "+", "="]) : nil)
        time = RFC3339Time(seconds: Int64.random(in: 946_684_800...4_102_444_800, using: &generator))
    }

    var json: JSONValue {
        let headers = request.headers.fields.map { JSONValue([$0.name, $0.value]) }
        var object: JSONObject = [
            "method": .string(request.method.rawValue), "url": .string(request.url), "headers": .array(headers),
            "body": .string(String(decoding: request.body, as: UTF8.self)), "service": .string(service),
            "region": .string(region), "key": .string(credentials.accessKeyID),
            "secret": .string(credentials.secretAccessKey), "time": .integer(time.seconds),
        ]
        object["token"] = credentials.sessionToken.map(JSONValue.string)
        return .object(object)
    }
}

/// An independent signer.
private enum Botocore {
    static let python: String? = {
        guard let directory = ProcessInfo.processInfo.environment["BERTH_CLOUD_CLIENTS"] else { return nil }
        let path = directory + "/bin/python"
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }()

    private static let script = """
        import datetime, json, sys
        import botocore.auth as auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
        for line in sys.stdin:
            r = json.loads(line)
            now = datetime.datetime.fromtimestamp(r["time"], datetime.timezone.utc)
            auth.get_current_datetime = lambda remove_tzinfo=True: now
            request = AWSRequest(method=r["method"], url=r["url"], data=r["body"].encode())
            for name, value in r["headers"]:
                request.headers.add_header(name, value)
            signer = auth.SigV4Auth(Credentials(r["key"], r["secret"], r.get("token")), r["service"], r["region"])
            signer.add_auth(request)
            print(request.headers["Authorization"])
        """

    static func authorizations(of requests: [RandomRequest]) async throws -> [String] {
        let lines = requests.map { String(decoding: $0.json.encoded, as: UTF8.self) + "\n" }
        let process = ChildProcess(
            executable: try #require(python), arguments: ["-c", script], environment: [:], input: lines.joined())
        let result = try await process.run(deadline: .seconds(120))
        #expect(result.isSuccess, "\(result.errors)")
        return result.output.split(separator: "\n").map(String.init)
    }
}
