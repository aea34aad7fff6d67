import DriverProtocol
import Foundation
import TestSupport
import Testing

@testable import CloudHTTP

@Suite("Formats")
struct FormatTests {
    @Test(
        "Base64, by RFC 4648's examples",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ])
    func base64(text: String, encoded: String) {
        #expect(Base64.encoded(Array(text.utf8)) == encoded)
        #expect(Base64.decoded(encoded) == Array(text.utf8))
        let unpadded = String(encoded.prefix { $0 != "=" })
        #expect(Base64.urlEncoded(Array(text.utf8)) == unpadded)
        #expect(Base64.decoded(unpadded) == Array(text.utf8))
    }

    @Test("Base64 reads both alphabets, and refuses what is none")
    func base64Reading() {
        #expect(Base64.urlEncoded([0xFB, 0xFF]) == "-_8")
        #expect(Base64.decoded("-_8") == [0xFB, 0xFF])
        #expect(Base64.decoded("+/8=") == [0xFB, 0xFF])
        for wrong in ["a", "abc=d", "ab!=", "a===", "=", "Zg="] { #expect(Base64.decoded(wrong) == nil, "\(wrong)") }
    }

    @Test("percent-encoding escapes all but the unreserved characters")
    func percentEncoding() {
        #expect(PercentEncoding.encoded("aZ09-._~ /+&=ä") == "aZ09-._~%20%2F%2B%26%3D%C3%A4")
        #expect(PercentEncoding.encoded("a/b c", keeping: "/") == "a/b%20c")
        #expect(PercentEncoding.decoded("%2f+%C3%a4") == "/+ä")
        #expect(PercentEncoding.decoded("a+b", plusIsSpace: true) == "a b")
        for wrong in ["%", "%2", "%zz", "%ff"] { #expect(PercentEncoding.decoded(wrong) == nil) }
        let query = PercentEncoding.query([("a b", "1&2"), ("c", "")])
        #expect(query == "a%20b=1%262&c=")
        #expect(PercentEncoding.items(ofQuery: query).map(\.name) == ["a b", "c"])
        #expect(PercentEncoding.items(ofQuery: query).map(\.value) == ["1&2", ""])
    }

    @Test("times as SigV4 and HTTP write them")
    func times() {
        #expect(RFC3339Time(seconds: 1_440_938_160, nanoseconds: 5).basicFormat == "20150830T123600Z")
        #expect(RFC3339Time(httpDate: "Sun, 06 Nov 1994 08:49:37 GMT")?.seconds == 784_111_777)
        for wrong in [
            "", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Foo 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        ] {
            #expect(RFC3339Time(httpDate: wrong) == nil)
        }
    }

    @Test("Retry-After is seconds or a date")
    func retryAfter() {
        let now = RFC3339Time(seconds: 784_111_777 - 30)
        func wish(_ text: String) -> Duration? {
            HTTPReply(status: 429, headers: ["retry-after": text]).retryAfter(now: now)
        }
        #expect(wish("12") == .seconds(12))
        #expect(wish("Sun, 06 Nov 1994 08:49:37 GMT") == .seconds(30))
        #expect(wish("Sun, 06 Nov 1983 08:49:37 GMT") == .zero)
        #expect(wish("-1") == nil)
        #expect(wish("soon") == nil)
        #expect(wish("99999999999") == .seconds(86_400))
        #expect(HTTPReply(status: 429).retryAfter(now: now) == nil)
    }

    @Test("an INI file as the AWS tools write it")
    func ini() {
        let file = INIFile(
            """
            # a comment
            outside = nothing
            [default]
            aws_access_key_id = AKIA1
            AWS_Secret_Access_Key=a=b/c+d  ; a comment
            s3 =
                max_concurrent_requests = 20
            [ profile   dev ]
            region = eu-west-1\t# here
            no value
            [default]
            region = us-east-1
            [empty]
            """)
        #expect(file["default", "aws_access_key_id"] == "AKIA1")
        #expect(file["default", "AWS_SECRET_ACCESS_KEY"] == "a=b/c+d")
        #expect(file["default", "region"] == "us-east-1")
        #expect(file["default", "s3"] == "")
        #expect(file["default", "max_concurrent_requests"] == nil)
        #expect(file["profile dev", "region"] == "eu-west-1")
        #expect(file.sections["empty"] == [:])
        #expect(file.sections["outside"] == nil)
        #expect(INIFile("[default]\r\na = b\r\n")["default", "a"] == "b")
    }

    @Test("a small file is read whole, and its absence told from what cannot be read")
    func smallFile() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/file"
            try Data(repeating: 0x61, count: 20_000).write(to: URL(fileURLWithPath: path))
            #expect(try SmallFile.read(path, "the key")?.count == 20_000)
            #expect(try SmallFile.read(directory + "/none", "the key") == nil)
            let long = #expect(throws: DriverError.self) { try SmallFile.read(path, "the key", limit: 19_999) }
            #expect(long?.message.contains("more than 19999 bytes") == true)
            let none = #expect(throws: DriverError.self) { try SmallFile.readRequired(directory + "/none", "the key") }
            #expect(
                none?.message.hasPrefix("the key, \(directory)/none, cannot be read: there is no such file") == true)
            #expect(throws: DriverError.self) { try SmallFile.read(directory, "the key") }
        }
    }
}

