public import JSONTree

/// `capacity` of a reply: room for new volumes.
public struct StorageCapacity: Hashable, JSONConvertible {
    /// `availableBytes`, required: in all, from 0.
    public var availableBytes: Int64
    /// `maximumVolumeBytes`, optional: the largest single volume that could be made now.
    public var maximumVolumeBytes: Int64?
    /// `minimumVolumeBytes`, optional: the smallest.
    public var minimumVolumeBytes: Int64?

    public init(availableBytes: Int64, maximumVolumeBytes: Int64? = nil, minimumVolumeBytes: Int64? = nil) {
        self.availableBytes = availableBytes
        self.maximumVolumeBytes = maximumVolumeBytes
        self.minimumVolumeBytes = minimumVolumeBytes
    }

    public init(json: JSONValue) throws(ProtocolError) {
        let members = try MessageReader(json)
        guard let availableBytes = try members.integer("availableBytes") else {
            throw members.missing("availableBytes", "an integer")
        }
        self.availableBytes = availableBytes
        maximumVolumeBytes = try members.integer("maximumVolumeBytes")
        minimumVolumeBytes = try members.integer("minimumVolumeBytes")
    }

    public var json: JSONValue {
        var writer = MessageWriter()
        writer.set("availableBytes", availableBytes)
        writer.set("maximumVolumeBytes", maximumVolumeBytes)
        writer.set("minimumVolumeBytes", minimumVolumeBytes)
        return writer.json
    }
}

/// `stats` of a reply: how full one volume is. Whatever is absent is unknown.
public struct VolumeStats: Hashable, JSONConvertible {
    /// `totalBytes`, `usedBytes`, `availableBytes`: from 0.
    public var totalBytes: Int64?
    public var usedBytes: Int64?
    public var availableBytes: Int64?
    /// `totalFiles`, `usedFiles`, `availableFiles`: inodes; from 0.
    public var totalFiles: Int64?
    public var usedFiles: Int64?
    public var availableFiles: Int64?
    /// `abnormal`: something is wrong with the volume, and `message` says what; absent means false.
    public var abnormal: Bool
    /// `message`, optional.
    public var message: String?

    public init(
        totalBytes: Int64? = nil, usedBytes: Int64? = nil, availableBytes: Int64? = nil, totalFiles: Int64? = nil,
        usedFiles: Int64? = nil, availableFiles: Int64? = nil, abnormal: Bool = false, message: String? = nil
    ) {
        self.totalBytes = totalBytes
        self.usedBytes = usedBytes
        self.availableBytes = availableBytes
        self.totalFiles = totalFiles
        self.usedFiles = usedFiles
        self.availableFiles = availableFiles
        self.abnormal = abnormal
        self.message = message
    }

    public init(json: JSONValue) throws(ProtocolError) {
        let members = try MessageReader(json)
        totalBytes = try members.integer("totalBytes")
        usedBytes = try members.integer("usedBytes")
        availableBytes = try members.integer("availableBytes")
        totalFiles = try members.integer("totalFiles")
        usedFiles = try members.integer("usedFiles")
        availableFiles = try members.integer("availableFiles")
        abnormal = try members.bool("abnormal") ?? false
        message = try members.string("message")
    }

    public var json: JSONValue {
        var writer = MessageWriter()
        writer.set("totalBytes", totalBytes)
        writer.set("usedBytes", usedBytes)
        writer.set("availableBytes", availableBytes)
        writer.set("totalFiles", totalFiles)
        writer.set("usedFiles", usedFiles)
        writer.set("availableFiles", availableFiles)
        if abnormal { writer.set("abnormal", true) }
        writer.set("message", message)
        return writer.json
    }
}

/// `progress` of a reply with the status `Pending`.
public struct OperationProgress: Hashable, JSONConvertible {
    /// `percent`, optional: 0 to 100.
    public var percent: Int?
    /// `phase`, optional: a word or two for people, as `copying`.
    public var phase: String?

    public init(percent: Int? = nil, phase: String? = nil) {
        self.percent = percent
        self.phase = phase
    }

    public init(json: JSONValue) throws(ProtocolError) {
        let members = try MessageReader(json)
        percent = try members.integer("percent", in: 0...100).map(Int.init)
        phase = try members.string("phase")
    }

    public var json: JSONValue {
        var writer = MessageWriter()
        writer.set("percent", percent.map(Int64.init))
        writer.set("phase", phase)
        return writer.json
    }
}
