import DriverProtocol

/// How long a driver may take for a verb.
struct CallTimeouts: Sendable, Hashable {
    /// From the entry in drivers.json.
    var verbs: [Verb: Duration] = [:]
    /// `default` of the entry: for the verbs that it does not name.
    var fallback: Duration?

    /// The entry's word counts before the driver's, and that before the host's defaults.
    func timeout(for verb: Verb, info: DriverInfo?) -> Duration {
        verbs[verb] ?? fallback ?? info?.timeouts[verb] ?? Self.standard[verb] ?? .seconds(60)
    }

    /// `waitforattach` has what kubelet gives it; what makes a file system or copies data has minutes.
    private static let standard: [Verb: Duration] = [
        .initialize: .seconds(5), .status: .seconds(5), .stats: .seconds(10),
        .validate: .seconds(30), .get: .seconds(30), .capacity: .seconds(30), .isAttached: .seconds(30),
        .list: .seconds(60), .listSnapshots: .seconds(60),
        .provision: .seconds(120), .delete: .seconds(120), .expandVolume: .seconds(120), .modify: .seconds(120),
        .createSnapshot: .seconds(120), .deleteSnapshot: .seconds(120), .attach: .seconds(120),
        .detach: .seconds(120), .mount: .seconds(120), .unmount: .seconds(120), .unmountDevice: .seconds(120),
        .mountDevice: .seconds(300), .expandFS: .seconds(300), .waitForAttach: .seconds(600),
    ]
}
