import JSONTree

/// The JSON Schemas that `init` publishes.
enum ParameterSchemas {
    private static let types: [String] = ["gp3", "gp2", "io1", "io2", "st1", "sc1", "standard"]

    static func classParameters(_ dialect: DriverConfiguration.Dialect) -> JSONValue {
        dialect == .csi ? csi : inTree
    }

    /// `modify`: of a class of volume attributes.
    static let mutable: JSONValue = schema(
        [
            ("type", type(default: nil)),
            ("iops", iops), ("throughput", throughput), ("iopsPerGB", iopsPerGB),
            (
                "allowAutoIOPSIncreaseOnModify",
                flag("iopsPerGB gives at least the least that the type allows, instead of an error")
            ),
        ], patterns: [(tagName, tag)])

    private static let csi: JSONValue = schema(
        [
            ("type", type(default: "gp3")),
            ("iops", iops), ("iopsPerGB", iopsPerGB),
            (
                "allowAutoIOPSPerGBIncrease",
                flag("iopsPerGB gives at least the least that the type allows, instead of an error")
            ),
            (
                "allowAutoIOPSIncreaseOnModify",
                flag("a modified or expanded volume keeps the ratio that iopsPerGB gives")
            ),
            ("throughput", throughput),
            ("encrypted", flag("encrypt the volume")),
            ("kmsKeyId", kmsKey),
            (
                "volumeInitializationRate",
                integer("MiB/s at which a volume made from a snapshot is filled", 100, 300)
            ),
            ("outpostArn", text("the Outpost on which the volume lies")),
            ("blockExpress", flag("not needed any more; io2 volumes always are")),
        ] + fileSystem, patterns: [(tagName, tag)])

    private static let inTree: JSONValue = schema(
        [
            ("type", type(default: "gp2")),
            ("zone", text("the zone of volumes; instead of allowedTopologies")),
            ("zones", text("zones with commas between, over which volumes are spread; instead of allowedTopologies")),
            ("iopsPerGB", iopsPerGB),
            ("encrypted", flag("encrypt the volume")),
            ("kmsKeyId", kmsKey),
            (
                "fsType",
                [
                    "type": "string", "pattern": "^[a-z0-9]{1,16}$", "default": "ext4",
                    "description": "the file system that is made on the volume",
                ]
            ),
        ], patterns: [])

    private static let fileSystem: [(String, JSONValue)] = [
        ("blockSize", number("of the file system, in bytes")),
        ("inodeSize", number("of the file system, in bytes")),
        ("bytesPerInode", number("of ext4: one inode for so many bytes")),
        ("numberOfInodes", number("of ext4")),
        ("ext4BigAlloc", flag("ext4 allocates blocks in clusters")),
        ("ext4ClusterSize", number("of ext4 with ext4BigAlloc, in bytes")),
        ("ext4EncryptionSupport", flag("ext4 supports encryption by directory")),
    ]

    /// `tagSpecification_1`, …
    private static let tagName = "^tagSpecification_[A-Za-z0-9_-]+$"

    private static let tag: JSONValue = [
        "type": "string", "pattern": "^[^=]+(=.*)?$", "maxLength": 1024,
        "description":
            "a tag, as key=value; {{ .PVCName }}, {{ .PVCNamespace }} and {{ .PVName }} in the value stand for the claim's",
    ]

    private static let iops = integer("operations a second; of gp3, io1 and io2; instead of iopsPerGB", 100, 1_000_000)
    private static let throughput = integer("MiB/s; of gp3, which otherwise has 125", 125, 10_000)
    private static let iopsPerGB = integer(
        "operations a second for each GiB; of io1, io2 and gp3; instead of iops", 1, 1_000_000)
    private static let kmsKey = text(
        "the key with which the volume is encrypted, as its ARN; otherwise the account's own")

    private static func type(default value: String?) -> JSONValue {
        var schema: JSONValue = [
            "type": "string", "enum": JSONValue(types), "description": "of volumes",
        ]
        schema["default"] = value.map { .string($0) }
        return schema
    }

    private static func flag(_ description: String) -> JSONValue {
        ["type": "boolean", "default": "false", "description": .string(description)]
    }

    private static func text(_ description: String) -> JSONValue {
        ["type": "string", "minLength": 1, "maxLength": 1024, "description": .string(description)]
    }

    private static func integer(_ description: String, _ minimum: Int64, _ maximum: Int64) -> JSONValue {
        [
            "type": "integer", "minimum": .integer(minimum), "maximum": .integer(maximum),
            "description": .string(description),
        ]
    }

    private static func number(_ description: String) -> JSONValue { integer(description, 1, 1_000_000_000) }

    private static func schema(_ properties: [(String, JSONValue)], patterns: [(String, JSONValue)]) -> JSONValue {
        var schema: JSONValue = [
            "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
            "additionalProperties": false, "x-caseInsensitive": true,
            "properties": .object(JSONObject(properties)),
        ]
        if !patterns.isEmpty { schema["patternProperties"] = .object(JSONObject(patterns)) }
        return schema
    }
}
