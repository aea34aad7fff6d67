// Further things that Describe calls list, as their filters see them.

/// The last modification of a volume.
struct VisibleModification: EC2Filterable {
    var volumeID: String
    var modification: EC2Volume.Modification
    var now: SimulatorClock.Milliseconds

    /// Modifications have none.
    var tags: EC2Tags { EC2Tags() }

    func values(ofFilter name: String) -> [String]? {
        switch name {
        case "volume-id": [volumeID]
        case "modification-state": [modification.state(at: now).rawValue]
        case "original-iops": modification.original.iops.map { [String($0)] } ?? []
        case "original-size": [String(modification.original.sizeGiB)]
        case "original-volume-type": [modification.original.type]
        case "originalMultiAttachEnabled": [modification.original.multiAttach ? "true" : "false"]
        case "start-time": [SimulatorClock.text(modification.start)]
        case "target-iops": modification.target.iops.map { [String($0)] } ?? []
        case "target-size": [String(modification.target.sizeGiB)]
        case "target-volume-type": [modification.target.type]
        case "targetMultiAttachEnabled": [modification.target.multiAttach ? "true" : "false"]
        default: nil
        }
    }
}

/// One tag of a resource.
struct TagDescription: EC2Filterable {
    var resourceID: String
    var type: EC2Tags.ResourceType
    var key: String
    var value: String

    static func all(of id: String, _ type: EC2Tags.ResourceType, _ tags: EC2Tags) -> [TagDescription] {
        tags.sorted.map { TagDescription(resourceID: id, type: type, key: $0.key, value: $0.value) }
    }

    var tags: EC2Tags {
        var tags = EC2Tags()
        tags.replace([key: value])
        return tags
    }

    /// Unique, and what pages go by.
    var order: String { "\(resourceID) \(key)" }

    func values(ofFilter name: String) -> [String]? {
        switch name {
        case "key": [key]
        case "value": [value]
        case "resource-id": [resourceID]
        case "resource-type": [type.rawValue]
        default: nil
        }
    }

    var element: [XMLElement] {
        [
            XMLElement("resourceId", resourceID), XMLElement("resourceType", type.rawValue), XMLElement("key", key),
            XMLElement("value", value),
        ]
    }
}

struct VisibleZone: EC2Filterable {
    var zone: EC2Configuration.Zone
    var region: String

    /// Zones have none.
    var tags: EC2Tags { EC2Tags() }

    func values(ofFilter name: String) -> [String]? {
        switch name {
        case "zone-name": [zone.name]
        case "zone-id": [zone.id]
        case "zone-type": ["availability-zone"]
        case "region-name", "group-name", "network-border-group": [region]
        case "state": ["available"]
        case "opt-in-status": ["opt-in-not-required"]
        case "message": []
        default: nil
        }
    }

    var element: [XMLElement] {
        [
            XMLElement("zoneName", zone.name), XMLElement("zoneState", "available"), XMLElement("regionName", region),
            XMLElement.set("messageSet", []), XMLElement("zoneId", zone.id),
            XMLElement("zoneType", "availability-zone"),
            XMLElement("groupName", region), XMLElement("networkBorderGroup", region),
            XMLElement("optInStatus", "opt-in-not-required"),
        ]
    }
}
