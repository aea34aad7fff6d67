public import JSONTree

/// `volume` of a request: the volume that is wanted, or the one that is meant.
public struct VolumeRequest: Hashable, JSONConvertible {
    /// `name`, required: the idempotency key, chosen by the host before the first call: `pvc-<uid>`, at most 63 of
    /// `[a-z0-9.-]`, beginning and ending with a letter or digit. Unique among the host's volumes for ever.
    public var name: String
    /// `id`: what `provision` answered. Absent for `validate`, `provision`, and for a `delete` after a `provision`
    /// whose outcome is unknown.
    public var id: String?
    /// `capacityBytes`: at least so many bytes, from 0. Given with `validate`, `provision`, `expandvolume`; elsewhere
    /// the capacity that the volume has, where it is known.
    public var capacityBytes: Int64?
    /// `previousCapacityBytes`, for `expandvolume` and `expandfs`, optional: the size that the volume had before it was
    /// to grow.
    public var previousCapacityBytes: Int64?
    /// `limitBytes`, optional: at most so many bytes; absent means no upper bound. If no size between the two can be
    /// made, the answer is `OUT_OF_RANGE`.
    public var limitBytes: Int64?
    /// `accessModes`: Kubernetes' names: `ReadWriteOnce`, `ReadOnlyMany`, `ReadWriteMany`, `ReadWriteOncePod`.
    public var accessModes: [String]
    /// `volumeMode`: `Filesystem` (also when absent) or `Block`.
    public var volumeMode: String?
    /// `fsType`, optional: the file system to make, as `ext4` or `xfs`.
    public var fsType: String?
    /// `mountOptions`, optional: those of the class or the volume.
    public var mountOptions: [String]
    /// `contentSource`, optional: what the new volume begins with; absent: empty.
    public var contentSource: ContentSource?
    /// `topology`, optional: where the volume must be reachable.
    public var topology: TopologyRequirement?
    /// `context`: what the driver returned at `provision`, whole, on every later call. An object of strings.
    public var context: [String: String]

    public init(
        name: String, id: String? = nil, capacityBytes: Int64? = nil, limitBytes: Int64? = nil,
        accessModes: [String] = [], volumeMode: String? = nil, fsType: String? = nil, mountOptions: [String] = [],
        contentSource: ContentSource? = nil, topology: TopologyRequirement? = nil, context: [String: String] = [:]
    ) {
        self.name = name
        self.id = id
        self.capacityBytes = capacityBytes
        self.limitBytes = limitBytes
        self.accessModes = accessModes
        self.volumeMode = volumeMode
        self.fsType = fsType
        self.mountOptions = mountOptions
        self.contentSource = contentSource
        self.topology = topology
        self.context = context
    }

    public init(json: JSONValue) throws(ProtocolError) {
        let members = try MessageReader(json)
        name = try members.requiredString("name")
        id = try members.string("id")
        capacityBytes = try members.integer("capacityBytes")
        previousCapacityBytes = try members.integer("previousCapacityBytes")
        limitBytes = try members.integer("limitBytes")
        accessModes = try members.strings("accessModes")
        volumeMode = try members.string("volumeMode")
        fsType = try members.string("fsType")
        mountOptions = try members.strings("mountOptions")
        contentSource = try members.part("contentSource", as: ContentSource.self)
        topology = try members.part("topology", as: TopologyRequirement.self)
        context = try members.dictionary("context")
    }

    public var json: JSONValue {
        var writer = MessageWriter()
        writer.set("name", name)
        writer.set("id", id)
        writer.set("capacityBytes", capacityBytes)
        writer.set("previousCapacityBytes", previousCapacityBytes)
        writer.set("limitBytes", limitBytes)
        writer.set("accessModes", accessModes)
        writer.set("volumeMode", volumeMode)
        writer.set("fsType", fsType)
        writer.set("mountOptions", mountOptions)
        writer.set("contentSource", contentSource)
        writer.set("topology", topology)
        writer.set("context", context)
        return writer.json
    }
}

/// `contentSource`: what a new volume begins with: `{"snapshot": {…}}` or `{"volume": {…}}`, one of the two.
public enum ContentSource: Hashable, JSONConvertible {
    case snapshot(SourceReference)
    case volume(SourceReference)

    /// A volume or snapshot of the same driver, as the driver itself described it.
    public struct SourceReference: Hashable, JSONConvertible {
        /// `id`, required: the driver's own.
        public var id: String
        /// `name`, optional: the host's.
        public var name: String?
        /// `capacityBytes`, optional: the source's size; the new volume is at least as large.
        public var capacityBytes: Int64?
        /// `context`: what the driver returned when it made the source.
        public var context: [String: String]

        public init(id: String, name: String? = nil, capacityBytes: Int64? = nil, context: [String: String] = [:]) {
            self.id = id
            self.name = name
            self.capacityBytes = capacityBytes
            self.context = context
        }

        public init(json: JSONValue) throws(ProtocolError) {
            let members = try MessageReader(json)
            id = try members.requiredString("id")
            name = try members.string("name")
            capacityBytes = try members.integer("capacityBytes")
            context = try members.dictionary("context")
        }

        public var json: JSONValue {
            var writer = MessageWriter()
            writer.set("id", id)
            writer.set("name", name)
            writer.set("capacityBytes", capacityBytes)
            writer.set("context", context)
            return writer.json
        }
    }

    public init(json: JSONValue) throws(ProtocolError) {
        let members = try MessageReader(json)
        let snapshot = try members.part("snapshot", as: SourceReference.self)
        let volume = try members.part("volume", as: SourceReference.self)
        switch (snapshot, volume) {
        case (let snapshot?, nil): self = .snapshot(snapshot)
        case (nil, let volume?): self = .volume(volume)
        case (nil, nil): throw ProtocolError(path: "", expected: "snapshot or volume", found: "neither")
        default: throw ProtocolError(path: "", expected: "snapshot or volume", found: "both")
        }
    }

    public var json: JSONValue {
        switch self {
        case .snapshot(let source): ["snapshot": source.json]
        case .volume(let source): ["volume": source.json]
        }
    }
}

/// `topology` of a request: each entry is an object of topology keys and values, all of which hold at once.
public struct TopologyRequirement: Hashable, JSONConvertible {
    /// `requisite`: the volume must be reachable from at least one of these.
    public var requisite: [[String: String]]
    /// `preferred`: the best first; each is also one of the requisite where those are given.
    public var preferred: [[String: String]]

    public init(requisite: [[String: String]] = [], preferred: [[String: String]] = []) {
        self.requisite = requisite
        self.preferred = preferred
    }

    public init(json: JSONValue) throws(ProtocolError) {
        let members = try MessageReader(json)
        requisite = try members.dictionaries("requisite")
        preferred = try members.dictionaries("preferred")
    }

    public var json: JSONValue {
        var writer = MessageWriter()
        writer.set("requisite", requisite)
        writer.set("preferred", preferred)
        return writer.json
    }
}
