/// What a ``DriverHost`` needs to know, and its bounds.
public struct DriverHostConfiguration: Sendable {
    /// The path of drivers.json. It need not exist yet.
    public var driversFile: String
    /// An absolute path: drivers get working directories below it, and its path as `BERTH_DATA_DIR`.
    public var dataDirectory: String
    /// The host's identity for its whole life, with which drivers mark what they make.
    public var owner: String?
    /// How often drivers.json and the executables are looked at. A stat(2) of each costs microseconds, and unlike
    /// inotify(7) sees a change on every file system, through symbolic links and bind mounts.
    public var checkInterval = Duration.seconds(1)
    public var limits = DriverLimits()

    public init(driversFile: String, dataDirectory: String, owner: String? = nil) {
        self.driversFile = driversFile
        self.dataDirectory = dataDirectory
        self.owner = owner
    }
}

/// Bounds of each driver.
public struct DriverLimits: Sendable, Hashable {
    /// How many calls at a time of a driver that is started for each. On few cores more only queue up for the processor.
    public var onceConcurrency = 4
    /// How many calls in flight to a resident driver.
    public var residentConcurrency = 16
    /// How many calls of a driver may wait for their turn.
    public var maximumWaiting = 4096
    /// The longest reply, in bytes.
    public var maximumReplyBytes = 4 << 20
    /// Of each process's stderr so many bytes are kept.
    public var maximumErrorBytes = 64 << 10
    /// Between SIGTERM and SIGKILL at a deadline.
    public var terminationGrace = Duration.seconds(2)
    /// Between SIGTERM and SIGKILL when the host ends.
    public var shutdownGrace = Duration.seconds(1)
    /// A resident driver that has not answered a call so long after that was given up is ended and started again.
    public var abandonedCallLimit = Duration.seconds(30)
    /// How long a call waits for a driver that is just starting.
    public var startWait = Duration.seconds(15)
    /// So many failures without an answer, one after the other, rest a driver.
    public var failuresBeforeRest = 5
    /// The first rest; each that follows is twice as long, up to ``longestRest``.
    public var firstRest = Duration.seconds(5)
    public var longestRest = Duration.seconds(300)
    /// So many calls are kept on record, and as many failed ones again.
    public var recordCount = 1000
    public var recordBytes = 4 << 20

    public init() {}

    var exchange: ExchangeLimits {
        ExchangeLimits(
            outputBytes: maximumReplyBytes, errorBytes: maximumErrorBytes, terminationGrace: terminationGrace)
    }
}
