public import DriverHost
public import JSONTree

/// Which driver is checked, with what, and how thoroughly.
public struct ConformanceConfiguration: Sendable {
    /// An absolute path.
    public var executable: String
    /// How the driver is called in requests and in the report.
    public var name: String
    /// As drivers.json would give it.
    public var config: JSONObject
    public var environment: [String: String]
    /// A FlexVolume driver is tried by cases of its own.
    public var wireProtocol = DriverEntry.WireProtocol.berth
    /// As drivers.json would give it; `nil`: as this process.
    public var runAs: String?
    /// Those of the class with which volumes are made.
    public var parameters: [String: String]
    /// Given with every call that may need them. Nothing of them is shown.
    public var secrets: [String: String]
    /// Runs only the cases whose id or one of whose rules matches: a part of it, or a whole with `*`. `nil`: all.
    public var only: String?
    public var scope = Scope.whole
    /// How long any call may take. The driver is told.
    public var timeout = Duration.seconds(30)
    /// At how many moments a call is killed; `nil`: as many as fit into a few seconds.
    public var killMoments: Int?
    /// Decides about the moments. Printed with the report: the same seed kills at the same moments.
    public var seed: UInt64
    /// Names of volumes begin with `check-` and this, so that runs on one backend keep apart.
    public var runName: String

    public enum Scope: Sendable {
        case whole
        /// What makes no volume of a driver that is right, within a second or two: `init`, `status`, input that is no
        /// request, unknown verbs. For a driver that is about to be registered.
        case quick
    }

    public init(
        executable: String, name: String = "check", config: JSONObject = [:], environment: [String: String] = [:],
        parameters: [String: String] = [:], secrets: [String: String] = [:], only: String? = nil,
        seed: UInt64 = .random(in: 0..<1 << 48)
    ) {
        self.executable = executable
        self.name = name
        self.config = config
        self.environment = environment
        self.parameters = parameters
        self.secrets = secrets
        self.only = only
        self.seed = seed
        runName = String(UInt32.random(in: 0x1000_0000...UInt32.max), radix: 16)
    }
}
