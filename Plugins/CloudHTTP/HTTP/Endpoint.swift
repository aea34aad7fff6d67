public import DriverProtocol
import Glibc

/// Where an API is served: scheme, host, port, and a path that stands before every request's own.
///
/// `https://` for any host. `http://`, which everybody on the way can read and change, only for this machine itself and
/// for the metadata services that a cloud serves its machines at link-local addresses.
public struct Endpoint: Sendable, Hashable, CustomStringConvertible {
    public enum Scheme: String, Sendable {
        case http, https
    }

    public let scheme: Scheme
    /// In lower case; an IPv6 address without its brackets.
    public let host: String
    /// `nil`: the scheme's own.
    public let port: Int?
    /// Percent-encoded, without a slash at its end: empty, or as `/compute/v1`.
    public let path: String

    /// Reads `https://ec2.eu-west-1.amazonaws.com`, `http://127.0.0.1:4566/ec2/`.
    ///
    /// - Throws: ``DriverError`` `INVALID_ARGUMENT` that says what is wrong with it.
    public init(_ text: String) throws(DriverError) {
        let (endpoint, query) = try Self.parse(text)
        guard query.isEmpty else { throw Self.invalid(text, "has a query; an endpoint has none") }
        self = endpoint
    }

    /// `HOST` or `HOST:PORT`, as the `Host` header has it: without the scheme's own port.
    public var authority: String {
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        guard let port, port != (scheme == .http ? 80 : 443) else { return name }
        return "\(name):\(port)"
    }

    public var description: String { "\(scheme.rawValue)://\(authority)\(path)" }

    /// Whether the host is this machine itself.
    public var isLoopback: Bool {
        if host == "localhost" || host.hasSuffix(".localhost") || host == "::1" { return true }
        var address = in_addr()
        return inet_pton(AF_INET, host, &address) == 1 && UInt32(bigEndian: address.s_addr) >> 24 == 127
    }

    /// Whether the host is a cloud's metadata service, which is reached without leaving the machine's own network.
    public var isMetadataService: Bool { Self.metadataHosts.contains(host) }

    /// EC2, Compute Engine and Azure; EC2 over IPv6; the credentials of ECS and EKS.
    private static let metadataHosts: Set<String> = [
        "169.254.169.254", "metadata.google.internal", "fd00:ec2::254", "169.254.170.2", "169.254.170.23",
    ]

    /// - Returns: The endpoint with the URL's whole path, and the query without its question mark.
    static func parse(_ text: String) throws(DriverError) -> (Endpoint, query: String) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw invalid(text, "holds a space, or a character that a URL has percent-encoded")
        }
        let schemeEnd = text.firstRange(of: "://")
        guard let schemeEnd, let scheme = Scheme(rawValue: text[..<schemeEnd.lowerBound].lowercased()) else {
            throw invalid(text, "does not begin with https:// (or http://, for this machine)")
        }
        let whole = text[schemeEnd.upperBound...].prefix { $0 != "#" }
        let query = whole.drop { $0 != "?" }.dropFirst()
        let target = whole.prefix { $0 != "?" }
        let authority = target.prefix { $0 != "/" }
        guard !authority.contains("@") else {
            throw DriverError(
                .invalidArgument, "an endpoint has a user or a password in it; credentials are configured elsewhere")
        }
        let (host, port) = try splitAuthority(authority, of: text)
        var path = target[authority.endIndex...]
        if query.isEmpty { while path.last == "/" { path.removeLast() } }
        let endpoint = Endpoint(scheme: scheme, host: host, port: port, path: String(path))
        guard scheme == .https || endpoint.isLoopback || endpoint.isMetadataService else {
            throw invalid(
                text, "is http://, which is for this machine only (localhost, 127.0.0.1, [::1]); use https://")
        }
        return (endpoint, String(query))
    }

    private static func splitAuthority(
        _ authority: Substring, of text: String
    ) throws(DriverError) -> (host: String, port: Int?) {
        var host = authority
        var portText: Substring?
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { throw invalid(text, "has no ] behind its address") }
            host = authority[authority.index(after: authority.startIndex)..<end]
            let rest = authority[authority.index(after: end)...]
            guard rest.isEmpty || rest.first == ":" else { throw invalid(text, "has something behind its address") }
            portText = rest.isEmpty ? nil : rest.dropFirst()
            var address = in6_addr()
            guard inet_pton(AF_INET6, String(host), &address) == 1 else {
                throw invalid(text, "has no IPv6 address between its brackets")
            }
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            portText = authority[authority.index(after: colon)...]
        }
        guard !host.isEmpty else { throw invalid(text, "has no host") }
        guard let portText else { return (host.lowercased(), nil) }
        guard let port = Int(portText), (1...65_535).contains(port) else {
            throw invalid(text, "has a port that is no number from 1 to 65535")
        }
        return (host.lowercased(), port)
    }

    private init(scheme: Scheme, host: String, port: Int?, path: String) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = path
    }

    /// The same server, without the path.
    var withoutPath: Endpoint { Endpoint(scheme: scheme, host: host, port: port, path: "") }

    private static func invalid(_ text: String, _ reason: String) -> DriverError {
        // A query may carry a token.
        let shown = text.prefix { $0 != "?" && $0 != "#" }
        return DriverError(.invalidArgument, "the endpoint '\(shown.prefix(200))' \(reason)", outcome: .final)
    }
}