@Suite("XML")
struct XMLElementTests {
    @Test("a reply of EC2 as a tree")
    func tree() throws {
        let root = try XMLElement.parse(
            Array(
                """
                <?xml version="1.0" encoding="UTF-8"?>
                <DescribeVolumesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
                  <requestId> r-1 </requestId>
                  <volumeSet><item><volumeId>vol-1</volumeId><size>8</size><encrypted>false</encrypted></item>
                  <item><volumeId>vol-&lt;2&#62;</volumeId><size>x</size></item></volumeSet><tagSet/>
                </DescribeVolumesResponse>
                """.utf8))
        #expect(root.name == "DescribeVolumesResponse")
        #expect(root.attributes["xmlns"] == "http://ec2.amazonaws.com/doc/2016-11-15/")
        #expect(root.string("requestId") == "r-1")
        let volumes = root["volumeSet"]?.all("item") ?? []
        #expect(volumes.map { $0.string("volumeId") } == ["vol-1", "vol-<2>"])
        #expect(volumes.map { $0.integer("size") } == [8, nil])
        #expect(volumes.map { $0.bool("encrypted") } == [false, nil])
        #expect(root.at("volumeSet", "item")?.string("volumeId") == "vol-1")
        #expect(root.string("volumeSet", "item", "size") == "8")
        #expect(root["tagSet"]?.children.isEmpty == true)
        #expect(root.at("no", "such") == nil)
    }

    @Test(
        "what is no XML is refused with its line",
        arguments: ["", "<a>", "<a></b>", "plain", "<a/><b/>", "<a>\u{1}</a>", "<a>&nbsp;</a>"])
    func malformed(text: String) {
        #expect(throws: XMLParseError.self) { try XMLElement.parse(Array(text.utf8)) }
    }

    @Test("entities of its own, depth without end and a document without end are refused")
    func bounds() {
        let bomb = "<!DOCTYPE a [<!ENTITY b \"bb\"><!ENTITY c \"&b;&b;\">]>\n<a>&c;</a>"
        let error = #expect(throws: XMLParseError.self) { try XMLElement.parse(Array(bomb.utf8)) }
        #expect(error?.description == "line 1: document type declarations are refused")
        let deep = String(repeating: "<a>", count: 65) + String(repeating: "</a>", count: 65)
        #expect(throws: XMLParseError.self) { try XMLElement.parse(Array(deep.utf8)) }
        #expect(throws: Never.self) { try XMLElement.parse(Array(deep.utf8), maximumDepth: 65) }
        #expect(throws: XMLParseError.self) { try XMLElement.parse(Array("<a>12345</a>".utf8), maximumBytes: 11) }
    }
}
