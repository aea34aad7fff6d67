import JSONTree
import Logging

/// What a simulated cloud stands on.
struct SimulatorContext: Sendable {
    var clock: SimulatorClock
    var store: ResourceStore
    /// The cloud's section of the configuration: the defaults, with what the user's file says laid over them. To be
    /// read while the service is made.
    var settings: SettingsReader
    /// The bytes of the disks; `nil` when disks have none (the usual mode).
    var contents: DiskContents?
    var logger: Logger

    /// The cloud's section as it is, for those who check it themselves.
    var configuration: JSONValue { settings.rawValue }
}
