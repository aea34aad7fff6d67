import JSONTree

/// A disk or a snapshot: what a client may write, kept as it was written, and what the cloud knows beside it.
struct StoredResource: Sendable, Hashable {
    var name: ResourceName
    /// `location`, `tags`, `zones`, `sku` and the writable `properties`, normalized.
    var content: JSONValue
    var uniqueID: String
    var created: SimulatorClock.Milliseconds
    /// IDs of the machines to which a disk is attached, the first one its `managedBy`.
    var attachments: [String] = []
    var transition: Transition?
    /// Reads do not see it before.
    var hiddenUntil: SimulatorClock.Milliseconds?
    /// When provisioned performance was changed, and `sku.name`, in the last 24 hours.
    var performanceChanges: [SimulatorClock.Milliseconds] = []
    var typeChanges: [SimulatorClock.Milliseconds] = []

    init(name: ResourceName, content: JSONValue, uniqueID: String, created: SimulatorClock.Milliseconds) {
        self.name = name
        self.content = content
        self.uniqueID = uniqueID
        self.created = created
    }

    var location: String { content["location"]?.stringValue ?? "" }
    var zones: [String] { content["zones"]?.stringArray ?? [] }
    var typeName: String { content.at("sku", "name")?.stringValue ?? "" }
    var sizeGB: Int64 { content.at("properties", "diskSizeGB")?.integerValue ?? 0 }
    var maximumShares: Int { Int(clamping: content.at("properties", "maxShares")?.integerValue ?? 1) }

    /// The name under which its bytes are kept in data mode.
    var contentID: String { uniqueID }

    /// As a GET shows it.
    func rendered(_ now: SimulatorClock.Milliseconds, _ settings: ResourceManagerSettings) -> JSONValue {
        var json: JSONValue = [
            "name": .string(name.name), "id": .string(name.id), "type": .string(name.type.path),
        ]
        for member in ["location", "tags", "zones", "sku"] {
            if let value = content[member] { json[member] = value }
        }
        let type = settings.diskType(typeName)
        json.set((type?.tier).map { .string($0) } ?? "Standard", at: "sku", "tier")
        var properties = content["properties"] ?? .object([:])
        properties["diskSizeBytes"] = .integer(sizeGB << 30)
        properties["uniqueId"] = .string(uniqueID)
        properties["timeCreated"] = .string(SimulatorClock.text(created))
        let isBusy = transition.map { !$0.isOver(now) } ?? false
        properties["provisioningState"] = .string(isBusy ? transition?.kind.rawValue ?? "Updating" : "Succeeded")
        properties["diskState"] = .string(attachments.isEmpty ? "Unattached" : "Attached")
        if name.type == .disk {
            if let tier = type?.tier(sizeGB: sizeGB) {
                properties["diskIOPSReadWrite"] = .integer(tier.iops)
                properties["diskMBpsReadWrite"] = .integer(tier.megabytesPerSecond)
                if type?.tier == "Premium" { properties["tier"] = properties["tier"] ?? .string(tier.name) }
            }
            if let first = attachments.first { json["managedBy"] = .string(first) }
            if maximumShares > 1 {
                json["managedByExtended"] = JSONValue(attachments)
                properties["shareInfo"] = .array(attachments.map { ["vmUri": .string($0)] })
            }
        } else {
            properties["completionPercent"] = isBusy && transition?.kind == .creating ? 0 : 100
        }
        json["properties"] = properties
        return json
    }
}

extension StoredResource {
    init?(json: JSONValue) {
        guard let name = json["id"]?.stringValue.flatMap(ResourceName.init(id:)), let content = json["content"],
            let uniqueID = json["uniqueID"]?.stringValue, let created = json["created"]?.integerValue
        else { return nil }
        self.init(name: name, content: content, uniqueID: uniqueID, created: created)
        attachments = json["attachments"]?.stringArray ?? []
        transition = json["transition"].flatMap(Transition.init(json:))
        hiddenUntil = json["hiddenUntil"]?.integerValue
        performanceChanges = json["performanceChanges"]?.arrayValue?.compactMap(\.integerValue) ?? []
        typeChanges = json["typeChanges"]?.arrayValue?.compactMap(\.integerValue) ?? []
    }

    var json: JSONValue {
        var json: JSONValue = [
            "id": .string(name.id), "content": content, "uniqueID": .string(uniqueID), "created": .integer(created),
            "attachments": JSONValue(attachments),
            "performanceChanges": .array(performanceChanges.map { .integer($0) }),
            "typeChanges": .array(typeChanges.map { .integer($0) }),
        ]
        json["transition"] = transition?.json
        json["hiddenUntil"] = hiddenUntil.map { .integer($0) }
        return json
    }
}
