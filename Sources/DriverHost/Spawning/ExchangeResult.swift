import DriverProtocol

/// What one process took in and gave out, from its start to its end.
struct ExchangeResult: Sendable {
    /// Why the process ended.
    enum Cause: Sendable, Hashable {
        /// By itself.
        case ended
        /// It was told to: its deadline had passed.
        case deadline
        /// It was told to: the caller gave up.
        case cancelled
        /// It was told to: it wrote more to stdout than a reply may have.
        case outputLimit
        /// It was told to, and not even SIGKILL has ended it: the kernel holds it, as with a dead disk or server.
        case stuck
    }

    var cause: Cause
    var status: ExitStatus
    /// At most ``ExchangeLimits/outputBytes``.
    var output: [UInt8]
    var error: OutputCapture
    /// Whether the process stopped reading stdin before it had all. No error by itself.
    var closedInputEarly: Bool
    /// The signal that ended it, when the host had to send one.
    var signalSent: CInt?
    var duration: Duration
    var usage: ResourceUsage
}

/// Bounds of one process.
struct ExchangeLimits: Sendable, Hashable {
    /// More on stdout ends the process: no reply is that long.
    var outputBytes = 4 << 20
    /// Of stderr so much is kept; all is read.
    var errorBytes = 64 << 10
    /// How many bytes beyond each end of the kept output are searched for secrets.
    var errorMargin = 0
    /// Between SIGTERM and SIGKILL.
    var terminationGrace = Duration.seconds(2)
    /// After SIGKILL, before the process counts as stuck.
    var killGrace = Duration.seconds(5)

    /// The same for a process that is given these secrets.
    func hiding(_ secrets: SecretScrubber) -> ExchangeLimits {
        var limits = self
        limits.errorMargin = secrets.reach
        return limits
    }
}
