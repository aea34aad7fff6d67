import JSONTree

/// A virtual machine, as far as its data disks go. It comes from the configuration; its disks are what is stored.
struct StoredMachine: Sendable, Hashable {
    /// An entry of `storageProfile.dataDisks`.
    struct DataDisk: Sendable, Hashable {
        var lun: Int64
        var diskID: String
        var name: String
        var caching: String
        var writeAccelerator = false
        /// It is being detached.
        var isLeaving = false
    }

    var name: ResourceName
    var location: String
    var zone: String?
    var size: String
    var isLocal: Bool
    var takesUltraDisks: Bool
    var uniqueID: String
    var tags: JSONValue = .object([:])
    var dataDisks: [DataDisk] = []
    /// Goes up with each change: `etag`.
    var generation: Int64 = 1
    var transition: Transition?

    var etag: String { "\"\(generation)\"" }

    init(_ machine: ResourceManagerSettings.Machine, uniqueID: String) {
        name = machine.name
        location = machine.location
        zone = machine.zone
        size = machine.size
        isLocal = machine.isLocal
        takesUltraDisks = machine.takesUltraDisks
        self.uniqueID = uniqueID
    }

    func rendered(
        _ now: SimulatorClock.Milliseconds, disks: [String: StoredResource], withInstanceView: Bool = false
    ) -> JSONValue {
        let isBusy = transition.map { !$0.isOver(now) } ?? false
        var properties: JSONValue = [
            "vmId": .string(uniqueID), "provisioningState": .string(isBusy ? "Updating" : "Succeeded"),
            "hardwareProfile": ["vmSize": .string(size)],
            "storageProfile": [
                // Ephemeral, so that no managed disk is behind it.
                "osDisk": [
                    "osType": "Linux", "name": .string("\(name.name)_OsDisk"), "createOption": "FromImage",
                    "caching": "ReadOnly", "diffDiskSettings": ["option": "Local"], "diskSizeGB": 30,
                ],
                "dataDisks": .array(dataDisks.map { rendered($0, disks[$0.diskID.lowercased()]) }),
            ],
            "osProfile": ["computerName": .string(name.name), "adminUsername": "azureuser"],
            "networkProfile": [
                "networkInterfaces": [
                    [
                        "id": .string(
                            "/subscriptions/\(name.subscription)/resourceGroups/\(name.group)/providers/"
                                + "Microsoft.Network/networkInterfaces/\(name.name)-nic")
                    ]
                ]
            ],
        ]
        if takesUltraDisks { properties["additionalCapabilities"] = ["ultraSSDEnabled": true] }
        if withInstanceView { properties["instanceView"] = instanceView(now) }
        var json: JSONValue = [
            "name": .string(name.parent.map { "\($0)_\(name.name)" } ?? name.name), "id": .string(name.id),
            "type": .string(name.type.path), "location": .string(location), "tags": tags, "etag": .string(etag),
        ]
        if let zone { json["zones"] = [.string(zone)] }
        if name.type == .scaleSetMachine {
            json["instanceId"] = .string(name.name)
            json["sku"] = ["name": .string(size), "tier": "Standard"]
            properties["latestModelApplied"] = true
        }
        json["properties"] = properties
        return json
    }

    func instanceView(_ now: SimulatorClock.Milliseconds) -> JSONValue {
        let isBusy = transition.map { !$0.isOver(now) } ?? false
        var view: JSONValue = [
            "statuses": [
                [
                    "code": isBusy ? "ProvisioningState/updating" : "ProvisioningState/succeeded", "level": "Info",
                    "displayStatus": isBusy ? "Updating" : "Provisioning succeeded",
                ],
                ["code": "PowerState/running", "level": "Info", "displayStatus": "VM running"],
            ]
        ]
        if name.type == .machine { view["computerName"] = .string(name.name) }
        return view
    }

    private func rendered(_ dataDisk: DataDisk, _ disk: StoredResource?) -> JSONValue {
        var managed: JSONValue = ["id": .string(dataDisk.diskID)]
        managed["storageAccountType"] = disk.map { .string($0.typeName) }
        var json: JSONValue = [
            "lun": .integer(dataDisk.lun), "name": .string(dataDisk.name), "createOption": "Attach",
            "caching": .string(dataDisk.caching), "managedDisk": managed, "deleteOption": "Detach",
            "toBeDetached": .bool(dataDisk.isLeaving),
        ]
        if dataDisk.writeAccelerator { json["writeAcceleratorEnabled"] = true }
        json["diskSizeGB"] = disk.map { .integer($0.sizeGB) }
        return json
    }
}

extension StoredMachine {
    /// What is stored of a machine, beside its configuration.
    var json: JSONValue {
        var json: JSONValue = [
            "uniqueID": .string(uniqueID), "generation": .integer(generation), "tags": tags,
            "dataDisks": .array(
                dataDisks.map {
                    [
                        "lun": .integer($0.lun), "diskID": .string($0.diskID), "name": .string($0.name),
                        "caching": .string($0.caching), "writeAccelerator": .bool($0.writeAccelerator),
                        "isLeaving": .bool($0.isLeaving),
                    ]
                }),
        ]
        json["transition"] = transition?.json
        return json
    }

    mutating func restore(_ json: JSONValue) {
        uniqueID = json["uniqueID"]?.stringValue ?? uniqueID
        generation = json["generation"]?.integerValue ?? generation
        tags = json["tags"] ?? tags
        transition = json["transition"].flatMap(Transition.init(json:))
        dataDisks = (json["dataDisks"]?.arrayValue ?? []).compactMap { entry in
            guard let lun = entry["lun"]?.integerValue, let diskID = entry["diskID"]?.stringValue,
                let name = entry["name"]?.stringValue
            else { return nil }
            return DataDisk(
                lun: lun, diskID: diskID, name: name, caching: entry["caching"]?.stringValue ?? "None",
                writeAccelerator: entry["writeAccelerator"]?.boolValue ?? false,
                isLeaving: entry["isLeaving"]?.boolValue ?? false)
        }
    }
}
