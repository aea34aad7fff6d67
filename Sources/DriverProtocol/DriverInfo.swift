public import JSONTree

/// `info` of the reply to `init`: what the driver is and can do.
public struct DriverInfo: Hashable {
    /// `protocolVersions`, required, at least one: the versions that the driver speaks, as `["1.0"]`.
    public var protocolVersions: [String]
    /// `name`, required: the driver's own name, as `hostpath`.
    public var name: String
    /// `version`, required: the driver's own version, as `1.4.2`.
    public var version: String
    /// `capabilities`, required: names of verbs and features. What is absent is not supported.
    public var capabilities: [Capability]
    /// `parameters`, optional: a JSON Schema of the StorageClass's parameters; see ``ParameterSchema``. Absent:
    /// the driver takes any.
    public var parameters: JSONValue?
    /// `mutableParameters`, optional: a JSON Schema of what `modify` changes.
    public var mutableParameters: JSONValue?
    /// `allocationUnitBytes`, optional: sizes are multiples of it, rounded up; from 1; absent means 1.
    public var allocationUnitBytes: Int64
    /// `minimumBytes`, optional: smaller requests are made so large where the limit allows; absent means 0.
    public var minimumBytes: Int64
    /// `maximumBytes`, optional: larger requests are `OUT_OF_RANGE`; absent: no bound.
    public var maximumBytes: Int64?
    /// `accessModes`, optional: those that volumes can have, by Kubernetes' names; absent means `ReadWriteOnce`.
    public var accessModes: [String]
    /// `volumeModes`, optional: of `Filesystem` and `Block`; absent means `Filesystem`.
    public var volumeModes: [String]
    /// `capacityEnforced`, optional: a full volume says so, instead of taking its neighbours' room; absent: false.
    public var capacityEnforced: Bool
    /// `resident`, optional: the driver can be started once as `<driver> serve`; absent means false.
    public var resident: Bool
    /// `maximumConcurrency`, optional: more calls at a time than this are of no use; from 1.
    public var maximumConcurrency: Int?
    /// `timeoutSeconds`, optional: an object from a verb to the time that it may well take, for verbs that take
    /// longer than the host's default.
    public var timeouts: [Verb: Duration]

    public init(
        name: String, version: String, capabilities: [Capability] = [], parameters: JSONValue? = nil,
        mutableParameters: JSONValue? = nil, allocationUnitBytes: Int64 = 1, minimumBytes: Int64 = 0,
        maximumBytes: Int64? = nil, accessModes: [String] = ["ReadWriteOnce"], volumeModes: [String] = ["Filesystem"],
        capacityEnforced: Bool = false, resident: Bool = false, maximumConcurrency: Int? = nil,
        timeouts: [Verb: Duration] = [:]
    ) {
        protocolVersions = [ProtocolVersion.current]
        self.name = name
        self.version = version
        self.capabilities = capabilities
        self.parameters = parameters
        self.mutableParameters = mutableParameters
        self.allocationUnitBytes = allocationUnitBytes
        self.minimumBytes = minimumBytes
        self.maximumBytes = maximumBytes
        self.accessModes = accessModes
        self.volumeModes = volumeModes
        self.capacityEnforced = capacityEnforced
        self.resident = resident
        self.maximumConcurrency = maximumConcurrency
        self.timeouts = timeouts
    }

    /// `init` is always there: without it there would be no answer to ask.
    public func supports(_ verb: Verb) -> Bool { verb == .initialize || supports(Capability(verb)) }
    public func supports(_ capability: Capability) -> Bool { capabilities.contains(capability) }
}

extension DriverInfo: JSONConvertible {
    public init(json: JSONValue) throws(ProtocolError) {
        let members = try MessageReader(json)
        protocolVersions = try members.strings("protocolVersions")
        guard !protocolVersions.isEmpty else {
            throw members.missing("protocolVersions", "an array of at least one version")
        }
        name = try members.requiredString("name")
        version = try members.requiredString("version")
        guard members.value("capabilities") != nil else {
            throw members.missing("capabilities", "an array of strings")
        }
        capabilities = try members.strings("capabilities").map(Capability.init(rawValue:))
        parameters = try members.object("parameters").map(JSONValue.object)
        mutableParameters = try members.object("mutableParameters").map(JSONValue.object)
        allocationUnitBytes = try members.integer("allocationUnitBytes", in: 1...Int64.max) ?? 1
        minimumBytes = try members.integer("minimumBytes") ?? 0
        maximumBytes = try members.integer("maximumBytes", in: max(1, minimumBytes)...Int64.max)
        accessModes = members.value("accessModes") == nil ? ["ReadWriteOnce"] : try members.strings("accessModes")
        volumeModes = members.value("volumeModes") == nil ? ["Filesystem"] : try members.strings("volumeModes")
        capacityEnforced = try members.bool("capacityEnforced") ?? false
        resident = try members.bool("resident") ?? false
        maximumConcurrency = try members.integer("maximumConcurrency", in: 1...Int64(Int32.max)).map(Int.init)
        timeouts = [:]
        if let object = try members.object("timeoutSeconds") {
            let times = try MessageReader(.object(object))
            for verb in object.keys {
                do {
                    timeouts[Verb(rawValue: verb)] = try times.seconds(verb)
                } catch {
                    throw error.under("timeoutSeconds")
                }
            }
        }
    }

    public var json: JSONValue {
        var writer = MessageWriter()
        writer.set("protocolVersions", JSONValue(protocolVersions))
        writer.set("name", name)
        writer.set("version", version)
        writer.set("capabilities", JSONValue(capabilities.map(\.rawValue)))
        writer.set("parameters", parameters)
        writer.set("mutableParameters", mutableParameters)
        writer.set("allocationUnitBytes", allocationUnitBytes)
        writer.set("minimumBytes", minimumBytes)
        writer.set("maximumBytes", maximumBytes)
        writer.set("accessModes", JSONValue(accessModes))
        writer.set("volumeModes", JSONValue(volumeModes))
        writer.set("capacityEnforced", capacityEnforced)
        writer.set("resident", resident)
        writer.set("maximumConcurrency", maximumConcurrency.map(Int64.init))
        if !timeouts.isEmpty {
            var times = MessageWriter()
            for (verb, time) in timeouts.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                times.set(verb.rawValue, seconds: time)
            }
            writer.set("timeoutSeconds", times.json)
        }
        return writer.json
    }
}
