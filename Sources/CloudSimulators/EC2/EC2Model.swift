import Foundation
import JSONTree

/// The state of the simulated EC2, and what its calls do to it. Pure: the time comes in, and each change is noted for
/// whoever makes it durable.
struct EC2Model: Sendable {
    /// What a client token stands for.
    struct TokenUse: Codable, Hashable, Sendable {
        var token: String
        /// The request's parameters without the token: the same ones ask for the same thing.
        var parameters: [String: String]
        var volumeID: String
        var time: SimulatorClock.Milliseconds
    }

    /// A kind of documents in the store.
    enum Kind: String {
        case volume = "aws.volume"
        case snapshot = "aws.snapshot"
        case token = "aws.token"
        case instanceTags = "aws.instanceTags"
    }

    let configuration: EC2Configuration
    private(set) var volumes: [String: EC2Volume] = [:]
    private var volumesByTag = EC2TagIndex()
    private(set) var snapshots: [String: EC2Snapshot] = [:]
    private(set) var tokens: [String: TokenUse] = [:]
    private(set) var instanceTags: [String: EC2Tags] = [:]
    private(set) var changes: [ResourceStore.Change] = []
    private(set) var contentSteps: [ContentStep] = []
    /// When to look again for what is over.
    private var nextForgetting: SimulatorClock.Milliseconds = 0

    init(_ configuration: EC2Configuration) { self.configuration = configuration }

    init(_ configuration: EC2Configuration, from store: ResourceStore) throws {
        self.configuration = configuration
        volumes = try Self.read(.volume, store)
        snapshots = try Self.read(.snapshot, store)
        tokens = try Self.read(.token, store)
        instanceTags = try Self.read(.instanceTags, store)
        for volume in volumes.values { volumesByTag.add(volume.id, volume.tags) }
    }

    /// What is to be made durable since the last time.
    mutating func takeChanges() -> [ResourceStore.Change] {
        defer { changes = [] }
        return changes
    }

    /// What is to become of the disks' bytes since the last time.
    mutating func takeContentSteps() -> [ContentStep] {
        defer { contentSteps = [] }
        return contentSteps
    }

    // MARK: Changing

    mutating func note(_ step: ContentStep) { contentSteps.append(step) }

    /// For a volume whose bytes could not be made.
    mutating func forget(volume id: String) {
        guard let volume = volumes.removeValue(forKey: id) else { return }
        volumesByTag.remove(id, volume.tags)
        changes.append(.remove(kind: Kind.volume.rawValue, key: id))
    }

    mutating func put(_ volume: EC2Volume) {
        let former = volumes.updateValue(volume, forKey: volume.id)
        if former?.tags != volume.tags {
            if let former { volumesByTag.remove(volume.id, former.tags) }
            volumesByTag.add(volume.id, volume.tags)
        }
        note(.volume, volume.id, volume)
    }

    mutating func put(_ snapshot: EC2Snapshot) {
        snapshots[snapshot.id] = snapshot
        note(.snapshot, snapshot.id, snapshot)
    }

    mutating func put(_ use: TokenUse) {
        tokens[use.token] = use
        note(.token, use.token, use)
    }

    mutating func put(_ tags: EC2Tags, instance id: String) {
        instanceTags[id] = tags
        note(.instanceTags, id, tags)
    }

    mutating func remove(snapshot id: String) {
        snapshots[id] = nil
        changes.append(.remove(kind: Kind.snapshot.rawValue, key: id))
        note(.remove(id: id))
    }

    /// Forgets volumes whose deletion is through, and client tokens whose time is over; once a second, for it looks at
    /// all of them, and nobody sees them any more.
    mutating func forgetWhatIsOver(at now: SimulatorClock.Milliseconds) {
        guard now >= nextForgetting else { return }
        nextForgetting = now + 1000
        for volume in volumes.values where volume.state(at: now) == .deleted { forget(volume: volume.id) }
        for use in tokens.values where isOver(use, at: now) {
            tokens[use.token] = nil
            changes.append(.remove(kind: Kind.token.rawValue, key: use.token))
        }
    }

    func isOver(_ use: TokenUse, at now: SimulatorClock.Milliseconds) -> Bool {
        now - use.time > configuration.clientTokenMilliseconds
    }

