import CloudHTTP
import DriverProtocol

/// A profile of `~/.aws/credentials` and `~/.aws/config`, which the tools of Amazon share.
struct SharedFiles: Sendable {
    let profile: String
    private let values: [String: String]

    /// - Throws: ``DriverError`` for a file that cannot be read, and a profile that is asked for and not there.
    init(_ configuration: DriverConfiguration, _ environment: Environment) throws(DriverError) {
        let asked = configuration.profile ?? environment["AWS_PROFILE"] ?? environment["AWS_DEFAULT_PROFILE"]
        profile = asked ?? "default"
        let home = environment["HOME"] ?? "/"
        let credentials = environment["AWS_SHARED_CREDENTIALS_FILE"] ?? "\(home)/.aws/credentials"
        let config = environment["AWS_CONFIG_FILE"] ?? "\(home)/.aws/config"
        let section = profile == "default" ? "default" : "profile \(profile)"
        var values = try Self.read(config).sections[section] ?? [:]
        // What both say, the credentials' file says first.
        for (key, value) in try Self.read(credentials).sections[profile] ?? [:] { values[key] = value }
        if asked != nil, values.isEmpty {
            throw DriverError(
                .failedPrecondition, "neither \(credentials) nor \(config) has the profile '\(profile)'",
                outcome: .final)
        }
        self.values = values
    }

    /// `nil` also for an empty one.
    subscript(key: String) -> String? {
        guard let value = values[key], !value.isEmpty else { return nil }
        return value
    }

    private static func read(_ path: String) throws(DriverError) -> INIFile {
        INIFile(String(decoding: try SmallFile.read(path, "Amazon's shared file") ?? [], as: UTF8.self))
    }
}
