import CloudHTTP
import DriverProtocol

/// Finding volumes and snapshots again by the names that the host gave them.
///
/// What EC2 has made it may not show at once. Where that matters, because what is not seen would be made a second time
/// or left behind, it is looked for again and again for a moment.
struct VolumeLookup: Sendable {
    /// For how long EC2 is given to show what it has made.
    private static let settling = PollSchedule(first: .milliseconds(250), factor: 2, steps: 3)

    let ec2: EC2

    /// The volume of a name, whoever's it is; the oldest, should there be several.
    func volume(named name: String, patiently: Bool = false) async throws -> EC2Volume? {
        try await volumes(named: name, patiently: patiently).first
    }

    /// The oldest first.
    func volumes(named name: String, patiently: Bool = false) async throws -> [EC2Volume] {
        try await found(patiently) {
            try await ec2.volumes(tagged: [Tags.volume: name])
        }.sorted { ($0.createTime, $0.id) < ($1.createTime, $1.id) }
    }

    /// The oldest first.
    func snapshots(named name: String, patiently: Bool = false) async throws -> [EC2Snapshot] {
        try await found(patiently) {
            try await ec2.snapshots(tagged: [Tags.snapshot: name])
        }.sorted { ($0.startTime, $0.id) < ($1.startTime, $1.id) }
    }

    /// The oldest first, looked for until `id`, which was taken just now, shows: so do then the older ones, mostly.
    func snapshots(named name: String, showing id: String) async throws -> [EC2Snapshot] {
        let first = try await snapshots(named: name)
        if first.contains(where: { $0.id == id }) { return first }
        return try await Self.settling.poll(deadline: ec2.deadline) {
            let items = try await snapshots(named: name)
            return items.contains { $0.id == id } ? items : nil
        } ?? []
    }

    /// The volume that a call is about: by its id where that is known, else by its name.
    ///
    /// A volume that this driver did not make (a PersistentVolume written by hand) has no name of the host's.
    ///
    /// - Throws: ``DriverError`` `NOT_FOUND`, ``EC2Failure``.
    func existing(_ volume: VolumeRequest, owner: String?) async throws -> EC2Volume {
        let found: EC2Volume?
        if let given = volume.id {
            guard let id = Self.id(given) else { throw Self.none(volume) }
            found = try await ec2.volume(id)
        } else {
            found = try await self.volume(named: volume.name)
        }
        guard let found, found.tags[Tags.volume] ?? volume.name == volume.name else { throw Self.none(volume) }
        if found.tags[Tags.volume] != nil, let owner, found.tags[Tags.owner] != owner { throw Self.none(volume) }
        return found
    }

    /// Reads `vol-0123…` and the in-tree plugin's `aws://us-east-1a/vol-0123…`.
    static func id(_ text: String) -> String? {
        let last = text.hasPrefix("aws://") ? text.split(separator: "/").last.map(String.init) ?? "" : text
        return last.hasPrefix("vol-") && isID(last.dropFirst(4)) ? last : nil
    }

    static func snapshotID(_ text: String) -> String? {
        text.hasPrefix("snap-") && isID(text.dropFirst(5)) ? text : nil
    }

    private static func isID(_ digits: Substring) -> Bool {
        !digits.isEmpty && digits.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private static func none(_ volume: VolumeRequest) -> DriverError {
        DriverError(.notFound, "there is no volume \(volume.name)\(volume.id.map { " (\($0))" } ?? "")")
    }

    private func found<Item>(_ patiently: Bool, _ look: () async throws -> [Item]) async throws -> [Item] {
        let first = try await look()
        guard first.isEmpty, patiently else { return first }
        return try await Self.settling.poll(deadline: ec2.deadline) {
            let items = try await look()
            return items.isEmpty ? nil : items
        } ?? []
    }
}
