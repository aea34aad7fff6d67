import CloudHTTP

/// Where the driver's bearer tokens come from.
enum CredentialSource: Sendable, Hashable {
    /// None are sent: for a simulator.
    case anonymous
    /// A JSON key file. Its service account signs tokens itself; with a token endpoint, here or in the file of a user,
    /// they are asked for there.
    case file(String, tokenEndpoint: String?)
    case metadata(Endpoint)
}
