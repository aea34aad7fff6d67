public import KubernetesAPI

extension ObjectStore {
    public struct Configuration: Sendable {
        /// How often a watch that asks for bookmarks gets one.
        public var bookmarkInterval = Duration.seconds(60)
        /// How long an Event is kept after it was last written (kube-apiserver's `--event-ttl`).
        public var eventTimeToLive = Duration.seconds(3600)
        /// How many Events are kept; the oldest go first.
        public var eventLimit = 10_000
        /// How many changes of each kind are kept for watches that begin or continue at an older version.
        public var historyLimit = 20_000
        /// The bytes that those changes may hold, of each kind.
        public var historyBytes = 16 << 20
        /// Open a database from which acknowledged writes are missing, and go on without them.
        public var acceptsDataLoss = false
        /// Checks beside Kubernetes' own rules, in this order.
        public var admission: [AdmissionRule] = []
        /// The clock of creationTimestamp, deletionTimestamp and the age of Events.
        public var now: @Sendable () -> Timestamp = { .now }

        public init() {}

        var historyLimits: EventHistory.Limits { EventHistory.Limits(count: historyLimit, bytes: historyBytes) }
    }
}
