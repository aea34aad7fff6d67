public import DriverProtocol
public import JSONTree

/// One driver of drivers.json.
public struct DriverEntry: Sendable, Hashable {
    public enum Mode: String, Sendable, Hashable, CaseIterable {
        /// Started for each call.
        case once
        /// Started once, as `<driver> serve`.
        case resident
    }

    /// How the host and the driver talk: `protocol` in the file.
    public enum WireProtocol: String, Sendable, Hashable, CaseIterable {
        /// The one that Berth's specification describes.
        case berth
        /// Kubernetes' older one: arguments instead of requests.
        case flexVolume = "flexvolume"
    }

    /// At most 63 of `[A-Za-z0-9._~-]`, beginning with a letter or digit; also names the driver's working directory.
    public var name: String
    /// The StorageClass provisioners that the driver serves. A FlexVolume driver makes no volumes: it has them so that
    /// a claim of such a class is told so.
    public var provisioners: [String]
    /// An absolute path.
    public var executable: String
    public var wireProtocol = WireProtocol.berth
    /// `nil`: resident when the driver's answer to `init` offers it, else once.
    public var mode: Mode?
    /// Goes to the driver with every request, as `driver.config`.
    public var config: JSONObject = [:]
    /// Added to the clean environment that drivers get.
    public var environment: [String: String] = [:]
    /// How long a verb may take; ``defaultTimeout`` is for those that are not named.
    public var timeouts: [Verb: Duration] = [:]
    public var defaultTimeout: Duration?
    /// How many calls at a time; `nil`: as many as the host's default and the driver's own limit allow.
    public var concurrency: Int?
    /// `user` or `user:group`, by name or number.
    public var runAs: String?
    /// The digest that the executable must have, in lower-case hexadecimal.
    public var sha256: String?

    public init(name: String, provisioners: [String], executable: String, mode: Mode? = nil) {
        self.name = name
        self.provisioners = provisioners
        self.executable = executable
        self.mode = mode
    }

    /// What whoever registers or uses the driver should know.
    public var warnings: [String] { wireProtocol == .flexVolume ? [FlexVolume.secretsWarning] : [] }

    var callTimeouts: CallTimeouts { CallTimeouts(verbs: timeouts, fallback: defaultTimeout) }
}

/// Something that is wrong in drivers.json, or with a driver that it names. The other drivers work.
public struct DriversFileProblem: Error, Sendable, Hashable, CustomStringConvertible {
    public var file: String
    /// Counted from 1; `nil`: the file as a whole.
    public var line: Int?
    /// The driver's name, where the entry has one.
    public var driver: String?
    /// What the entry says that the driver serves, as far as it can be read.
    public var provisioners: [String] = []
    /// What is wrong, and what to do.
    public var message: String
    /// Whether the problem is trust in the file: a directory above may be at fault, and fixing that does not touch the
    /// file.
    var isUntrusted = false

    init(file: String, line: Int?, driver: String?, message: String) {
        self.file = file
        self.line = line
        self.driver = driver
        self.message = message
    }

    public var description: String {
        let place = line.map { "\(file):\($0)" } ?? file
        return "\(place): \(driver.map { "driver '\($0)': " } ?? "")\(message)"
    }
}
