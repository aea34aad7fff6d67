import DriverProtocol
import JSONTree

/// A snapshot as the API gives it.
struct SnapshotRecord {
    let name: String
    let status: String
    let sizeGiB: Int64
    /// `projects/p/zones/z/disks/d`, as the volume's id.
    let sourceID: String
    let createdAt: String
    let mark: ResourceMark?

    init(_ json: JSONValue) throws(ComputeFailure) {
        guard let name = json["name"]?.stringValue, let status = json["status"]?.stringValue,
            let size = json["diskSizeGb"]?.stringValue.flatMap(Int64.init), DiskType.gibibytes.contains(size),
            let source = json["sourceDisk"]?.stringValue, let start = source.firstRange(of: "projects/"),
            let createdAt = json["creationTimestamp"]?.stringValue
        else {
            throw ComputeFailure(
                cause: .refused(status: 502, reason: "backendError", message: "what it gives is no snapshot"),
                api: "snapshots.get")
        }
        self.name = name
        self.status = status
        sizeGiB = size
        sourceID = String(source[start.lowerBound...])
        self.createdAt = createdAt
        mark = ResourceMark(json)
    }

    /// - Parameter project: `projects/p`
    func snapshot(_ project: String) -> Snapshot {
        Snapshot(
            id: "\(project)/global/snapshots/\(name)", name: mark?.name, sourceVolumeID: sourceID, createdAt: createdAt,
            sizeBytes: sizeGiB * DiskType.bytesPerGiB, readyToUse: status == "READY")
    }

    /// The name in `projects/p/global/snapshots/s`, a snapshot's id; `nil`: it is none.
    static func name(id: String) -> String? {
        let parts = id.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "projects", parts[2] == "global", parts[3] == "snapshots" else {
            return nil
        }
        let name = String(parts[4])
        return DiskName.isValid(name) ? name : nil
    }
}
