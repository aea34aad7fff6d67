/// The files in the data directory by which a client of this machine is let in: the token and the kubeconfig, both
/// readable by their owner only.
public struct ClientAccess: Sendable {
    private let directory: String
    public let token: BearerToken

    /// Reads the token of an earlier start, so that clients keep their access, or makes one.
    ///
    /// - Parameter directory: The absolute path of an existing directory.
    /// - Throws: ``ServingError`` if the file cannot be read or written, or if somebody else may have done so.
    public static func load(in directory: String) throws(ServingError) -> ClientAccess {
        let path = directory + "/token"
        if let line = try PrivateFile.read(path)?.split(whereSeparator: \.isWhitespace).first {
            return ClientAccess(directory: directory, token: BearerToken(String(line)))
        }
        let token = BearerToken.random()
        try PrivateFile.write(token.text + "\n", to: path)
        return ClientAccess(directory: directory, token: token)
    }

    /// Where ``writeKubeconfig(for:identity:)`` writes.
    public var kubeconfigPath: String { directory + "/kubeconfig" }

    /// - Parameters:
    ///   - address: Where the server listens.
    ///   - identity: Which certificate it shows; `nil` for plain HTTP.
    public func writeKubeconfig(for address: BoundAddress, identity: ServingIdentity?) throws(ServingError) {
        let kubeconfig = Kubeconfig(
            server: address.url, certificateAuthority: identity?.authority, token: token)
        try PrivateFile.write(kubeconfig.text, to: kubeconfigPath)
    }
}
