public import DriverProtocol
public import JSONTree

/// What the host's user asks of a driver: a verb and its subject. The host adds what it knows itself: the call's id,
/// the deadline, the driver's registered name and configuration.
///
/// The fields are those of ``DriverRequest``, which documents them.
public struct DriverCall: Sendable, Hashable {
    public var verb: Verb
    public var volume: VolumeRequest?
    /// Those of the class, without the ones that are for the host (`csi.storage.k8s.io/…`).
    public var parameters: [String: String]
    public var mutableParameters: [String: String] = [:]
    /// Never recorded, never logged; their values are also removed from what the driver prints.
    public var secrets: [String: String]
    public var claim: ClaimReference?
    public var node: NodeReference?
    public var pod: PodReference?
    public var target: String?
    public var stagingTarget: String?
    public var device: String?
    public var readOnly = false
    public var snapshot: SnapshotRequest?
    public var paging: Paging?
    /// Replaces the `config` that drivers.json has now: a repeated call goes to the same place as before.
    public var config: JSONObject?
    /// How long the driver may take, not counting the wait for its turn; `nil`: as drivers.json, the driver or the
    /// host's defaults say for this verb.
    public var timeout: Duration?

    public init(
        _ verb: Verb, volume: VolumeRequest? = nil, parameters: [String: String] = [:],
        secrets: [String: String] = [:], claim: ClaimReference? = nil, timeout: Duration? = nil
    ) {
        self.verb = verb
        self.volume = volume
        self.parameters = parameters
        self.secrets = secrets
        self.claim = claim
        self.timeout = timeout
    }

    /// The same call as a request made earlier, for example a recorded one.
    public init(repeating request: DriverRequest) {
        self.init(
            request.verb, volume: request.volume, parameters: request.parameters, secrets: request.secrets,
            claim: request.claim)
        mutableParameters = request.mutableParameters
        node = request.node
        pod = request.pod
        target = request.target
        stagingTarget = request.stagingTarget
        device = request.device
        readOnly = request.readOnly
        snapshot = request.snapshot
        paging = request.paging
    }
}

extension DriverCall {
    /// Calls about one thing are made one after the other. `nil`: about the driver as a whole, no order.
    var serializationKey: String? {
        guard verb.changesState || volume != nil else { return nil }
        return volume.map { "volume/\($0.name)" } ?? snapshot.map { "snapshot/\($0.name)" }
    }

    /// As messages name it: `provision of volume pvc-1`.
    var subject: String {
        if let snapshot { return "\(verb) of snapshot \(snapshot.name)" }
        if let volume { return "\(verb) of volume \(volume.name)" }
        return "\(verb)"
    }

    func request(
        callID: String, driver: DriverReference, owner: String?, timeout: Duration, now: WallClock
    ) -> DriverRequest {
        var driver = driver
        if let config { driver.config = config }
        var request = DriverRequest(
            verb: verb, callID: callID, driver: driver, volume: volume, parameters: parameters, secrets: secrets,
            claim: claim, deadline: now.adding(timeout).rfc3339, timeout: timeout, owner: owner)
        request.mutableParameters = mutableParameters
        request.node = node
        request.pod = pod
        request.target = target
        request.stagingTarget = stagingTarget
        request.device = device
        request.readOnly = readOnly
        request.snapshot = snapshot
        request.paging = paging
        return request
    }
}
