import JSONTree

extension ClassParameters {
    static func schema(_ dialect: DriverConfiguration.Dialect) -> JSONValue {
        dialect == .csi ? csi : inTree
    }

    private static func type(_ names: [String]) -> JSONValue {
        ["type": "string", "enum": JSONValue(names), "default": "pd-standard", "description": "the disk type"]
    }

    private static let replication: JSONValue = [
        "type": "string", "enum": ["none", "regional-pd"], "default": "none",
        "description": "none: in one zone; regional-pd: replicated in two zones of the region",
    ]

    private static let zonePattern = "[a-z]([-a-z0-9]*[a-z0-9])?"

    /// `kubernetes.io/gce-pd`, as the in-tree plugin had them.
    private static let inTree: JSONValue = [
        "type": "object", "x-caseInsensitive": true,
        "properties": [
            "type": type(DiskType.inTreeNames), "replication-type": replication,
            "zone": [
                "type": "string", "pattern": .string("^\(zonePattern)$"),
                "description": "the zone; excludes zones. Better leave it out: allowedTopologies say the same",
            ],
            "zones": [
                "type": "string", "pattern": .string("^\(zonePattern)(, *\(zonePattern))*$"),
                "description": "zones to choose from, parted by commas",
            ],
            "fstype": [
                "type": "string", "enum": ["ext4", "ext3", "xfs"], "default": "ext4",
                "description": "the file system to make",
            ],
        ],
    ]

    /// `pd.csi.storage.gke.io`
    private static let csi: JSONValue = [
        "type": "object", "x-caseInsensitive": true,
        "properties": [
            "type": type(DiskType.names), "replication-type": replication,
            "disk-encryption-kms-key": [
                "type": "string", "pattern": "^projects/.+/locations/.+/keyRings/.+/cryptoKeys/.+$",
                "description": "a key of Cloud KMS: projects/P/locations/L/keyRings/R/cryptoKeys/K",
            ],
            "labels": [
                "type": "string", "pattern": "^[^,=]+=[^,=]*(,[^,=]+=[^,=]*)*$",
                "description": "on each disk: key=value,key2=value2",
            ],
            "provisioned-iops-on-create": [
                "type": "integer", "minimum": 1, "maximum": 1_000_000,
                "description": "operations a second, of the types that have them",
            ],
            "provisioned-throughput-on-create": [
                "type": "string", "pattern": .string(Throughput.pattern), "description": "a second, as 140Mi",
            ],
            "enable-confidential-storage": [
                "type": "boolean", "default": "false",
                "description": "confidential mode of Hyperdisk Balanced; needs disk-encryption-kms-key",
            ],
            "storage-pools": [
                "type": "string",
                "pattern": "^projects/.+/zones/.+/storagePools/[^,]+(,projects/.+/zones/.+/storagePools/[^,]+)*$",
                "description": "Hyperdisk storage pools to choose from by zone: projects/P/zones/Z/storagePools/S,…",
            ],
            "access-mode": [
                "type": "string", "enum": ["READ_WRITE_SINGLE", "READ_WRITE_MANY", "READ_ONLY_MANY"],
                "description": "of Hyperdisks: how instances share the disk",
            ],
            "availability-class": [
                "type": "string", "enum": ["none", "regional-hard-failover"], "default": "none",
                "description":
                    "regional-hard-failover: a regional disk is taken by force from an instance that does not let it go",
            ],
            "resource-tags": [
                "type": "string", "pattern": "^[^,/]+/[^,/]+/[^,/]+(,[^,/]+/[^,/]+/[^,/]+)*$",
                "description": "tags of Resource Manager: parent/key/value,…",
            ],
        ],
    ]

    /// What a VolumeAttributesClass changes.
    static func mutableSchema(_ dialect: DriverConfiguration.Dialect) -> JSONValue {
        guard dialect == .csi else { return ["type": "object", "properties": [:]] }
        return [
            "type": "object", "x-caseInsensitive": true,
            "properties": [
                "iops": [
                    "type": "integer", "minimum": 1, "maximum": 1_000_000, "description": "operations a second",
                ],
                "throughput": [
                    "type": "string", "pattern": .string(Throughput.pattern), "description": "a second, as 140Mi",
                ],
            ],
        ]
    }
}
