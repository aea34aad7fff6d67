import Crypto
import Foundation
import HTTPTypes

/// The verification of requests that are signed with Amazon's Signature Version 4.
struct SignatureV4: Sendable {
    /// `AWS4-HMAC-SHA256 Credential=AKIA…/20261125/us-east-1/ec2/aws4_request, SignedHeaders=…, Signature=…`
    struct Authorization {
        var accessKey: String
        /// `20261125/us-east-1/ec2/aws4_request`
        var scope: String
        var day: String
        var region: String
        var service: String
        var signedHeaders: [String]
        var signature: String

        /// - Throws: ``EC2Error`` `IncompleteSignature` for a header of this kind that lacks something.
        init(_ header: String) throws(EC2Error) {
            func incomplete(_ what: String) -> EC2Error { EC2Error("IncompleteSignature", what) }
            guard header.hasPrefix(SignatureV4.algorithm + " ") else {
                throw incomplete("Authorization header does not begin with '\(SignatureV4.algorithm) '.")
            }
            var parts: [String: String] = [:]
            for part in header.dropFirst(SignatureV4.algorithm.count + 1).split(separator: ",") {
                let sides = part.split(separator: "=", maxSplits: 1)
                guard sides.count == 2 else { continue }
                parts[sides[0].trimmingCharacters(in: .whitespaces)] = String(sides[1])
            }
            func part(_ name: String) throws(EC2Error) -> String {
                guard let value = parts[name] else {
                    throw incomplete("Authorization header requires '\(name)' parameter.")
                }
                return value
            }
            let credential = try part("Credential").split(separator: "/").map(String.init)
            guard credential.count == 5, credential[4] == "aws4_request" else {
                throw incomplete("Credential must have exactly 5 slash-delimited elements, the last 'aws4_request'.")
            }
            (accessKey, day, region, service) = (credential[0], credential[1], credential[2], credential[3])
            scope = credential[1...].joined(separator: "/")
            signedHeaders = try part("SignedHeaders").split(separator: ";").map(String.init)
            signature = try part("Signature")
            guard signature.utf8.count == 64 else { throw incomplete("The signature has not 64 hexadecimal digits.") }
        }
    }

    static let algorithm = "AWS4-HMAC-SHA256"
    /// How far the clocks may be apart.
    private static let skew: TimeInterval = 300

    var region: String

    /// - Parameters:
    ///   - secret: Of an access key, together with the session's token where it is a temporary one; `nil` for a key that
    ///     is not known.
    ///   - now: Of this machine's clock, not the simulator's: the client signs with its own.
    /// - Throws: ``EC2Error``.
    func verify(
        _ request: CloudRequest, _ authorization: Authorization, secret: String?, now: Date = Date()
    ) throws(EC2Error) {
        guard let secret else { throw .authFailure }
        guard authorization.region == region, ["ec2", "sts"].contains(authorization.service) else {
            throw EC2Error(
                "AuthFailure",
                "Credential should be scoped to a valid region and service, not '\(authorization.scope)'.",
                status: 401)
        }
        let time = request.header("x-amz-date") ?? ""
        guard let date = Self.date(time), time.hasPrefix(authorization.day) else { throw .authFailure }
        guard abs(date.timeIntervalSince(now)) <= Self.skew else { throw .expired }
        for needed in ["host", "x-amz-date"] where !authorization.signedHeaders.contains(needed) {
            throw .authFailure
        }
        let text = [
            Self.algorithm, time, authorization.scope,
            Self.hex(SHA256.hash(data: Data(canonical(request, authorization.signedHeaders).utf8))),
        ].joined(separator: "\n")
        var key = SymmetricKey(data: Data("AWS4\(secret)".utf8))
        for part in authorization.scope.split(separator: "/") {
            key = SymmetricKey(data: Data(HMAC<SHA256>.authenticationCode(for: Data(part.utf8), using: key)))
        }
        guard let signature = Self.bytes(authorization.signature),
            HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: Data(text.utf8), using: key)
        else { throw .authFailure }
    }

    private func canonical(_ request: CloudRequest, _ signedHeaders: [String]) -> String {
        let query = request.query.map { (PercentEncoding.encoded($0.name), PercentEncoding.encoded($0.value)) }
            .sorted { $0 < $1 }.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
        let headers = signedHeaders.map { name in
            let value = name == "host" ? request.authority : request.header(name) ?? ""
            return "\(name):\(value.split(separator: " ").joined(separator: " "))\n"
        }.joined()
        let path = request.path.split(separator: "/", omittingEmptySubsequences: false)
            .map { PercentEncoding.encoded(String($0)) }.joined(separator: "/")
        return [
            request.method, path.isEmpty ? "/" : path, query, headers, signedHeaders.joined(separator: ";"),
            Self.hex(SHA256.hash(data: Data(request.body))),
        ].joined(separator: "\n")
    }

    /// `20261125T180000Z`
    private static func date(_ text: String) -> Date? {
        guard text.utf8.count == 16 else { return nil }
        let format = Date.ISO8601FormatStyle(dateSeparator: .omitted, timeSeparator: .omitted, timeZone: .gmt)
        return try? Date(text, strategy: format)  // what cannot be read is no date, which is the answer
    }

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    private static func bytes(_ hex: String) -> Data? {
        let digits = Array(hex.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes = Data()
        for position in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[position..<position + 2], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        return bytes
    }
}
