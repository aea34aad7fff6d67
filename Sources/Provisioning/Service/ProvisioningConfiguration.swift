/// How the controllers of claims and volumes work.
public struct ProvisioningConfiguration: Sendable {
    /// The one node of this machine: where a Pod is taken to run that no node was chosen for. `nil` where a scheduler
    /// chooses.
    public var nodeName: String?
    /// How many claims and volumes are worked on at a time, not counting those that wait for a driver.
    public var concurrency: Int
    /// How many claims and volumes wait for one driver at a time.
    public var callsPerProvisioner: Int
    public var backoff: BackoffSchedule
    /// How often drivers are asked for the condition of volumes that they want looked after; `nil`: never.
    public var volumeCheckInterval: Duration?
    /// How long a driver may think about the dry run of a claim: less than the 10 seconds that Kubernetes gives
    /// whoever has a say in a write, since a driver that does not heed its end gets 2 more.
    public var validationTime = Duration.seconds(8)

    public init(
        nodeName: String? = nil, concurrency: Int = 64, callsPerProvisioner: Int = 128,
        backoff: BackoffSchedule = .standard, volumeCheckInterval: Duration? = .seconds(60)
    ) {
        self.nodeName = nodeName
        self.concurrency = concurrency
        self.callsPerProvisioner = callsPerProvisioner
        self.backoff = backoff
        self.volumeCheckInterval = volumeCheckInterval
    }
}
