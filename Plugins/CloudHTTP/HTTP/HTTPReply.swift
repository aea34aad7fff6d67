public import DriverProtocol
public import JSONTree

/// A whole reply, whatever its status.
public struct HTTPReply: Sendable {
    public var status: Int
    public var headers: HTTPHeaders
    public var body: [UInt8]

    public init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    public var isSuccess: Bool { (200..<300).contains(status) }

    /// Bytes that are no UTF-8 are replaced.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// The body, where it is JSON.
    public var json: JSONValue? { try? JSONParser.parse(body) }  // nil says all that is asked

    /// What `Retry-After` says: seconds, or a date (RFC 9110, 10.2.3). `nil` where it is absent or makes no sense.
    public func retryAfter(now: RFC3339Time) -> Duration? {
        guard let text = headers["Retry-After"] else { return nil }
        if let seconds = Int64(text), seconds >= 0 { return .seconds(min(seconds, 86_400)) }
        guard let date = RFC3339Time(httpDate: text) else { return nil }
        return .seconds(min(max(0, date.seconds - now.seconds), 86_400))
    }

    /// ``retryAfter(now:)`` by this machine's clock.
    public var retryAfter: Duration? { retryAfter(now: WallClock.now) }
}
