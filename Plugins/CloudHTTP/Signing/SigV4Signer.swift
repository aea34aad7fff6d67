public import DriverProtocol

/// AWS Signature Version 4, in the `Authorization` header. Pure: the time comes in.
///
/// Source: AWS, "Create a signed AWS API request"; the tests hold it against botocore.
public struct SigV4Signer: Sendable {
    /// Never printed: its description names the key's id only.
    public struct Credentials: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
        public var accessKeyID: String
        public var secretAccessKey: String
        /// Of temporary credentials.
        public var sessionToken: String?

        public init(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil) {
            self.accessKeyID = accessKeyID
            self.secretAccessKey = secretAccessKey
            self.sessionToken = sessionToken
        }

        public var description: String { accessKeyID }
        public var customMirror: Mirror { Mirror(self, children: ["accessKeyID": accessKeyID]) }
    }

    /// As in the endpoint's name: `ec2`, `sts`.
    public var service: String
    /// `eu-west-1`
    public var region: String

    public init(service: String, region: String) {
        self.service = service
        self.region = region
    }

    /// The request with `X-Amz-Date`, `Authorization` and, where the credentials have one, `X-Amz-Security-Token`.
    /// Every header that it has is signed; it must not be changed any more.
    public func signed(_ request: HTTPRequest, with credentials: Credentials, at time: RFC3339Time) -> HTTPRequest {
        var request = request
        let date = time.basicFormat
        request.headers["X-Amz-Date"] = date
        request.headers["X-Amz-Security-Token"] = credentials.sessionToken
        request.headers["Authorization"] = nil
        let (canonical, signedHeaders) = canonicalRequest(request)
        let day = String(date.prefix(8))
        let scope = "\(day)/\(region)/\(service)/aws4_request"
        let text = "AWS4-HMAC-SHA256\n\(date)\n\(scope)\n\(Hex.encoded(Digest.sha256(canonical)))"
        let signature = Hex.encoded(Digest.hmacSHA256(text, key: key(credentials, day: day)))
        request.headers["Authorization"] =
            "AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyID)/\(scope), SignedHeaders=\(signedHeaders), "
            + "Signature=\(signature)"
        return request
    }

    private func key(_ credentials: Credentials, day: String) -> [UInt8] {
        [day, region, service, "aws4_request"].reduce(Array("AWS4\(credentials.secretAccessKey)".utf8)) {
            Digest.hmacSHA256($1, key: $0)
        }
    }

    func canonicalRequest(_ request: HTTPRequest) -> (text: String, signedHeaders: String) {
        var values: [String: [String]] = ["host": [request.endpoint.authority]]
        for field in request.headers.fields where field.name.lowercased() != "host" {
            values[field.name.lowercased(), default: []].append(Self.collapsed(field.value))
        }
        let names = values.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let headers = names.map { "\($0):\(values[$0, default: []].joined(separator: ","))\n" }.joined()
        let signedHeaders = names.joined(separator: ";")
        let lines = [
            request.method.rawValue, canonicalPath(request.wholePath), canonicalQuery(request.query), headers,
            signedHeaders, Hex.encoded(Digest.sha256(request.body)),
        ]
        return (lines.joined(separator: "\n"), signedHeaders)
    }

    /// Each segment is encoded once more (S3 alone does not), after `.` and `..` are resolved.
    private func canonicalPath(_ path: String) -> String {
        var segments: [Substring] = []
        let parts = path.split(separator: "/")
        for part in parts {
            switch part {
            case ".": break
            case "..": _ = segments.popLast()
            default: segments.append(part)
            }
        }
        let joined = "/" + segments.joined(separator: "/")
        let end = path.hasSuffix("/") && !segments.isEmpty ? "/" : ""
        return PercentEncoding.encoded(joined + end, keeping: "/")
    }

    /// Sorted by encoded name, then value, as bytes.
    private func canonicalQuery(_ query: String) -> String {
        let items = query.split(separator: "&").map { part -> (name: String, value: String) in
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (Self.normalized(sides[0]), Self.normalized(sides.count > 1 ? sides[1] : ""))
        }
        let sorted = items.sorted {
            $0.name == $1.name
                ? $0.value.utf8.lexicographicallyPrecedes($1.value.utf8)
                : $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
        }
        return sorted.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
    }

    private static func normalized(_ text: Substring) -> String {
        PercentEncoding.encoded(PercentEncoding.decoded(text) ?? String(text))
    }

    /// Spaces in a row become one; none stay at the ends.
    private static func collapsed(_ value: String) -> String {
        value.split(whereSeparator: { $0 == " " }).joined(separator: " ").trimmedOfSpace
    }
}
