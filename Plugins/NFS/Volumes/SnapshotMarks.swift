import DriverProtocol
import JSONTree
import StorageDriverKit

/// What the driver remembers of a snapshot; kept like ``VolumeMark``, in `.berth/snapshots`.
struct SnapshotMark: Sendable {
    var name: String
    /// The volume's id.
    var source: String
    var owner: String?
    /// The volume's: the least size of one that is restored.
    var capacityBytes: Int64
    /// RFC 3339.
    var createdAt: String

    init(name: String, source: String, owner: String?, capacityBytes: Int64, createdAt: String) {
        self.name = name
        self.source = source
        self.owner = owner
        self.capacityBytes = capacityBytes
        self.createdAt = createdAt
    }

    /// `nil` for what is no mark.
    init?(_ text: [CChar], name: String) {
        guard let json = try? JSONParser.parse(text.map { UInt8(bitPattern: $0) }), json["version"]?.integerValue == 1,
            let source = json["volume"]?.stringValue, let capacityBytes = json["capacityBytes"]?.integerValue,
            let createdAt = json["createdAt"]?.stringValue
        else { return nil }
        self.init(
            name: name, source: source, owner: json["owner"]?.stringValue, capacityBytes: capacityBytes,
            createdAt: createdAt)
    }

    var text: [CChar] {
        var json: JSONValue = [
            "version": 1, "volume": .string(source), "capacityBytes": .integer(capacityBytes),
            "createdAt": .string(createdAt),
        ]
        json["owner"] = owner.map(JSONValue.string)
        return json.encoded.map { CChar(bitPattern: $0) }
    }

    func snapshot(in export: Export, isReady: Bool) -> Snapshot {
        Snapshot(
            id: name, name: name, sourceVolumeID: source, createdAt: createdAt, sizeBytes: capacityBytes,
            readyToUse: isReady, context: export.context)
    }
}

struct SnapshotMarks {
    let session: Session

    /// `nil` where there is no such snapshot.
    func read(_ name: String) throws -> SnapshotMark? {
        guard let places = try session.existingPlaces(),
            let entry = try session.files.readEntry(EntryName(name), in: places.snapshots)
        else { return nil }
        guard case .symbolicLink(let text) = entry, let mark = SnapshotMark(text, name: name) else {
            throw DriverError(
                .dataLoss, "'\(VolumePath.reserved)/snapshots/\(name)' in \(session.export) is no mark of this driver",
                outcome: .final)
        }
        return mark
    }

    /// - Returns: false where there is one already.
    func create(_ mark: SnapshotMark) throws -> Bool {
        try session.files.makeSymbolicLink(EntryName(mark.name), in: session.places().snapshots, to: mark.text)
    }

    func remove(_ name: String) throws {
        try session.files.removeFile(EntryName(name), in: session.places().snapshots)
    }
}
