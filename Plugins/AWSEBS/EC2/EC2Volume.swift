import CloudHTTP
import DriverProtocol

/// A volume as EC2 describes it.
struct EC2Volume: Sendable {
    struct Attachment: Sendable {
        let instanceID: String
        let device: String
        /// `attaching`, `attached`, `detaching`, `detached`, `busy`
        let state: String
    }

    let id: String
    /// `creating`, `available`, `in-use`, `deleting`, `deleted`, `error`
    let state: String
    let sizeGiB: Int64
    let type: String
    let iops: Int64?
    let throughput: Int64?
    let zone: String
    let zoneID: String?
    let snapshotID: String?
    let sourceVolumeID: String?
    let createTime: String
    let tags: [String: String]
    let attachments: [Attachment]

    /// - Parameter element: `CreateVolumeResponse`, or an `item` of a `volumeSet`. `nil` for anything else.
    init?(_ element: XMLElement) {
        guard let id = element.string("volumeId"), let state = element.string("status"),
            let size = element.gibibytes("size"), let zone = element.string("availabilityZone")
        else { return nil }
        self.id = id
        self.state = state
        sizeGiB = size
        self.zone = zone
        type = element.string("volumeType") ?? ""
        iops = element.integer("iops")
        throughput = element.integer("throughput")
        zoneID = element.string("availabilityZoneId")
        snapshotID = element.string("snapshotId").flatMap { $0.isEmpty ? nil : $0 }
        sourceVolumeID = element.string("sourceVolumeId")
        createTime = element.string("createTime") ?? ""
        tags = element.tags
        attachments = (element["attachmentSet"]?.all("item") ?? []).compactMap { item in
            guard let instance = item.string("instanceId"), let state = item.string("status") else { return nil }
            return Attachment(instanceID: instance, device: item.string("device") ?? "", state: state)
        }
    }

    var capacityBytes: Int64 { sizeGiB << 30 }

    /// Whether it is on its way out: for everybody but EC2 there is no such volume any more.
    var isGone: Bool { state == "deleting" || state == "deleted" }
}

/// A snapshot as EC2 describes it.
struct EC2Snapshot: Sendable {
    let id: String
    let volumeID: String
    /// `pending`, `completed`, `error`, …
    let state: String
    let sizeGiB: Int64
    let startTime: String
    let tags: [String: String]

    init?(_ element: XMLElement) {
        guard let id = element.string("snapshotId"), let volume = element.string("volumeId"),
            let state = element.string("status"), let start = element.string("startTime")
        else { return nil }
        self.id = id
        volumeID = volume
        self.state = state
        startTime = start
        sizeGiB = element.gibibytes("volumeSize") ?? 0
        tags = element.tags
    }

    /// As the protocol has it.
    var snapshot: Snapshot {
        Snapshot(
            id: id, name: tags[Tags.snapshot], sourceVolumeID: volumeID, createdAt: startTime, sizeBytes: sizeGiB << 30,
            readyToUse: state == "completed")
    }
}

/// The last modification of a volume.
struct EC2Modification: Sendable {
    /// `modifying`, `optimizing`, `completed`, `failed`
    let state: String
    let message: String?
    let targetSizeGiB: Int64?
    let targetType: String?
    let targetIOPS: Int64?
    let targetThroughput: Int64?

    init?(_ element: XMLElement) {
        guard let state = element.string("modificationState") else { return nil }
        self.state = state
        message = element.string("statusMessage")
        targetSizeGiB = element.integer("targetSize")
        targetType = element.string("targetVolumeType")
        targetIOPS = element.integer("targetIops")
        targetThroughput = element.integer("targetThroughput")
    }
}

extension XMLElement {
    /// A size that can be told in bytes.
    fileprivate func gibibytes(_ name: String) -> Int64? {
        integer(name).flatMap { (0...Int64.max >> 30).contains($0) ? $0 : nil }
    }

    fileprivate var tags: [String: String] {
        var tags: [String: String] = [:]
        for item in self["tagSet"]?.all("item") ?? [] {
            if let key = item.string("key") { tags[key] = item.string("value") ?? "" }
        }
        return tags
    }
}
