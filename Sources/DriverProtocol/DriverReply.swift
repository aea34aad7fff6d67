public import JSONTree

/// The answer to one call: what the driver writes to its standard output, and nothing else beside it.
///
/// ```json
/// {"protocol": "1.0", "status": "Success",
///  "volume": {"id": "pvc-5d7c", "capacityBytes": 8589934592,
///             "volumeSource": {"hostPath": {"path": "/srv/volumes/pvc-5d7c", "type": "Directory"}}}}
/// ```
public struct DriverReply: Hashable {
    public enum Status: String, Sendable, Hashable, CaseIterable {
        /// Done. A driver that is run once exits with 0.
        case success = "Success"
        /// Not done; `error` says why. A driver that is run once exits with another status than 0.
        case failure = "Failure"
        /// The driver does not offer the verb. Another exit status than 0.
        case notSupported = "Not supported"
        /// Under way behind the driver; the host asks again with the same request. Exit status 0.
        case pending = "Pending"

        /// Whether a driver that is run once and answers this exits with 0.
        public var exitsWithZero: Bool { self == .success || self == .pending }
    }

    /// `protocol`, required: the version that this reply is written in.
    public var protocolVersion: String
    /// `callID`: the request's. Required of a resident driver, optional otherwise.
    public var callID: String?
    /// `status`, required.
    public var status: Status
    /// `message`, optional: a line for people; `Not supported` may say why.
    public var message: String?
    /// `error`: required with `Failure`, absent otherwise.
    public var error: DriverError?
    /// `info`: required with the success of `init`.
    public var info: DriverInfo?
    /// `volume`: required with the success of `provision`, `get`, `expandvolume`, `modify`; optional for `validate`.
    public var volume: ProvisionedVolume?
    /// `nodeExpansionRequired`, with `expandvolume`: `expandfs` must follow on the node; absent means false.
    public var nodeExpansionRequired: Bool
    /// `volumes`: required with the success of `list`; may be empty.
    public var volumes: [ProvisionedVolume]?
    /// `snapshot`: required with the success of `createsnapshot`.
    public var snapshot: Snapshot?
    /// `snapshots`: required with the success of `listsnapshots`; may be empty.
    public var snapshots: [Snapshot]?
    /// `nextToken`, with `list` and `listsnapshots`: there is another page; absent on the last.
    public var nextToken: String?
    /// `capacity`: required with the success of `capacity`.
    public var capacity: StorageCapacity?
    /// `stats`: required with the success of `stats`.
    public var stats: VolumeStats?
    /// `attached`: required with the success of `isattached`.
    public var attached: Bool?
    /// `device`: required with the success of `waitforattach`; optional for `attach`. An absolute path on the node.
    public var device: String?
    /// `operation`: required with `Pending`: the driver's own name for the work under way, not empty.
    public var operation: String?
    /// `progress`, optional with `Pending`.
    public var progress: OperationProgress?

    public init(_ status: Status, callID: String? = nil) {
        protocolVersion = ProtocolVersion.current
        self.status = status
        self.callID = callID
        nodeExpansionRequired = false
    }

    public static func failure(_ error: DriverError, callID: String? = nil) -> DriverReply {
        var reply = DriverReply(.failure, callID: callID)
        reply.error = error
        return reply
    }

    public static func notSupported(_ message: String? = nil, callID: String? = nil) -> DriverReply {
        var reply = DriverReply(.notSupported, callID: callID)
        reply.message = message
        return reply
    }
}

extension DriverReply: JSONConvertible {
    public init(json: JSONValue) throws(ProtocolError) {
        let members = try MessageReader(json)
        protocolVersion = try members.requiredString("protocol")
        callID = try members.string("callID")
        let word = try members.requiredString("status")
        guard let status = Status(rawValue: word) else {
            throw ProtocolError(
                path: "status", expected: "\"Success\", \"Failure\", \"Not supported\" or \"Pending\"",
                found: "\"\(word)\"")
        }
        self.status = status
        message = try members.string("message")
        error = try members.part("error", as: DriverError.self)
        info = try members.part("info", as: DriverInfo.self)
        volume = try members.part("volume", as: ProvisionedVolume.self)
        nodeExpansionRequired = try members.bool("nodeExpansionRequired") ?? false
        volumes = try members.parts("volumes", as: ProvisionedVolume.self)
        snapshot = try members.part("snapshot", as: Snapshot.self)
        snapshots = try members.parts("snapshots", as: Snapshot.self)
        nextToken = try members.string("nextToken")
        capacity = try members.part("capacity", as: StorageCapacity.self)
        stats = try members.part("stats", as: VolumeStats.self)
        attached = try members.bool("attached")
        device = try members.string("device")
        operation = try members.string("operation")
        progress = try members.part("progress", as: OperationProgress.self)
        if status == .failure, error == nil { throw members.missing("error", "an object, since the status is Failure") }
        if status == .pending, operation?.isEmpty ?? true {
            throw members.missing("operation", "a string that is not empty, since the status is Pending")
        }
    }

    public var json: JSONValue {
        var writer = MessageWriter()
        writer.set("protocol", protocolVersion)
        writer.set("callID", callID)
        writer.set("status", status.rawValue)
        writer.set("message", message)
        writer.set("error", error)
        writer.set("info", info)
        writer.set("volume", volume)
        if nodeExpansionRequired { writer.set("nodeExpansionRequired", true) }
        writer.set("volumes", volumes)
        writer.set("snapshot", snapshot)
        writer.set("snapshots", snapshots)
        writer.set("nextToken", nextToken)
        writer.set("capacity", capacity)
        writer.set("stats", stats)
        writer.set("attached", attached)
        writer.set("device", device)
        writer.set("operation", operation)
        writer.set("progress", progress)
        return writer.json
    }

    /// Checks that a `Success` carries what the verb's answer must have. The host and the kit both call it, so that
    /// neither takes an empty answer for one.
    ///
    /// - Throws: ``ProtocolError`` naming the member that is missing.
    public func checkContent(for verb: Verb) throws(ProtocolError) {
        guard status == .success else { return }
        let missing: String? =
            switch verb {
            case .initialize where info == nil: "info"
            case .provision where volume == nil, .get where volume == nil, .expandVolume where volume == nil,
                .modify where volume == nil:
                "volume"
            case .list where volumes == nil: "volumes"
            case .createSnapshot where snapshot == nil: "snapshot"
            case .listSnapshots where snapshots == nil: "snapshots"
            case .capacity where capacity == nil: "capacity"
            case .stats where stats == nil: "stats"
            case .isAttached where attached == nil: "attached"
            case .waitForAttach where device == nil: "device"
            default: nil
            }
        if let missing {
            throw ProtocolError(path: missing, expected: "the answer to \(verb)", found: "nothing")
        }
        if verb == .provision, let volume, volume.volumeSource == nil {
            throw ProtocolError(
                path: "volume.volumeSource", expected: "a PersistentVolume's source, the answer to \(verb)",
                found: "nothing")
        }
    }
}
