import COpenSSL
public import DriverProtocol

/// RS256: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518, 3.3), as service accounts sign their tokens.
///
/// `@unchecked Sendable`: the key is only read; OpenSSL lets threads sign with one key at a time
/// (openssl-threads(7): a shared EVP_PKEY is fine as long as nobody changes it).
public final class RSASigner: @unchecked Sendable {
    private let key: OpaquePointer

    /// - Parameter pem: A private key, `BEGIN PRIVATE KEY` (PKCS#8) or `BEGIN RSA PRIVATE KEY` (PKCS#1), without a
    ///   password.
    /// - Throws: ``DriverError`` `INVALID_ARGUMENT`. It does not quote the key.
    public init(pem: String) throws(DriverError) {
        var bytes = Array(pem.utf8)
        let parsed = bytes.withUnsafeMutableBytes { buffer -> OpaquePointer? in
            guard let input = BIO_new_mem_buf(buffer.baseAddress, Int32(buffer.count)) else { return nil }
            defer { BIO_free(input) }
            // Without a callback OpenSSL would ask for a key's password at the terminal.
            return PEM_read_bio_PrivateKey(input, nil, { _, _, _, _ in 0 }, nil)
        }
        for position in bytes.indices { bytes[position] = 0 }
        ERR_clear_error()
        guard let key = parsed else {
            throw DriverError(
                .invalidArgument,
                "the private key cannot be read; expected is PEM, BEGIN PRIVATE KEY or BEGIN RSA PRIVATE KEY, without a "
                    + "password", outcome: .final)
        }
        guard EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA else {
            EVP_PKEY_free(key)
            throw DriverError(.invalidArgument, "the private key is no RSA key", outcome: .final)
        }
        self.key = key
    }

    deinit { EVP_PKEY_free(key) }

    /// - Throws: ``DriverError`` `INTERNAL`: libcrypto refuses, as it does with a key that is too short.
    public func signature(of bytes: [UInt8]) throws(DriverError) -> [UInt8] {
        defer { ERR_clear_error() }
        guard let context = EVP_MD_CTX_new() else { throw Self.refused }
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1 else { throw Self.refused }
        var count = 0
        guard EVP_DigestSign(context, nil, &count, bytes, bytes.count) == 1 else { throw Self.refused }
        var signature = [UInt8](repeating: 0, count: count)
        guard EVP_DigestSign(context, &signature, &count, bytes, bytes.count) == 1 else { throw Self.refused }
        return Array(signature.prefix(count))
    }

    /// A signed token (RFC 7515, compact): header and claims are JSON texts.
    public func token(header: [UInt8], claims: [UInt8]) throws(DriverError) -> String {
        let text = "\(Base64.urlEncoded(header)).\(Base64.urlEncoded(claims))"
        return "\(text).\(Base64.urlEncoded(try signature(of: Array(text.utf8))))"
    }

    private static var refused: DriverError {
        DriverError(.internal, "libcrypto does not sign with the private key", outcome: .final)
    }
}
