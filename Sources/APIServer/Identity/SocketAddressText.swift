import Glibc

/// What a host of `--listen` means, without asking a name server.
enum SocketAddressText {
    /// The address's 4 or 16 bytes; `nil` for a name.
    static func bytes(_ host: String) -> [UInt8]? {
        var four = in_addr()
        if inet_pton(AF_INET, host, &four) == 1 { return withUnsafeBytes(of: &four) { Array($0) } }
        var sixteen = in6_addr()
        if inet_pton(AF_INET6, host, &sixteen) == 1 { return withUnsafeBytes(of: &sixteen) { Array($0) } }
        return nil
    }

    static func isLoopback(_ host: String) -> Bool {
        guard let bytes = bytes(host) else { return host == "localhost" }
        return bytes.count == 4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
    }

    static func isWildcard(_ host: String) -> Bool {
        bytes(host)?.allSatisfy { $0 == 0 } ?? false
    }
}
