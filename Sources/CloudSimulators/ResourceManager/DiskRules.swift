import JSONTree

/// What Azure allows a managed disk: sizes, performance, sharing and the rest by its type.
struct DiskRules {
    let settings: ResourceManagerSettings

    static func unknownType(_ name: String) -> ResourceManagerError {
        .invalid(
            "sku.name",
            "The value '\(name)' of parameter 'sku.name' is not a storage account type. Please refer to "
                + "https://aka.ms/disktypes")
    }

    /// Checks the properties, and completes them with the performance that was not asked for.
    func check(
        _ properties: inout JSONObject, typeName: String, zones: [String], location: String
    ) throws(ResourceManagerError) {
        guard let type = settings.diskType(typeName) else { throw Self.unknownType(typeName) }
        let size = properties["diskSizeGB"]?.integerValue ?? 0
        guard size >= type.minimumGB, size <= type.maximumGB else {
            throw .invalid(
                "disk.properties.diskSizeGB",
                "The value '\(size)' of parameter 'diskSizeGB' is out of range. The value must be between "
                    + "'\(type.minimumGB)' and '\(type.maximumGB)', inclusive, for \(typeName).")
        }
        try check(zones, type, location: location)
        try checkPerformance(&properties, type, sizeGB: size)
        if let shares = properties["maxShares"]?.integerValue, shares > type.shares(sizeGB: size) {
            throw .invalid(
                "disk.properties.maxShares",
                "The value '\(shares)' of parameter 'maxShares' is out of range: a \(typeName) disk of \(size) GB has at most "
                    + "\(type.shares(sizeGB: size)).")
        }
        if properties["burstingEnabled"] == true, type.burstingAboveGB.map({ size <= $0 }) ?? true {
            throw .invalid(
                "disk.properties.burstingEnabled",
                "On-demand bursting is for Premium SSD disks larger than 512 GB; this one is \(typeName) of \(size) GB."
            )
        }
        let creation = properties["creationData"]
        if creation?["performancePlus"] == true, type.performancePlusFromGB.map({ size < $0 }) ?? true {
            throw .invalid(
                "creationData.performancePlus",
                "performancePlus is for HDD, Standard SSD and Premium SSD disks of at least 513 GB; this one is \(typeName) "
                    + "of \(size) GB.")
        }
        if let sector = creation?["logicalSectorSize"]?.integerValue, !type.sectorSizes.contains(sector) {
            throw .invalid(
                "creationData.logicalSectorSize",
                "The value '\(sector)' of parameter 'logicalSectorSize' is not supported for \(typeName).")
        }
        if properties["networkAccessPolicy"] == "AllowPrivate", properties["diskAccessId"] == nil {
            throw .invalid(
                "disk.properties.diskAccessId", "'diskAccessId' is required with the networkAccessPolicy AllowPrivate.")
        }
    }

    private func check(_ zones: [String], _ type: DiskType, location: String) throws(ResourceManagerError) {
        let known = settings.locations[location] ?? []
        if let unknown = zones.first(where: { !known.contains($0) }) {
            throw ResourceManagerError(
                400, "InvalidAvailabilityZone",
                "The zone(s) '\(unknown)' for resource 'Microsoft.Compute/disks' is not supported. The supported zones for "
                    + "location '\(location)' are '\(known.joined(separator: ","))'",
                target: "zones")
        }
        if zones.count > 1 {
            throw .invalid("zones", "A disk lies in one zone; \(zones.count) are given.")
        }
        switch type.zones {
        case .required where zones.isEmpty && !known.isEmpty:
            throw .invalid("zones", "A \(type.name) disk must be in a zone: the parameter 'zones' is missing.")
        case .forbidden where !zones.isEmpty:
            throw .invalid("zones", "A \(type.name) disk lies in all zones; it cannot be put into one.")
        case .forbidden where known.isEmpty:
            throw ResourceManagerError(
                409, "SkuNotAvailable",
                "The requested size for resource is currently not available in location '\(location)' zones '': "
                    + "\(type.name) needs zones.",
                target: "sku.name")
        default: break
        }
    }

    private func checkPerformance(
        _ properties: inout JSONObject, _ type: DiskType, sizeGB: Int64
    ) throws(ResourceManagerError) {
        guard case .provisioned(let limits) = type.performance else {
            for name in ["diskIOPSReadWrite", "diskMBpsReadWrite"] {
                guard let value = properties[name]?.integerValue else { continue }
                // A client may send back what a GET gave it.
                let tier = type.tier(sizeGB: sizeGB)
                guard value == (name == "diskIOPSReadWrite" ? tier?.iops : tier?.megabytesPerSecond) else {
                    throw .invalid(
                        "disk.properties.\(name)",
                        "The parameter '\(name)' can only be set for UltraSSD_LRS and PremiumV2_LRS disks, not for "
                            + "\(type.name).")
                }
                properties[name] = nil
            }
            return
        }
        let bounds = limits.iopsBounds(sizeGB: sizeGB)
        let iops =
            properties["diskIOPSReadWrite"]?.integerValue
            ?? min(max(limits.defaultIOPS, bounds.lowerBound), bounds.upperBound)
        try check(iops, bounds, "diskIOPSReadWrite", type, "of \(sizeGB) GB")
        let throughputBounds = limits.throughputBounds(iops: iops)
        let throughput =
            properties["diskMBpsReadWrite"]?.integerValue
            ?? min(max(limits.defaultMBps, throughputBounds.lowerBound), throughputBounds.upperBound)
        try check(throughput, throughputBounds, "diskMBpsReadWrite", type, "with \(iops) IOPS")
        properties["diskIOPSReadWrite"] = .integer(iops)
        properties["diskMBpsReadWrite"] = .integer(throughput)
    }

    private func check(
        _ value: Int64, _ bounds: ClosedRange<Int64>, _ name: String, _ type: DiskType, _ what: String
    ) throws(ResourceManagerError) {
        guard !bounds.contains(value) else { return }
        throw .invalid(
            "disk.properties.\(name)",
            "The value '\(value)' of parameter '\(name)' is out of range. The value must be between '\(bounds.lowerBound)' "
                + "and '\(bounds.upperBound)', inclusive, for a \(type.name) disk \(what).")
    }

    func checkTypeChange(
        of disk: StoredResource, to name: String, _ now: SimulatorClock.Milliseconds
    ) throws(ResourceManagerError) {
        guard let new = settings.diskType(name) else { throw Self.unknownType(name) }
        if new.isUnconvertible || settings.diskType(disk.typeName)?.isUnconvertible == true {
            throw .propertyChange("sku.name")
        }
        if let machine = disk.attachments.first {
            throw ResourceManagerError(
                409, "OperationNotAllowed",
                "Cannot change the storage type of disk '\(disk.name.name)' while it is attached to the running VM "
                    + "'\(machine)'.",
                target: "sku.name")
        }
        let changes = disk.typeChanges.count { $0 + 24 * 3_600_000 > now }
        guard Int64(changes) < settings.typeChangesPerDay else {
            throw ResourceManagerError(
                409, "OperationNotAllowed",
                "The storage type of disk '\(disk.name.name)' was changed \(changes) times in the last 24 hours, and cannot "
                    + "be changed more often than \(settings.typeChangesPerDay) times.",
                target: "sku.name")
        }
    }
}
