/// Why a configuration, a fault file or an option cannot be used: where it stands, what was found, what is expected.
public struct SettingsError: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
