import JSONTree

/// What classes may say, as `init` publishes it. Names are taken in any case, as Azure's drivers take them.
enum ParameterSchemas {
    static func parameters(_ dialect: Dialect) -> JSONValue {
        var properties: JSONValue =
            switch dialect {
            case .csi: .object(JSONObject(common(types: csiTypes) + csiOnly))
            case .inTree: .object(JSONObject(common(types: inTreeTypes)))
            }
        properties["kind"] = [
            "type": "string", "enum": ["managed", "Managed"],
            "description": "managed, the only kind that there still is: disks in storage accounts are gone from Azure",
        ]
        return schema(properties)
    }

    /// Of VolumeAttributesClasses, and what `modify` changes.
    static let mutable: JSONValue = schema([
        "skuName": choice(csiTypes, "the type of disk to change to"),
        "DiskIOPSReadWrite": integer("IOPS, of Ultra and Premium SSD v2 disks", 1),
        "DiskMBpsReadWrite": integer("MB/s, of Ultra and Premium SSD v2 disks", 1),
    ])

    /// Of VolumeSnapshotClasses.
    static let snapshot: JSONValue = schema([
        "resourceGroup": text("the group of snapshots; otherwise the driver's"),
        "incremental": boolean("only what has changed since the snapshot before; otherwise true"),
        "tags": text("tags of the snapshot: key1=value1,key2=value2"),
        "tagValueDelimiter": text("what stands between tags; otherwise a comma"),
        "dataAccessAuthMode": choice(["None", "AzureActiveDirectory"], "who may export the snapshot"),
        "userAgent": text("taken for compatibility, and not used"),
    ])

    private static let inTreeTypes = ["UltraSSD_LRS", "Standard_LRS", "StandardSSD_LRS", "Premium_LRS"]
    private static let csiTypes = ["PremiumV2_LRS", "StandardSSD_ZRS", "Premium_ZRS"] + inTreeTypes

    /// Defaults that depend on another parameter, or on drivers.json, are in the descriptions only.
    private static func common(types: [String]) -> [(String, JSONValue)] {
        [
            ("skuName", choice(types, "the type of disk; otherwise StandardSSD_LRS")),
            ("storageAccountType", choice(types, "the same as skuName, by its older name")),
            (
                "cachingMode",
                choice(
                    ["None", "ReadOnly", "ReadWrite"],
                    "the machine's cache for the disk; otherwise ReadOnly, and None with Ultra and Premium SSD v2 disks, "
                        + "which have none")
            ),
            ("fsType", choice(["ext3", "ext4", "xfs"], "the file system; otherwise ext4")),
            ("location", text("the region; otherwise the machine's or the zone's")),
            ("resourceGroup", text("the group of disks; otherwise the driver's")),
            ("diskIOPSReadWrite", integer("IOPS of an Ultra or Premium SSD v2 disk; otherwise 500, or 3000", 1)),
            ("diskMBpsReadWrite", integer("MB/s of an Ultra or Premium SSD v2 disk; otherwise 100, or 125", 1)),
            ("diskEncryptionSetID", text("the ID of the encryption set whose key encrypts the disk")),
            (
                "tags",
                text(
                    "tags of the disk: key1=value1,key2=value2; ${pvc.metadata.name}, ${pvc.metadata.namespace} and "
                        + "${pv.metadata.name} stand for the claim's and the volume's names")
            ),
            ("writeAcceleratorEnabled", boolean("for Premium disks on machines of the M series; otherwise false")),
            ("maxShares", integer("machines to which the disk can be attached at a time; otherwise 1", 1, 15)),
            (
                "zoned",
                boolean(
                    "whether a disk is put into the zone of its Pod; otherwise where the cluster's nodes have zones")
            ),
        ]
    }

    private static let csiOnly: [(String, JSONValue)] = [
        ("subscriptionID", text("the subscription of disks; needs resourceGroup; otherwise the driver's")),
        (
            "LogicalSectorSize",
            choice(["512", "4096"], "bytes, of Ultra and Premium SSD v2 disks; otherwise 4096")
        ),
        ("tagValueDelimiter", text("what stands between tags; otherwise a comma")),
        (
            "diskEncryptionType",
            choice(
                ["EncryptionAtRestWithCustomerKey", "EncryptionAtRestWithPlatformAndCustomerKeys"],
                "with diskEncryptionSetID; otherwise EncryptionAtRestWithCustomerKey")
        ),
        ("perfProfile", choice(["none"], "none: this driver leaves the node's block devices as they are")),
        (
            "networkAccessPolicy",
            choice(["DenyAll", "AllowAll", "AllowPrivate"], "who may export the disk; otherwise DenyAll")
        ),
        ("publicNetworkAccess", choice(["Disabled", "Enabled"], "over the internet; otherwise Disabled")),
        ("diskAccessID", text("the ID of the disk access, with networkAccessPolicy AllowPrivate")),
        ("enableBursting", boolean("on-demand bursting of Premium disks above 512 GiB; otherwise false")),
        ("enablePerformancePlus", boolean("more IOPS and MB/s for disks of at least 513 GiB; otherwise false")),
        ("attachDiskInitialDelay", integer("taken for compatibility, and not used", 0)),
        ("userAgent", text("taken for compatibility, and not used")),
        ("enableAsyncAttach", boolean("taken for compatibility, and not used")),
    ]

    private static func schema(_ properties: JSONValue) -> JSONValue {
        [
            "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "additionalProperties": false,
            "x-caseInsensitive": true, "properties": properties,
        ]
    }

    private static func text(_ description: String) -> JSONValue {
        ["type": "string", "minLength": 1, "maxLength": 2048, "description": .string(description)]
    }

    private static func choice(_ values: [String], _ description: String) -> JSONValue {
        ["type": "string", "enum": JSONValue(values), "description": .string(description)]
    }

    private static func boolean(_ description: String) -> JSONValue {
        ["type": "boolean", "description": .string(description)]
    }

    private static func integer(_ description: String, _ minimum: Int64, _ maximum: Int64? = nil) -> JSONValue {
        var json: JSONValue = ["type": "integer", "minimum": .integer(minimum), "description": .string(description)]
        json["maximum"] = maximum.map { .integer($0) }
        return json
    }
}
