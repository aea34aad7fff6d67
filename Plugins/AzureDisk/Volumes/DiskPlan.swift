import DriverProtocol
import JSONTree
import StorageDriverKit

/// The disk that a volume is to become: decided before anything is asked of Azure but where the driver itself is.
struct DiskPlan: Sendable {
    let id: ResourceID
    let dialect: Dialect
    let parameters: ClassParameters
    /// In GiB.
    let sizeGB: Int64
    let limitGB: Int64?
    let location: String
    let zone: String?
    /// Zones in which the volume may be; empty: anywhere.
    let allowedZones: [String]
    let fsType: String
    let isBlock: Bool
    let source: ResourceID?
    let contentSource: ContentSource?
    let name: String
    let owner: String?
    /// Of the request, for the disk's tags.
    let digest: String
    let tags: [String: String]
    private let topologyKey: String

    init(
        _ call: VolumeCall, _ configuration: DriverConfiguration, _ place: Place
    ) throws(DriverError) {
        let volume = call.volume
        dialect = configuration.dialect
        name = try Self.checked(volume.name, field: "volume.name")
        let names = TagNames(volume: name, claim: call.request.claim)
        parameters = try ClassParameters(
            call.parameters, mutable: call.request.mutableParameters, dialect: dialect, names: names,
            extraTags: try TagList.read(configuration.tags, delimiter: nil, names))
        id = try place.disk(dialect.diskName(name), parameters)
        owner = call.request.owner
        isBlock = volume.volumeMode == "Block"
        fsType = volume.fsType ?? parameters.fsType ?? "ext4"
        contentSource = volume.contentSource
        source = try Self.source(volume.contentSource)
        limitGB = volume.limitBytes.map { $0 >> 30 }
        sizeGB = try Self.size(call, parameters.type, limitGB: limitGB)
        if volume.accessModes.contains("ReadWriteMany") {
            guard isBlock, parameters.maximumShares > 1 else {
                throw DriverError(
                    .invalidArgument,
                    "ReadWriteMany is for volumes of the mode Block, of a class with maxShares above 1: no file system of one "
                        + "machine bears another's writing", field: "volume.accessModes")
            }
        }
        let zones = try ZoneChoice(volume.topology, parameters, place, volume: name, claim: call.request.claim)
        location = zones.location
        zone = zones.zone
        allowedZones = zones.allowed
        topologyKey = zones.key
        let wanted: JSONValue = [
            "disk": .object(Self.properties(parameters, source: source)), "sku": .string(parameters.type.rawValue),
            "location": .string(location), "caching": .string(parameters.cachingMode),
            "fsType": .string(isBlock ? "" : fsType), "volumeMode": .string(isBlock ? "Block" : "Filesystem"),
            "writeAccelerator": .bool(parameters.usesWriteAccelerator), "tags": JSONValue(parameters.tags),
        ]
        digest = VolumeMark.digest(wanted)
        tags = VolumeMark.tags(of: call, dialect, user: parameters.tags, request: digest)
    }