    /// Lets what faults keep go on.
    mutating func release(at now: SimulatorClock.Milliseconds) {
        for var volume in volumes.values where volume.release(at: now) { put(volume) }
        for var snapshot in snapshots.values where snapshot.pending.isStuck {
            snapshot.pending.release(at: now)
            put(snapshot)
        }
    }

    // MARK: Reading

    /// - Throws: ``EC2Error`` for an id that is none, and for a volume that is not there, or not yet seen.
    func volume(_ id: String, at now: SimulatorClock.Milliseconds) throws(EC2Error) -> EC2Volume {
        try Self.check(id, prefix: "vol-", parameter: "volumeId")
        guard let volume = volumes[id], isVisible(volume, at: now) else { throw .noVolume(id) }
        return volume
    }

    func snapshot(_ id: String, at now: SimulatorClock.Milliseconds) throws(EC2Error) -> EC2Snapshot {
        try Self.check(id, prefix: "snap-", parameter: "snapshotId")
        guard let snapshot = snapshots[id], now >= snapshot.visibleFrom else { throw .noSnapshot(id) }
        return snapshot
    }

    func instance(_ id: String) throws(EC2Error) -> EC2Configuration.Instance {
        guard Self.isID(id, prefix: "i-") else {
            throw EC2Error("InvalidInstanceID.Malformed", "Invalid id: \"\(id)\"")
        }
        guard let instance = configuration.instances.first(where: { $0.id == id }) else { throw .noInstance(id) }
        return instance
    }

    /// In no order, those that may pass: the filters are still to be asked.
    func visibleVolumes(
        _ filters: [EC2Filter], at now: SimulatorClock.Milliseconds
    ) -> [EC2Volume] {
        guard let candidates = volumesByTag.candidates(filters) else {
            return volumes.values.filter { isVisible($0, at: now) }
        }
        return candidates.compactMap { volumes[$0] }.filter { isVisible($0, at: now) }
    }

    func isVisible(_ volume: EC2Volume, at now: SimulatorClock.Milliseconds) -> Bool {
        now >= volume.visibleFrom && volume.state(at: now) != .deleted
    }

    /// What is attached to an instance, or about to be or no longer to be.
    func attachments(
        to instanceID: String, at now: SimulatorClock.Milliseconds
    ) -> [(volumeID: String, attachment: EC2Volume.Attachment)] {
        volumes.values.flatMap { volume in
            volume.attachments(at: now).filter { $0.instanceID == instanceID }.map { (volume.id, $0) }
        }.sorted { $0.attachment.device < $1.attachment.device }
    }

    /// `vol-` and seventeen hexadecimal digits, not yet used.
    func newID(_ prefix: String) -> String {
        while true {
            let digits = String(UInt64.random(in: 0...UInt64.max), radix: 16)
            let id = prefix + "0" + String(repeating: "0", count: 16 - digits.count) + digits
            if volumes[id] == nil, snapshots[id] == nil { return id }
        }
    }

    static func check(_ id: String, prefix: String, parameter: String) throws(EC2Error) {
        guard isID(id, prefix: prefix) else {
            throw .invalidValue(id, of: parameter, expected: "Expected: '\(prefix)...'.")
        }
    }

    private static func isID(_ id: String, prefix: String) -> Bool {
        guard id.hasPrefix(prefix) else { return false }
        let digits = id.utf8.dropFirst(prefix.utf8.count)
        return (digits.count == 8 || digits.count == 17)
            && digits.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    // MARK: Documents

    private mutating func note(_ kind: Kind, _ key: String, _ document: some Encodable) {
        do {
            let json = try JSONParser.parse(Array(try JSONEncoder().encode(document)))
            changes.append(.put(kind: kind.rawValue, key: key, json))
        } catch {
            // Unreachable: a document has only strings, integers and booleans, few levels deep, which JSONEncoder writes and
            // JSONParser reads.
            preconditionFailure("\(kind.rawValue) \(key) has no JSON form: \(error)")
        }
    }

    private static func read<Document: Decodable>(
        _ kind: Kind, _ store: ResourceStore
    ) throws -> [String: Document] {
        try store.all(kind.rawValue).mapValues { json in
            try JSONDecoder().decode(Document.self, from: Data(json.encoded))
        }
    }
}
