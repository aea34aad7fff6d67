import DriverProtocol
import JSONTree

/// A StorageClass's parameters, with the defaults of Azure's own drivers.
struct ClassParameters: Sendable {
    let type: DiskType
    let cachingMode: String
    let fsType: String?
    let location: String?
    let resourceGroup: String?
    let subscription: String?
    let iops: Int64?
    let megabytesPerSecond: Int64?
    let sectorSize: Int64?
    let encryptionSet: String?
    let encryptionType: String?
    let tags: [String: String]
    let usesWriteAccelerator: Bool
    let maximumShares: Int64
    /// `nil`: where the cluster has zones.
    let isZoned: Bool?
    let networkAccessPolicy: String?
    let publicNetworkAccess: String?
    let diskAccess: String?
    let canBurst: Bool
    let usesPerformancePlus: Bool

    /// - Parameters:
    ///   - given: Checked against the schema, by the names that it has.
    ///   - mutable: Of the class of volume attributes, which come first.
    init(
        _ given: [String: String], mutable: [String: String] = [:], dialect: Dialect,
        names: TagNames, extraTags: [String: String] = [:]
    ) throws(DriverError) {
        func value(_ name: String) -> String? { given.first { $0.key.lowercased() == name.lowercased() }?.value }
        let attributes = try Self.checked(mutable)
        if let type = value("skuName"), let older = value("storageAccountType"), type != older {
            throw Self.invalid(
                "storageAccountType", "is the same parameter as skuName by an older name; give one of them")
        }
        let typeName = attributes["skuName"] ?? value("skuName") ?? value("storageAccountType") ?? "StandardSSD_LRS"
        guard let type = DiskType(rawValue: typeName) else {
            throw Self.invalid("skuName", "names no type of disk that this driver knows")
        }
        self.type = type
        let caching = value("cachingMode")
        if let caching, caching != "None", !type.isCached {
            throw Self.invalid("skuName", "names a type without a cache: cachingMode must be None, or left out")
        }
        cachingMode = caching ?? (type.isCached ? "ReadOnly" : "None")
        fsType = value("fsType")
        location = value("location").map { $0.lowercased().filter { $0 != " " } }
        resourceGroup = value("resourceGroup")
        subscription = value("subscriptionID")
        if subscription != nil, resourceGroup == nil {
            throw Self.invalid("subscriptionID", "needs resourceGroup beside it")
        }
        let isAsked =
            attributes["DiskIOPSReadWrite"] ?? attributes["DiskMBpsReadWrite"] ?? value("diskIOPSReadWrite")
            ?? value("diskMBpsReadWrite") != nil
        if isAsked, !type.isProvisioned {
            throw Self.invalid(
                "skuName",
                "must be UltraSSD_LRS or PremiumV2_LRS for diskIOPSReadWrite and diskMBpsReadWrite: the performance of other "
                    + "types follows from the size")
        }
        iops =
            (attributes["DiskIOPSReadWrite"] ?? value("diskIOPSReadWrite")).flatMap { Int64($0) }
            ?? type.defaultPerformance?.iops
        megabytesPerSecond =
            (attributes["DiskMBpsReadWrite"] ?? value("diskMBpsReadWrite")).flatMap { Int64($0) }
            ?? type.defaultPerformance?.megabytesPerSecond
        let sector = value("LogicalSectorSize").flatMap { Int64($0) }
        if sector != nil, !type.isProvisioned {
            throw Self.invalid("skuName", "must be UltraSSD_LRS or PremiumV2_LRS for LogicalSectorSize")
        }
        sectorSize = sector
        encryptionSet = value("diskEncryptionSetID")
        encryptionType = value("diskEncryptionType")
        if encryptionType != nil, encryptionSet == nil {
            throw Self.invalid("diskEncryptionSetID", "must be given with diskEncryptionType")
        }
        tags = extraTags.merging(
            try TagList.read(value("tags"), delimiter: value("tagValueDelimiter"), names)
        ) { $1 }
        usesWriteAccelerator = value("writeAcceleratorEnabled") == "true"
        maximumShares = value("maxShares").flatMap { Int64($0) } ?? 1
        isZoned = value("zoned").map { $0 == "true" }
        networkAccessPolicy = value("networkAccessPolicy") ?? (dialect == .csi ? "DenyAll" : nil)
        publicNetworkAccess = value("publicNetworkAccess") ?? (dialect == .csi ? "Disabled" : nil)
        diskAccess = value("diskAccessID")
        if (networkAccessPolicy == "AllowPrivate") != (diskAccess != nil) {
            throw Self.invalid("diskAccessID", "must be given with networkAccessPolicy AllowPrivate, and with no other")
        }
        canBurst = value("enableBursting") == "true"
        if canBurst, !type.canBurst {
            throw Self.invalid("skuName", "must be Premium_LRS or Premium_ZRS for enableBursting")
        }
        usesPerformancePlus = value("enablePerformancePlus") == "true"
        if usesPerformancePlus, type.isProvisioned {
            throw Self.invalid(
                "skuName", "names a type that has no performancePlus: its IOPS and MB/s can be asked for")
        }
    }

    /// Of a class of volume attributes, by the schema's names.
    static func checked(_ mutable: [String: String]) throws(DriverError) -> [String: String] {
        try Self.checked(mutable, ParameterSchemas.mutable, field: "mutableParameters")
    }

    static func checked(
        _ given: [String: String], _ json: JSONValue, field: String
    ) throws(DriverError) -> [String: String] {
        guard !given.isEmpty else { return [:] }
        let schema: ParameterSchema
        do {
            schema = try ParameterSchema(json: json)
        } catch {
            throw DriverError(.internal, "the driver describes its parameters wrongly: \(error)", outcome: .final)
        }
        do {
            return try schema.validate(given)
        } catch {
            var failure = error.driverError
            failure.field = error.violations.first.map { "\(field).\($0.parameter)" }
            throw failure
        }
    }

    static func invalid(_ name: String, _ message: String) -> DriverError {
        DriverError(.invalidArgument, "parameter \"\(name)\" \(message)", field: "parameters.\(name)")
    }
}
