/// The versions of the driver protocol.
///
/// A version is `MAJOR.MINOR`. Every message carries the version that it is written in. A minor version adds fields,
/// verbs, capabilities and codes, each of which an older reader may ignore; a major version may change any of them.
/// The driver lists the versions that it speaks in ``DriverInfo/protocolVersions``; the host picks the highest that
/// both speak and refuses a driver with which it shares none.
public enum ProtocolVersion {
    /// The version that this library reads and writes.
    public static let current = "1.0"

    /// Whether a message of this version can be read here: the same major version.
    public static func isSupported(_ version: String) -> Bool {
        guard let major = version.split(separator: ".", omittingEmptySubsequences: false).first else { return false }
        return major == "1"
    }
}
