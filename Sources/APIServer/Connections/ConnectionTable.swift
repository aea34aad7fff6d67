/// The open connections, and which of them gives way to a new one. Pure.
///
/// A new connection always gets in. If there is no room, a connection whose client has shown no token is dropped: a
/// silent one before one that has sent something, and the oldest first. Connections with a token cannot take the last
/// places, so that there is always room for health checks.
struct ConnectionTable {
    typealias ID = UInt64

    struct Limits: Equatable {
        var total: Int
        /// The part of the total that connections with a token cannot take.
        var reserved: Int
        /// Connections without a token from one network.
        var unauthenticatedPerNetwork: Int
    }

    enum Dropped: Equatable {
        case networkIsFull(PeerNetwork)
        case serverIsFull
    }

    private enum Stage {
        case silent, speaking, authenticated
    }

    private struct Connection {
        let network: PeerNetwork
        var stage = Stage.silent
    }

    let limits: Limits
    private var connections: [ID: Connection] = [:]
    /// The connections without a token, the oldest first.
    private var strangers: [PeerNetwork: [ID]] = [:]
    private var authenticatedCount = 0
    private var lastID: ID = 0

    init(_ limits: Limits) {
        self.limits = limits
    }

    var count: Int { connections.count }

    /// - Returns: The new connection, and the one that gives way to it.
    mutating func open(from network: PeerNetwork) -> (id: ID, victim: (id: ID, why: Dropped)?) {
        var victim: (ID, Dropped)?
        if let neighbours = strangers[network], neighbours.count >= limits.unauthenticatedPerNetwork {
            victim = first(of: neighbours).map { ($0, .networkIsFull(network)) }
        } else if count >= limits.total {
            victim = first(of: strangers.values.compactMap(first(of:)).sorted()).map { ($0, .serverIsFull) }
        }
        if let victim { close(victim.0) }
        lastID += 1
        connections[lastID] = Connection(network: network)
        strangers[network, default: []].append(lastID)
        return (lastID, victim)
    }

    /// The client has sent its first bytes.
    mutating func spoke(_ id: ID) {
        if connections[id]?.stage == .silent { connections[id]?.stage = .speaking }
    }

    /// - Returns: Whether there is a place for one more connection with a token; true for a connection that is gone.
    mutating func authenticate(_ id: ID) -> Bool {
        guard let connection = connections[id], connection.stage != .authenticated else { return true }
        guard authenticatedCount < limits.total - limits.reserved else { return false }
        authenticatedCount += 1
        connections[id]?.stage = .authenticated
        removeStranger(id, connection.network)
        return true
    }

    func isAuthenticated(_ id: ID) -> Bool { connections[id]?.stage == .authenticated }

    mutating func close(_ id: ID) {
        guard let connection = connections.removeValue(forKey: id) else { return }
        if connection.stage == .authenticated {
            authenticatedCount -= 1
        } else {
            removeStranger(id, connection.network)
        }
    }

    /// Which of these goes first.
    private func first(of ids: [ID]) -> ID? {
        ids.first { connections[$0]?.stage == .silent } ?? ids.first
    }

    private mutating func removeStranger(_ id: ID, _ network: PeerNetwork) {
        strangers[network]?.removeAll { $0 == id }
        if strangers[network]?.isEmpty == true { strangers[network] = nil }
    }
}

/// Where a connection comes from: an IPv4 address, or the /64 of an IPv6 address, within which a client can choose any.
struct PeerNetwork: Hashable, CustomStringConvertible {
    private let address: [UInt8]

    /// - Parameter address: In its usual notation; `nil` when it is not known.
    init(_ address: String?) {
        let bytes = address.flatMap { SocketAddressText.bytes($0) } ?? []
        // An IPv4 client on a dual-stack socket (RFC 4291, section 2.5.5.2).
        if bytes.count == 16, bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10..<12] == [0xFF, 0xFF] {
            self.address = Array(bytes[12...])
        } else {
            self.address = Array(bytes.prefix(8))
        }
    }

    var description: String {
        switch address.count {
        case 0: return "an unknown address"
        case 4: return address.map(String.init).joined(separator: ".")
        default:
            let groups = stride(from: 0, to: 8, by: 2).map {
                String(Int(address[$0]) << 8 | Int(address[$0 + 1]), radix: 16)
            }
            return groups.joined(separator: ":") + "::/64"
        }
    }
}
