public import JSONTree

/// One call: what the host writes to the driver's standard input.
///
/// ```json
/// {"protocol": "1.0", "verb": "provision", "callID": "c-17", "deadline": "2026-11-22T10:00:30Z", "timeoutSeconds": 30,
///  "owner": "berth-4f1c", "driver": {"name": "hostpath", "config": {"basePath": "/srv/volumes"}},
///  "volume": {"name": "pvc-5d7c", "capacityBytes": 8589934592, "accessModes": ["ReadWriteOnce"],
///             "volumeMode": "Filesystem"},
///  "parameters": {"onDelete": "archive"},
///  "claim": {"namespace": "default", "name": "myclaim", "uid": "5d7c"}}
/// ```
public struct DriverRequest: Hashable {
    /// `protocol`, required: the version that this request is written in. See ``ProtocolVersion``.
    public var protocolVersion: String
    /// `verb`, required: the same word as the executable's argument.
    public var verb: Verb
    /// `callID`, required: not empty, unique among the host's calls. A resident driver answers with it; any driver
    /// may write it to its log.
    public var callID: String
    /// `deadline`, optional: when the host stops waiting, RFC 3339 in UTC.
    public var deadline: String?
    /// `timeoutSeconds`, optional: the same, from the moment the request was written; a number, fractions allowed.
    public var timeout: Duration?
    /// `owner`, optional: the host's identity, the same for its whole life. A driver marks what it makes with it, and
    /// `list` and `listsnapshots` give what is so marked.
    public var owner: String?
    /// `driver`, required: how the driver is registered.
    public var driver: DriverReference
    /// `volume`: required by every verb about a volume. Absent for `init`, `status`, `list`, `deletesnapshot`;
    /// optional for `capacity` and `listsnapshots`.
    public var volume: VolumeRequest?
    /// `parameters`, optional: those of the StorageClass, an object of strings, without the ones that are for the
    /// host (`csi.storage.k8s.io/…`). Given with every verb about a volume of that class.
    public var parameters: [String: String]
    /// `mutableParameters`, optional: for `modify`, and for `provision` where a class of volume attributes is named.
    public var mutableParameters: [String: String]
    /// `secrets`, optional: an object of strings. They stand here and nowhere else, and a driver never prints them.
    public var secrets: [String: String]
    /// `claim`, optional: the claim for which the volume is made.
    public var claim: ClaimReference?
    /// `node`, for the verbs of attaching and mounting: the machine in question.
    public var node: NodeReference?
    /// `pod`, for `mount`, optional: the Pod that will see the volume.
    public var pod: PodReference?
    /// `target`, for `mount`, `unmount`, `expandfs`, `stats`: the absolute path at which a Pod sees the volume.
    public var target: String?
    /// `stagingTarget`, for `mountdevice`, `unmountdevice`, `mount`, `expandfs`: the absolute path at which the node
    /// has the device mounted, once for all Pods.
    public var stagingTarget: String?
    /// `device`, for `waitforattach`, `mountdevice`, `mount`, `expandfs`: what `attach` or `waitforattach` answered.
    public var device: String?
    /// `readOnly`, for `attach`, `mountdevice` and `mount`; absent means false.
    public var readOnly: Bool
    /// `snapshot`, required by `createsnapshot` and `deletesnapshot`.
    public var snapshot: SnapshotRequest?
    /// `paging`, for `list` and `listsnapshots`; absent means the first page, of a length that the driver chooses.
    public var paging: Paging?

    public init(
        verb: Verb, callID: String, driver: DriverReference, volume: VolumeRequest? = nil,
        parameters: [String: String] = [:], secrets: [String: String] = [:], claim: ClaimReference? = nil,
        deadline: String? = nil, timeout: Duration? = nil, owner: String? = nil
    ) {
        protocolVersion = ProtocolVersion.current
        self.verb = verb
        self.callID = callID
        self.driver = driver
        self.volume = volume
        self.parameters = parameters
        self.secrets = secrets
        self.claim = claim
        self.deadline = deadline
        self.timeout = timeout
        self.owner = owner
        mutableParameters = [:]
        readOnly = false
    }
}

extension DriverRequest: JSONConvertible {
    public init(json: JSONValue) throws(ProtocolError) {
        let members = try MessageReader(json)
        protocolVersion = try members.requiredString("protocol")
        verb = Verb(rawValue: try members.requiredString("verb"))
        callID = try members.requiredString("callID")
        deadline = try members.string("deadline")
        timeout = try members.seconds("timeoutSeconds")
        owner = try members.string("owner")
        guard let driver = try members.part("driver", as: DriverReference.self) else {
            throw members.missing("driver", "an object")
        }
        self.driver = driver
        volume = try members.part("volume", as: VolumeRequest.self)
        parameters = try members.dictionary("parameters")
        mutableParameters = try members.dictionary("mutableParameters")
        secrets = try members.dictionary("secrets")
        claim = try members.part("claim", as: ClaimReference.self)
        node = try members.part("node", as: NodeReference.self)
        pod = try members.part("pod", as: PodReference.self)
        target = try members.string("target")
        stagingTarget = try members.string("stagingTarget")
        device = try members.string("device")
        readOnly = try members.bool("readOnly") ?? false
        snapshot = try members.part("snapshot", as: SnapshotRequest.self)
        paging = try members.part("paging", as: Paging.self)
    }

    public var json: JSONValue {
        var writer = MessageWriter()
        writer.set("protocol", protocolVersion)
        writer.set("verb", verb.rawValue)
        writer.set("callID", callID)
        writer.set("deadline", deadline)
        writer.set("timeoutSeconds", seconds: timeout)
        writer.set("owner", owner)
        writer.set("driver", driver)
        writer.set("volume", volume)
        writer.set("parameters", parameters)
        writer.set("mutableParameters", mutableParameters)
        writer.set("secrets", secrets)
        writer.set("claim", claim)
        writer.set("node", node)
        writer.set("pod", pod)
        writer.set("target", target)
        writer.set("stagingTarget", stagingTarget)
        writer.set("device", device)
        if readOnly { writer.set("readOnly", true) }
        writer.set("snapshot", snapshot)
        writer.set("paging", paging)
        return writer.json
    }
}

extension DriverRequest {
    /// What stands in a record instead of a secret's value.
    public static let redactedValue = "(removed)"

    /// The request as it may be recorded: the secrets' names are kept, their values are not.
    public var redacted: DriverRequest {
        var request = self
        request.secrets = secrets.mapValues { _ in Self.redactedValue }
        return request
    }
}

/// Every way to print a request leaves its secrets out, also when it is printed as a part of something else.
extension DriverRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String {
        let subject = volume?.name ?? snapshot?.name
        return "\(verb)\(subject.map { " \($0)" } ?? "") (driver \(driver.name), call \(callID))"
    }

    public var debugDescription: String { description }

    public var customMirror: Mirror {
        Mirror(self, children: ["request": String(decoding: redacted.json.encoded, as: UTF8.self)])
    }
}
