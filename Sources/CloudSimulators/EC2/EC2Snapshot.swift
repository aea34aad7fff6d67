/// A snapshot.
struct EC2Snapshot: Codable, Hashable, Sendable {
    var id: String
    var volumeID: String
    var sizeGiB: Int
    var description: String
    var kmsKeyID: String?
    var startTime: SimulatorClock.Milliseconds
    var visibleFrom: SimulatorClock.Milliseconds
    var pending: EC2Transition
    var tags: EC2Tags

    func isCompleted(at now: SimulatorClock.Milliseconds) -> Bool { pending.isOver(at: now) }

    /// `40%`
    func progress(at now: SimulatorClock.Milliseconds) -> String {
        if isCompleted(at: now) { return "100%" }
        guard !pending.isStuck else { return "99%" }
        return "\(max(0, now - startTime) * 99 / max(1, pending.end - startTime))%"
    }

    func element(owner: String, at now: SimulatorClock.Milliseconds) -> [XMLElement] {
        var elements = [
            XMLElement("snapshotId", id), XMLElement("volumeId", volumeID),
            XMLElement("status", isCompleted(at: now) ? "completed" : "pending"),
            XMLElement("startTime", time: startTime), XMLElement("progress", progress(at: now)),
            XMLElement("ownerId", owner), XMLElement("volumeSize", sizeGiB), XMLElement("description", description),
            XMLElement("encrypted", kmsKeyID != nil),
        ]
        if let kmsKeyID { elements.append(XMLElement("kmsKeyId", kmsKeyID)) }
        if isCompleted(at: now) { elements.append(XMLElement("completionTime", time: pending.end)) }
        if !tags.values.isEmpty { elements.append(tags.element) }
        elements.append(XMLElement("storageTier", "standard"))
        return elements
    }
}

/// A snapshot as the filters of DescribeSnapshots see it.
struct VisibleSnapshot: EC2Filterable {
    var snapshot: EC2Snapshot
    var owner: String
    var now: SimulatorClock.Milliseconds

    var tags: EC2Tags { snapshot.tags }

    func values(ofFilter name: String) -> [String]? {
        switch name {
        case "snapshot-id": [snapshot.id]
        case "volume-id": [snapshot.volumeID]
        case "volume-size": [String(snapshot.sizeGiB)]
        case "status": [snapshot.isCompleted(at: now) ? "completed" : "pending"]
        case "progress": [snapshot.progress(at: now)]
        case "description": [snapshot.description]
        case "encrypted": [snapshot.kmsKeyID == nil ? "false" : "true"]
        case "owner-id": [owner]
        case "owner-alias": []
        case "start-time": [SimulatorClock.text(snapshot.startTime)]
        case "storage-tier": ["standard"]
        case "transfer-type": ["standard"]
        default: nil
        }
    }
}

extension EC2Snapshot {
    /// Of which only the kind matters.
    static let example = EC2Snapshot(
        id: "", volumeID: "", sizeGiB: 0, description: "", startTime: 0, visibleFrom: 0, pending: EC2Transition(end: 0),
        tags: EC2Tags())
}
