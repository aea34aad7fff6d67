import JSONTree

/// A disk, zonal or regional.
struct ComputeDisk: Codable {
    enum Status: String, Codable {
        case creating = "CREATING"
        case restoring = "RESTORING"
        case ready = "READY"
        case deleting = "DELETING"
    }

    /// A snapshot or disk that it began with.
    struct Source: Codable, Hashable {
        var resource: ComputeResource
        var id: UInt64
    }

    /// An instance that has it, or is about to have it.
    struct Attachment: Codable, Hashable {
        var instance: ComputeResource
        var deviceName: String
        /// `READ_WRITE` or `READ_ONLY`
        var mode: String
        var interface: String
        var index: Int
        /// From the end of the operation that attaches it to that of the one that detaches it.
        var isVisible: Bool
    }

    var resource: ComputeResource
    var id: UInt64
    var createdAt: Int64
    var status: Status
    var sizeGb: Int64
    var type: String
    var description: String?
    var labels: [String: String] = [:]
    var replicaZones: [String] = []
    var provisionedIops: Int64?
    var provisionedThroughput: Int64?
    var accessMode: String?
    var multiWriter: Bool?
    var source: Source?
    var kmsKeyName: String?
    var enableConfidentialCompute: Bool?
    var storagePool: String?
    var physicalBlockSizeBytes: Int64 = 4096
    var attachments: [Attachment] = []
    var lastAttachedAt: Int64?
    var lastDetachedAt: Int64?
    /// When its size or performance last changed.
    var changedAt: Int64?
    /// Reads do not see it before.
    var visibleFrom: Int64 = 0

    var region: Bool {
        if case .region = resource.scope { true } else { false }
    }

    /// Whether several instances may write to it at once.
    var isShared: Bool { multiWriter == true || accessMode == "READ_WRITE_MANY" }

    var visibleAttachments: [Attachment] { attachments.filter(\.isVisible) }

    func json(_ links: ComputeLinks) -> JSONValue {
        var json: JSONValue = [
            "kind": "compute#disk", "id": .string(String(id)),
            "creationTimestamp": .string(SimulatorClock.text(createdAt)), "name": .string(resource.name),
            "sizeGb": .string(String(sizeGb)), "status": .string(status.rawValue),
            "selfLink": .string(links.url(resource)),
            "type": .string(links.url(ComputeResource(resource.project, resource.scope, .diskTypes, type))),
            "labelFingerprint": .string(Labels.fingerprint(labels)),
            "physicalBlockSizeBytes": .string(String(physicalBlockSizeBytes)),
        ]
        switch resource.scope {
        case .zone(let zone): json["zone"] = .string(links.zone(zone, resource.project))
        case .region(let region): json["region"] = .string(links.region(region, resource.project))
        case .global: break
        }
        if !replicaZones.isEmpty {
            json["replicaZones"] = .array(replicaZones.map { .string(links.zone($0, resource.project)) })
        }
        if let description { json["description"] = .string(description) }
        if !labels.isEmpty { json["labels"] = JSONValue(labels) }
        if let provisionedIops { json["provisionedIops"] = .string(String(provisionedIops)) }
        if let provisionedThroughput { json["provisionedThroughput"] = .string(String(provisionedThroughput)) }
        if let accessMode { json["accessMode"] = .string(accessMode) }
        // A property of the beta and alpha API only.
        if let multiWriter, !links.isV1 { json["multiWriter"] = .bool(multiWriter) }
        if let source {
            let property = source.resource.collection == .snapshots ? "sourceSnapshot" : "sourceDisk"
            json[property] = .string(links.url(source.resource))
            json[property + "Id"] = .string(String(source.id))
        }
        if let kmsKeyName { json["diskEncryptionKey"] = ["kmsKeyName": .string(kmsKeyName)] }
        if let enableConfidentialCompute { json["enableConfidentialCompute"] = .bool(enableConfidentialCompute) }
        if let storagePool { json["storagePool"] = .string(storagePool) }
        if !visibleAttachments.isEmpty {
            json["users"] = .array(visibleAttachments.map { .string(links.url($0.instance)) })
        }
        if let lastAttachedAt { json["lastAttachTimestamp"] = .string(SimulatorClock.text(lastAttachedAt)) }
        if let lastDetachedAt { json["lastDetachTimestamp"] = .string(SimulatorClock.text(lastDetachedAt)) }
        return json
    }
}

/// A snapshot. Its states follow from the time.
struct ComputeSnapshot: Codable {
    var resource: ComputeResource
    var id: UInt64
    var createdAt: Int64
    /// Is CREATING until then, then UPLOADING.
    var uploadingFrom: Int64
    var readyFrom: Int64
    var isStuck = false
    var isDeleting = false
    var source: ComputeDisk.Source
    var diskSizeGb: Int64
    var description: String?
    var labels: [String: String] = [:]
    var storageLocations: [String]
    var snapshotType: String
    var kmsKeyName: String?
    var visibleFrom: Int64 = 0

    func status(at now: Int64) -> String {
        if isDeleting { return "DELETING" }
        if isStuck || now < uploadingFrom { return "CREATING" }
        return now < readyFrom ? "UPLOADING" : "READY"
    }

    func json(_ links: ComputeLinks, now: Int64) -> JSONValue {
        let status = status(at: now)
        var json: JSONValue = [
            "kind": "compute#snapshot", "id": .string(String(id)),
            "creationTimestamp": .string(SimulatorClock.text(createdAt)), "name": .string(resource.name),
            "status": .string(status), "selfLink": .string(links.url(resource)),
            "sourceDisk": .string(links.url(source.resource)), "sourceDiskId": .string(String(source.id)),
            "diskSizeGb": .string(String(diskSizeGb)),
            "storageBytesStatus": status == "READY" ? "UP_TO_DATE" : "UPDATING",
            "labelFingerprint": .string(Labels.fingerprint(labels)),
            "storageLocations": JSONValue(storageLocations), "snapshotType": .string(snapshotType),
        ]
        // The simulator has nothing to charge for: no bytes are stored yet, or none that count.
        json["storageBytes"] = "0"
        if let description { json["description"] = .string(description) }
        if !labels.isEmpty { json["labels"] = JSONValue(labels) }
        if let kmsKeyName { json["snapshotEncryptionKey"] = ["kmsKeyName": .string(kmsKeyName)] }
        return json
    }
}
