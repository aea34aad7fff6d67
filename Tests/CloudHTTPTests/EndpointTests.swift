import CloudHTTP
import DriverProtocol
import Testing

@Suite("An endpoint")
struct EndpointTests {
    @Test(
        "https anywhere, http on this machine and for metadata services",
        arguments: [
            "https://ec2.eu-west-1.amazonaws.com", "http://127.0.0.1:4566", "http://localhost:80", "http://[::1]:1",
            "http://169.254.169.254", "http://metadata.google.internal", "HTTPS://Example.COM:8443/base/",
        ])
    func accepted(text: String) throws {
        _ = try Endpoint(text)
    }

    @Test(
        "anything else is refused with a reason",
        arguments: [
            ("http://example.com", "this machine only"), ("http://127.0.0.1.example.com", "this machine only"),
            ("http://2130706433", "this machine only"), ("ftp://example.com", "does not begin with https://"),
            ("example.com", "does not begin with https://"), ("https://", "no host"),
            ("https://a:b@example.com", "a user or a password"), ("https://example.com:0", "port"),
            ("https://example.com:x", "port"), ("https://[::zz]", "IPv6"), ("https://exa mple.com", "space"),
            ("https://example.com/?token=s3cr3t", "has a query"),
        ])
    func refused(text: String, reason: String) {
        let error = #expect(throws: DriverError.self) { try Endpoint(text) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains(reason) == true)
        #expect(error?.message.contains("s3cr3t") == false)
        #expect(error?.message.contains("a:b") == false)
    }

    @Test("its parts")
    func parts() throws {
        let endpoint = try Endpoint("HTTPS://Example.COM:443/compute/v1/")
        #expect(endpoint.authority == "example.com")
        #expect(endpoint.path == "/compute/v1")
        #expect(try Endpoint("http://[::1]:8080").authority == "[::1]:8080")
    }

    @Test("a whole URL keeps its path and its query as they are")
    func url() throws {
        let request = try HTTPRequest(.get, url: "https://example.com/a%2Fb/?t=%2B&api-version=1#f")
        #expect(request.wholePath == "/a%2Fb/")
        #expect(request.query == "t=%2B&api-version=1")
        #expect("\(request)" == "GET https://example.com/a%2Fb/")
        #expect(throws: DriverError.self) { try HTTPRequest(.get, url: "http://example.com/") }
        #expect(try HTTPRequest(.get, url: "https://example.com").wholePath == "/")
    }
}
