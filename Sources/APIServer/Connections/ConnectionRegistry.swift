import Glibc
import KubernetesAPI
import Logging
import NIOCore
import Synchronization

/// The server's open connections; makes room for new ones. Shared by the event loops, which open and close connections,
/// and by the tasks that answer requests, which report whose client has shown a token.
final class ConnectionRegistry: Sendable {
    fileprivate struct State {
        var table: ConnectionTable
        var channels: [ConnectionTable.ID: any Channel] = [:]
        var ids: [ObjectIdentifier: ConnectionTable.ID] = [:]
        var droppedSinceReport = 0
        var lastReport: ContinuousClock.Instant?
    }

    private let state: Mutex<State>
    private let logger: Logger
    /// Limits how often a flood of connections is logged.
    fileprivate static let reportInterval = Duration.seconds(60)

    init(_ limits: APIServerConfiguration.Limits, logger: Logger) {
        let total = Self.affordable(limits.connections)
        if total < limits.connections {
            logger.notice(
                "fewer connections than configured are served: the process may not open as many files (ulimit -n)",
                metadata: ["configured": "\(limits.connections)", "served": "\(total)"])
        }
        state = Mutex(
            State(
                table: ConnectionTable(
                    .init(
                        total: total, reserved: min(limits.reservedConnections, total / 4),
                        unauthenticatedPerNetwork: limits.unauthenticatedConnectionsPerAddress))))
        self.logger = logger
    }

    var count: Int { state.withLock { $0.table.count } }

    func opened(_ channel: any Channel) {
        let network = PeerNetwork(channel.remoteAddress?.ipAddress)
        let (victim, report) = state.withLock { state in
            let (id, victim) = state.table.open(from: network)
            state.channels[id] = channel
            state.ids[ObjectIdentifier(channel)] = id
            guard let victim else { return ((any Channel)?.none, Logger.Metadata?.none) }
            return (state.removeChannel(victim.id), state.report(victim.why))
        }
        victim?.triggerUserOutboundEvent(ConnectionAbort(), promise: nil)
        if let report { logger.warning("connections without a token were dropped to make room", metadata: report) }
    }

    func spoke(_ channel: any Channel) {
        state.withLock { state in
            if let id = state.ids[ObjectIdentifier(channel)] { state.table.spoke(id) }
        }
    }

    /// Keeps a connection whose client has shown its token.
    ///
    /// - Throws: `TooManyRequests` when such connections have taken every place they may have.
    func authenticated(_ channel: any Channel) throws(StatusError) {
        let hasPlace = state.withLock { state in
            state.ids[ObjectIdentifier(channel)].map { state.table.authenticate($0) } ?? true
        }
        guard hasPlace else {
            throw StatusError(
                code: 429, reason: .tooManyRequests,
                message: "the server has as many connections as it can serve; close some, or try again later",
                retryAfterSeconds: 1)
        }
    }

    func isAuthenticated(_ channel: any Channel) -> Bool {
        state.withLock { state in
            state.ids[ObjectIdentifier(channel)].map { state.table.isAuthenticated($0) } ?? false
        }
    }

    func closed(_ channel: any Channel) {
        state.withLock { state in
            guard let id = state.ids[ObjectIdentifier(channel)] else { return }
            state.table.close(id)
            _ = state.removeChannel(id)
        }
    }

    /// How many of `wanted` connections the process can have and still open its database, its drivers' pipes and its
    /// files.
    private static func affordable(_ wanted: Int) -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return wanted }
        let files = Int(clamping: limit.rlim_cur)
        return max(8, min(wanted, files - max(64, files / 4)))
    }
}

extension ConnectionRegistry.State {
    mutating func removeChannel(_ id: ConnectionTable.ID) -> (any Channel)? {
        guard let channel = channels.removeValue(forKey: id) else { return nil }
        ids[ObjectIdentifier(channel)] = nil
        return channel
    }

    /// What to log now, if anything.
    mutating func report(_ why: ConnectionTable.Dropped) -> Logger.Metadata? {
        droppedSinceReport += 1
        let now = ContinuousClock.now
        if let lastReport, now - lastReport < ConnectionRegistry.reportInterval { return nil }
        defer {
            lastReport = now
            droppedSinceReport = 0
        }
        let reason =
            switch why {
            case .networkIsFull(let network):
                "\(table.limits.unauthenticatedPerNetwork) connections from \(network) have shown no token"
            case .serverIsFull: "the server has \(table.limits.total) connections"
            }
        return ["dropped": "\(droppedSinceReport)", "reason": "\(reason)"]
    }
}
