import JSONTree

/// What the body of a PUT or PATCH says of a disk or snapshot, checked member by member, before anything of it is
/// compared with what is there.
struct ResourceContent {
    private static let topLevel: Set<String> = [
        "location", "tags", "zones", "sku", "properties", "extendedLocation",
        // Read-only: a client may send back what a GET gave it.
        "id", "name", "type", "managedBy", "managedByExtended", "systemData", "etag",
    ]
    /// Written by the cloud alone: taken, and not heeded.
    private static let readOnly: Set<String> = [
        "timeCreated", "provisioningState", "diskSizeBytes", "uniqueId", "diskState", "shareInfo",
        "propertyUpdatesInProgress", "burstingEnabledTime", "LastOwnershipUpdateTime", "incrementalSnapshotFamilyId",
        "snapshotAccessState", "immutabilityPolicy", "completionPercent", "copyCompletionError",
    ]
    private static let writable: [ResourceName.Kind: Set<String>] = [
        .disk: [
            "osType", "hyperVGeneration", "purchasePlan", "supportedCapabilities", "creationData", "diskSizeGB",
            "encryptionSettingsCollection", "diskIOPSReadWrite", "diskMBpsReadWrite", "diskIOPSReadOnly",
            "diskMBpsReadOnly", "encryption", "maxShares", "networkAccessPolicy", "diskAccessId", "tier",
            "burstingEnabled", "supportsHibernation", "securityProfile", "publicNetworkAccess", "dataAccessAuthMode",
            "optimizedForFrequentAttach", "availabilityPolicy",
        ],
        .snapshot: [
            "osType", "hyperVGeneration", "purchasePlan", "supportedCapabilities", "creationData", "diskSizeGB",
            "encryptionSettingsCollection", "incremental", "encryption", "networkAccessPolicy", "diskAccessId",
            "securityProfile", "supportsHibernation", "publicNetworkAccess", "dataAccessAuthMode",
        ],
    ]
    private static let choices: [String: [String]] = [
        "networkAccessPolicy": ["AllowAll", "AllowPrivate", "DenyAll"],
        "publicNetworkAccess": ["Enabled", "Disabled"],
        "dataAccessAuthMode": ["AzureActiveDirectory", "None"],
        "osType": ["Windows", "Linux"],
    ]

    var location: String?
    var tags: JSONValue?
    var zones: [String]?
    var typeName: String?
    /// Writable ones only.
    var properties: JSONObject = [:]

    /// - Throws: ``ResourceManagerError``: 400.
    init(_ body: JSONValue, for name: ResourceName) throws(ResourceManagerError) {
        guard let members = body.objectValue else {
            throw ResourceManagerError(
                400, "InvalidRequestContent", "The request content was invalid and could not be deserialized.")
        }
        for (key, _) in members where !Self.topLevel.contains(key) {
            throw Self.unknown(key, "ResourceDefinition")
        }
        location = try Self.string(body, "location").map(ResourceManagerSettings.normalized(location:))
        if let value = body["tags"], !value.isNull {
            try Self.check(tags: value)
            tags = value
        }
        if let value = body["zones"], !value.isNull {
            guard let texts = value.stringArray, texts.count == value.arrayValue?.count else {
                throw .invalid("zones", "The value of parameter 'zones' must be an array of strings.")
            }
            zones = texts
        }
        if let sku = body["sku"], !sku.isNull { typeName = try Self.string(sku, "name") }
        guard let given = body["properties"], !given.isNull else { return }
        guard let object = given.objectValue else {
            throw .invalid("properties", "The value of parameter 'properties' must be an object.")
        }
        for (key, value) in object where !Self.readOnly.contains(key) {
            guard Self.writable[name.type]?.contains(key) == true else {
                throw Self.unknown(key, "\(name.type == .disk ? "Disk" : "Snapshot")Properties")
            }
            guard !value.isNull else { continue }
            try Self.check(key, value)
            properties[key] = value
        }
    }

    private static func unknown(_ key: String, _ type: String) -> ResourceManagerError {
        ResourceManagerError(
            400, "BadRequest", "Could not find member '\(key)' on object of type '\(type)'.", target: key)
    }

    private static func string(_ json: JSONValue, _ name: String) throws(ResourceManagerError) -> String? {
        guard let value = json[name], !value.isNull else { return nil }
        guard let text = value.stringValue, !text.isEmpty else {
            throw .invalid(name, "The value of parameter '\(name)' must be a string that is not empty.")
        }
        return text
    }

    private static func check(_ name: String, _ value: JSONValue) throws(ResourceManagerError) {
        switch name {
        case "diskSizeGB", "diskIOPSReadWrite", "diskMBpsReadWrite", "diskIOPSReadOnly", "diskMBpsReadOnly",
            "maxShares":
            guard let integer = value.integerValue, integer > 0 else {
                throw .invalid(
                    "disk.properties.\(name)",
                    "The value of parameter '\(name)' is out of range: it must be a positive "
                        + "integer.")
            }
        case "burstingEnabled", "incremental", "optimizedForFrequentAttach", "supportsHibernation":
            guard value.boolValue != nil else {
                throw .invalid("disk.properties.\(name)", "The value of parameter '\(name)' must be true or false.")
            }
        case "creationData", "encryption":
            guard value.objectValue != nil else {
                throw .invalid("disk.properties.\(name)", "The value of parameter '\(name)' must be an object.")
            }
        default:
            guard let choices = choices[name] else { return }
            guard let text = value.stringValue, choices.contains(text) else {
                throw .invalid(
                    "disk.properties.\(name)",
                    "The value of parameter '\(name)' is invalid. Supported values are: \(choices.joined(separator: ", "))."
                )
            }
        }
    }

    /// At most 50; names of up to 512 characters without `<>%&\?/`, values of up to 256.
    private static func check(tags: JSONValue) throws(ResourceManagerError) {
        guard let object = tags.objectValue else {
            throw .invalid("tags", "The value of parameter 'tags' must be an object of strings.")
        }
        guard object.count <= 50 else {
            throw ResourceManagerError(
                400, "TooManyTags", "The resource has \(object.count) tags; the maximum number of tags is 50.")
        }
        var seen: Set<String> = []
        for (name, value) in object {
            guard let text = value.stringValue else {
                throw .invalid("tags.\(name)", "The value of the tag '\(name)' must be a string.")
            }
            guard !name.isEmpty, name.count <= 512 else {
                throw ResourceManagerError(
                    400, "InvalidTagNameLength", "The tag name '\(name)' must have from 1 to 512 characters.")
            }
            guard !name.contains(where: { "<>%&\\?/".contains($0) || $0.asciiValue.map { $0 < 0x20 } ?? false })
            else {
                throw ResourceManagerError(
                    400, "InvalidTagNameCharacters",
                    "The tag names '\(name)' have reserved characters '<,>,%,&,\\,?,/' or control characters.")
            }
            guard text.count <= 256 else {
                throw ResourceManagerError(
                    400, "InvalidTagValueLength", "The value of the tag '\(name)' has more than 256 characters.")
            }
            guard seen.insert(name.lowercased()).inserted else {
                throw ResourceManagerError(
                    400, "InvalidTagName", "The tag name '\(name)' is given twice: tag names are not case-sensitive.")
            }
        }
    }
}
