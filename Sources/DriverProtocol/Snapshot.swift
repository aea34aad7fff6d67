public import JSONTree

/// `snapshot` of a request.
public struct SnapshotRequest: Hashable, JSONConvertible {
    /// `name`, required: the idempotency key, `snapshot-<uid>`; the same bounds as a volume's name.
    public var name: String
    /// `id`: what `createsnapshot` answered; absent for `createsnapshot`.
    public var id: String?
    /// `parameters`, optional: those of the VolumeSnapshotClass.
    public var parameters: [String: String]
    /// `context`: what the driver returned at `createsnapshot`.
    public var context: [String: String]

    public init(
        name: String, id: String? = nil, parameters: [String: String] = [:], context: [String: String] = [:]
    ) {
        self.name = name
        self.id = id
        self.parameters = parameters
        self.context = context
    }

    public init(json: JSONValue) throws(ProtocolError) {
        let members = try MessageReader(json)
        name = try members.requiredString("name")
        id = try members.string("id")
        parameters = try members.dictionary("parameters")
        context = try members.dictionary("context")
    }

    public var json: JSONValue {
        var writer = MessageWriter()
        writer.set("name", name)
        writer.set("id", id)
        writer.set("parameters", parameters)
        writer.set("context", context)
        return writer.json
    }
}

/// `snapshot` of a reply.
public struct Snapshot: Hashable, JSONConvertible {
    /// `id`, required: the driver's own, not empty.
    public var id: String
    /// `name`, required in a list: the one that the host gave.
    public var name: String?
    /// `sourceVolumeID`, required: the `id` of the volume of which it was taken.
    public var sourceVolumeID: String
    /// `createdAt`, required: the moment of which it holds the content, RFC 3339.
    public var createdAt: String
    /// `sizeBytes`: the least size of a volume restored from it; absent where unknown.
    public var sizeBytes: Int64?
    /// `readyToUse`: false while the backend is still copying; absent means true.
    public var readyToUse: Bool
    /// `context`, optional: given back on every later call.
    public var context: [String: String]

    public init(
        id: String, name: String? = nil, sourceVolumeID: String, createdAt: String, sizeBytes: Int64? = nil,
        readyToUse: Bool = true, context: [String: String] = [:]
    ) {
        self.id = id
        self.name = name
        self.sourceVolumeID = sourceVolumeID
        self.createdAt = createdAt
        self.sizeBytes = sizeBytes
        self.readyToUse = readyToUse
        self.context = context
    }

    public init(json: JSONValue) throws(ProtocolError) {
        let members = try MessageReader(json)
        id = try members.requiredString("id")
        name = try members.string("name")
        sourceVolumeID = try members.requiredString("sourceVolumeID")
        createdAt = try members.requiredString("createdAt")
        sizeBytes = try members.integer("sizeBytes")
        readyToUse = try members.bool("readyToUse") ?? true
        context = try members.dictionary("context")
    }

    public var json: JSONValue {
        var writer = MessageWriter()
        writer.set("id", id)
        writer.set("name", name)
        writer.set("sourceVolumeID", sourceVolumeID)
        writer.set("createdAt", createdAt)
        writer.set("sizeBytes", sizeBytes)
        writer.set("readyToUse", readyToUse)
        writer.set("context", context)
        return writer.json
    }
}
