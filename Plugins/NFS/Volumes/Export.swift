import DriverProtocol
import JSONTree
import StorageDriverKit

/// A share of a server, and how to reach it.
struct Export: Hashable, Sendable, CustomStringConvertible {
    enum Version: String, Sendable, CaseIterable {
        case three = "3"
        case four = "4"
    }

    var server: String
    /// Absolute, without a slash at its end, except for `/` itself. NFSv4 counts from the server's pseudo-root.
    var share: String
    var version: Version
    /// `nil`: 2049.
    var port: UInt16?
    /// Of the mount protocol, NFSv3 only; `nil`: the server's portmapper is asked.
    var mountPort: UInt16?
    /// The longest silence of the server that is borne.
    var patience: Duration

    static let defaultPatience: Duration = .seconds(10)

    /// - Throws: ``DriverError`` `INVALID_ARGUMENT`.
    init(
        server: String, share: String, version: Version = .three, port: UInt16? = nil, mountPort: UInt16? = nil,
        patience: Duration = defaultPatience
    ) throws(DriverError) {
        guard !server.isEmpty, server.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "/") }) else {
            throw DriverError(
                .invalidArgument, "server must be a host name or an address", field: "parameters.server")
        }
        // By bytes, as a server does it: "/" and a combining mark behind it are one `Character`, which is no "/".
        let components = share.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
        guard share.utf8.first == UInt8(ascii: "/"), !components.contains("."), !components.contains(".."),
            !share.utf8.contains(0)
        else {
            throw DriverError(
                .invalidArgument, "share must be an absolute path on the server, without . and ..",
                field: "parameters.share")
        }
        self.server = server
        self.share = "/" + components.joined(separator: "/")
        self.version = version
        self.port = port
        self.mountPort = mountPort
        self.patience = patience
    }

    var description: String { "\(server):\(share)" }

    /// A PersistentVolume's path of a volume in this share.
    func path(of volume: VolumePath) -> String { share == "/" ? "/\(volume)" : "\(share)/\(volume)" }
}

extension Export {
    /// What every later call about a volume gets back: enough to find it although its class is gone or changed.
    var context: [String: String] {
        var context = ["server": server, "share": share, "version": version.rawValue]
        context["port"] = port.map { String($0) }
        context["mountPort"] = mountPort.map { String($0) }
        if patience != Self.defaultPatience { context["timeoutSeconds"] = String(patience.components.seconds) }
        return context
    }

    /// - Returns: `nil` where the context names no export.
    init?(context: [String: String]) throws(DriverError) {
        guard let server = context["server"], let share = context["share"] else { return nil }
        try self.init(
            server: server, share: share, version: context["version"].flatMap(Version.init) ?? .three,
            port: context["port"].flatMap { UInt16($0) }, mountPort: context["mountPort"].flatMap { UInt16($0) },
            patience: context["timeoutSeconds"].flatMap { Int64($0) }.map { .seconds($0) } ?? Self.defaultPatience)
    }

    var json: JSONValue { JSONValue(context) }
}