    /// A name as the host gives it: a part of a resource's ID.
    static func checked(_ name: String, field: String) throws(DriverError) -> String {
        func isEnd(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        let bytes = Array(name.utf8)
        guard let first = bytes.first, let last = bytes.last, bytes.count <= 63, isEnd(first), isEnd(last),
            bytes.allSatisfy({ isEnd($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") })
        else {
            throw DriverError(
                .invalidArgument,
                "a name has 1 to 63 of a-z, 0-9, '.' and '-', and begins and ends with a letter or digit", field: field)
        }
        return name
    }

    private static func source(_ content: ContentSource?) throws(DriverError) -> ResourceID? {
        switch content {
        case nil: return nil
        case .snapshot(let reference):
            guard let id = ResourceID(.snapshot, reference.id) else {
                throw DriverError(
                    .notFound, "there is no snapshot '\(reference.id)': that is not the ID of one",
                    field: "volume.contentSource")
            }
            return id
        case .volume(let reference):
            guard let id = ResourceID(.disk, reference.id) else {
                throw DriverError(
                    .notFound, "there is no disk '\(reference.id)': that is not the ID of one",
                    field: "volume.contentSource")
            }
            return id
        }
    }

    private static func size(
        _ call: VolumeCall, _ type: DiskType, limitGB: Int64?
    ) throws(DriverError) -> Int64 {
        let wanted = max(call.capacityBytes >> 30, type.sizes.lowerBound)
        if let limitGB, wanted > limitGB {
            throw DriverError(
                .outOfRange,
                "a \(type.rawValue) disk has at least \(type.sizes.lowerBound) GiB, above the limit of \(limitGB) GiB",
                field: "volume.capacityBytes")
        }
        guard wanted <= type.sizes.upperBound else {
            throw DriverError(
                .outOfRange,
                "a \(type.rawValue) disk has at most \(type.sizes.upperBound) GiB; \(wanted) GiB are asked for",
                field: "volume.capacityBytes")
        }
        return wanted
    }

    /// `properties`, but for the size.
    private static func properties(_ parameters: ClassParameters, source: ResourceID?) -> JSONObject {
        var creation: JSONValue = ["createOption": .string(source == nil ? "Empty" : "Copy")]
        creation["sourceResourceId"] = source.map { .string($0.description) }
        creation["logicalSectorSize"] = parameters.sectorSize.map { .integer($0) }
        if parameters.usesPerformancePlus { creation["performancePlus"] = true }
        var properties: JSONObject = ["creationData": creation]
        properties["diskIOPSReadWrite"] = parameters.iops.map { .integer($0) }
        properties["diskMBpsReadWrite"] = parameters.megabytesPerSecond.map { .integer($0) }
        if parameters.maximumShares > 1 { properties["maxShares"] = .integer(parameters.maximumShares) }
        properties["networkAccessPolicy"] = parameters.networkAccessPolicy.map { .string($0) }
        properties["publicNetworkAccess"] = parameters.publicNetworkAccess.map { .string($0) }
        properties["diskAccessId"] = parameters.diskAccess.map { .string($0) }
        if parameters.canBurst { properties["burstingEnabled"] = true }
        if let set = parameters.encryptionSet {
            properties["encryption"] = [
                "diskEncryptionSetId": .string(set),
                "type": .string(parameters.encryptionType ?? "EncryptionAtRestWithCustomerKey"),
            ]
        }
        return properties
    }

    /// The body of the PUT.
    ///
    /// - Parameter sourceGB: A copy is at least as large as what it is a copy of.
    func body(sourceGB: Int64) -> JSONValue {
        var properties = Self.properties(parameters, source: source)
        properties["diskSizeGB"] = .integer(max(sizeGB, sourceGB))
        var body: JSONValue = [
            "location": .string(location), "tags": JSONValue(tags), "sku": ["name": .string(parameters.type.rawValue)],
            "properties": .object(properties),
        ]
        if let zone { body["zones"] = [.string(zone)] }
        return body
    }

    /// Whether the disk is what an equal request made.
    ///
    /// - Throws: ``DriverError`` `ALREADY_EXISTS`.
    func check(_ disk: Disk) throws(DriverError) {
        let mark = disk.mark
        func taken(_ reason: String) -> DriverError {
            DriverError(
                .alreadyExists,
                "volume \(name) cannot be made: there is a disk \(disk.name) in resource group \(id.group) "
                    + "already, and \(reason)", field: "volume.name")
        }
        guard mark.name == name, mark.belongs(to: owner), mark.request != nil else {
            throw taken("it belongs to somebody else")
        }
        guard mark.request == digest else { throw taken("it was made with other parameters") }
        guard disk.sizeGB >= sizeGB else { throw taken("it has \(disk.sizeGB) GiB, less than \(sizeGB)") }
        if let limitGB, disk.sizeGB > limitGB { throw taken("it has \(disk.sizeGB) GiB, more than \(limitGB)") }
        if let zone = disk.zone, !allowedZones.isEmpty, !allowedZones.contains(zone) {
            throw taken("it is in zone \(zone), where the volume may not be")
        }
    }

    /// What the host is told of the disk.
    func provisioned(_ disk: Disk) -> ProvisionedVolume {
        var volume = ProvisionedVolume(id: disk.id)
        volume.name = name
        volume.capacityBytes = disk.capacityBytes
        volume.volumeSource = source(disk)
        volume.context = ["cachingMode": parameters.cachingMode]
        if parameters.usesWriteAccelerator { volume.context["writeAcceleratorEnabled"] = "true" }
        volume.contentSource = contentSource
        if let zone = disk.zone {
            volume.topology = [[topologyKey: "\(disk.location)-\(zone)"]]
            if dialect == .inTree {
                volume.labels = [
                    ZoneChoice.zoneKey: "\(disk.location)-\(zone)", ZoneChoice.regionKey: disk.location,
                ]
            }
        }
        return volume
    }

    private func source(_ disk: Disk) -> JSONValue {
        switch dialect {
        case .inTree:
            return [
                "azureDisk": [
                    "diskName": .string(disk.name), "diskURI": .string(disk.id), "kind": "Managed",
                    "cachingMode": .string(parameters.cachingMode), "fsType": .string(fsType), "readOnly": false,
                ]
            ]
        case .csi:
            var csi: JSONValue = [
                "driver": "disk.csi.azure.com", "volumeHandle": .string(disk.id),
                "volumeAttributes": [
                    "skuName": .string(disk.typeName), "cachingMode": .string(parameters.cachingMode),
                    "requestedsizegib": .string(String(sizeGB)),
                ],
            ]
            if !isBlock { csi["fsType"] = .string(fsType) }
            return ["csi": csi]
        }
    }
}
