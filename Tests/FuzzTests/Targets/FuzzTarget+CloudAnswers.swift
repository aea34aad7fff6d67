import CloudHTTP

extension FuzzTarget {
    /// What the drivers of all three clouds read.
    static func readFormats(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        _ = INIFile(text)
        _ = try? Endpoint(text)
        _ = PercentEncoding.items(ofQuery: text)
        _ = Base64.decoded(text)
        // What has no such line is OpenSSL's to refuse, for which it takes longer than all the others together.
        if text.contains("-----BEGIN") { _ = try? RSASigner(pem: text) }
        _ = HTTPReply(status: 429, headers: ["Retry-After": text], body: bytes).retryAfter
    }
}
