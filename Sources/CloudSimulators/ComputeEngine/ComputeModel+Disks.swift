import JSONTree

/// Making, changing and deleting disks.
extension ComputeModel {
    mutating func insertDisk(
        _ body: ComputeBody, project: String, scope: ComputeScope, _ call: Call
    ) throws(ComputeError) -> ComputeOperation {
        let name = try body.required("name")
        guard ComputeResource.isName(name) else {
            throw .invalid("resource.name", name, "Must be a match of regex '[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?'")
        }
        let resource = ComputeResource(project, scope, .disks, name)
        if disks[resource] != nil { throw .alreadyExists(resource.path) }
        let (type, limits) = try diskType(of: body, project: project, scope: scope)
        let source = try self.source(of: body, project: project, scope: scope, type: type, now: call.now)
        var disk = ComputeDisk(
            resource: resource, id: nextID(call.now), createdAt: call.now,
            status: source?.reference.resource.collection == .snapshots ? .restoring : .creating,
            sizeGb: try size(body, limits, scope, least: source?.sizeGb), type: type)
        disk.replicaZones = try replicaZones(of: body, scope)
        disk.description = try body.string("description")
        disk.labels = try body.labels()
        disk.source = source?.reference
        disk.kmsKeyName = try body.object("diskEncryptionKey")?.string("kmsKeyName")
        disk.enableConfidentialCompute = try body.bool("enableConfidentialCompute")
        if disk.enableConfidentialCompute == true, disk.kmsKeyName == nil {
            throw .invalid(
                "resource.enableConfidentialCompute", "true",
                "Confidential disks need a customer-managed encryption key.")
        }
        disk.storagePool = try body.string("storagePool")
        disk.physicalBlockSizeBytes = try body.integer("physicalBlockSizeBytes") ?? 4096
        try setAccess(of: &disk, body, limits)
        try setPerformance(of: &disk, body, limits)
        try checkQuota(limits.quota, adding: disk.sizeGb, scope, project)
        if let delay = call.effects.invisibleFor { disk.visibleFrom = call.now + delay.wholeMilliseconds }

        let zones = disk.replicaZones.isEmpty ? [scope.zoneName].compactMap(\.self) : disk.replicaZones
        let exhausted = zones.first(where: configuration.exhaustedZones.contains)
        put(disk)
        change(.create(disk.contentID, bytes: disk.bytes, from: source?.contentID))
        return begin(
            "insert", on: resource, id: disk.id, .createDisk, duration: configuration.milliseconds.createDisk,
            failure: exhausted.map { .poolExhausted($0) }, call)
    }

    /// An insert that fails for want of capacity, as a fault asks for.
    mutating func exhaustedInsert(project: String, scope: ComputeScope, name: String, _ call: Call) -> ComputeOperation
    {
        let zone = scope.zoneName ?? scope.path
        return begin(
            "insert", on: ComputeResource(project, scope, .disks, name), id: nextID(call.now), .nothing,
            duration: configuration.milliseconds.createDisk, failure: .poolExhausted(zone), call)
    }

    mutating func deleteDisk(_ resource: ComputeResource, _ call: Call) throws(ComputeError) -> ComputeOperation {
        var disk = try self.disk(resource)
        if let attachment = disk.attachments.first { throw .inUse(resource.path, by: attachment.instance.path) }
        guard disk.status == .ready else { throw .notReady(resource.path) }
        disk.status = .deleting
        put(disk)
        return begin(
            "delete", on: resource, id: disk.id, .deleteDisk, duration: configuration.milliseconds.deleteDisk, call)
    }

    mutating func resizeDisk(
        _ resource: ComputeResource, _ body: ComputeBody, _ call: Call
    ) throws(ComputeError) -> ComputeOperation {
        let disk = try readyDisk(resource)
        guard let size = try body.integer("sizeGb") else { throw .required("sizeGb") }
        try checkGrowth(of: disk, to: size)
        return begin(
            "resizeDisk", on: resource, id: disk.id, .resizeDisk(gigabytes: size),
            duration: configuration.milliseconds.resizeDisk, failure: changeFailure(of: disk, call.now), call)
    }

    /// `PATCH`, of the properties that `paths` names, or of those that the body has.
    mutating func updateDisk(
        _ resource: ComputeResource, _ body: ComputeBody, paths: [String], _ call: Call
    ) throws(ComputeError) -> ComputeOperation {
        let disk = try readyDisk(resource)
        let paths = paths.isEmpty ? body.names.filter { $0 != "name" } : paths
        var change = ComputeOperation.DiskChange()
        for path in paths {
            switch path {
            case "sizeGb":
                guard let size = try body.integer("sizeGb") else { throw .required("sizeGb") }
                if size != disk.sizeGb {
                    try checkGrowth(of: disk, to: size)
                    change.sizeGb = size
                }
            case "provisionedIops":
                guard let iops = try body.integer("provisionedIops") else { throw .required("provisionedIops") }
                change.provisionedIops = iops
            case "provisionedThroughput":
                guard let throughput = try body.integer("provisionedThroughput") else {
                    throw .required("provisionedThroughput")
                }
                change.provisionedThroughput = throughput
            case "accessMode":
                let mode = try body.required("accessMode")
                guard configuration.diskTypes[disk.type]?.accessModes?.contains(mode) == true else {
                    throw .invalid("resource.accessMode", mode, "Disks of the type \(disk.type) do not have it.")
                }
                change.accessMode = mode
            case "labels": change.labels = try body.labels()
            default: throw .invalid("paths", path, "It cannot be updated.")
            }
        }
        if let limits = configuration.diskTypes[disk.type] {
            var wanted = disk
            wanted.apply(change, at: call.now)
            if change.provisionedIops != nil || change.sizeGb != nil {
                try limits.iops.check(wanted.provisionedIops, "provisionedIops", wanted)
            }
            if change.provisionedThroughput != nil || change.sizeGb != nil {
                try limits.throughput.check(wanted.provisionedThroughput, "provisionedThroughput", wanted)
            }
        }
        let isSlow = change.sizeGb != nil || change.provisionedIops != nil || change.provisionedThroughput != nil
        return begin(
            "update", on: resource, id: disk.id, .updateDisk(change), duration: configuration.milliseconds.updateDisk,
            failure: isSlow ? changeFailure(of: disk, call.now) : nil, call)
    }

    mutating func setLabels(
        of resource: ComputeResource, _ body: ComputeBody, _ call: Call
    ) throws(ComputeError) -> ComputeOperation {
        let (id, current): (UInt64, [String: String])
        if let disk = disks[resource] {
            (id, current) = (disk.id, disk.labels)
        } else if let snapshot = snapshots[resource] {
            (id, current) = (snapshot.id, snapshot.labels)
        } else {
            throw .notFound(resource.path)
        }
        let labels = try body.labels()
        guard try body.string("labelFingerprint") == Labels.fingerprint(current) else { throw .staleLabels }
        return begin(
            "setLabels", on: resource, id: id, .setLabels(labels), duration: configuration.milliseconds.setLabels, call)
    }

    func disk(_ resource: ComputeResource) throws(ComputeError) -> ComputeDisk {
        guard let disk = disks[resource] else { throw .notFound(resource.path) }
        return disk
    }

    func readyDisk(_ resource: ComputeResource) throws(ComputeError) -> ComputeDisk {
        let disk = try disk(resource)
        guard disk.status == .ready else { throw .notReady(resource.path) }
        return disk
    }

    // MARK: What a new disk may be

    private func diskType(
        of body: ComputeBody, project: String, scope: ComputeScope
    ) throws(ComputeError) -> (String, ComputeConfiguration.DiskType) {
        let reference = try body.string("type")
        let name: String
        if let reference {
            guard let resource = ComputeResource(reference, project: project), resource.collection == .diskTypes else {
                throw .invalid("resource.type", reference, "The URL is malformed.")
            }
            guard resource.scope == scope else {
                throw .invalid("resource.type", reference, "The disk type is not in \(scope.path).")
            }
            name = resource.name
        } else {
            name = "pd-standard"
        }
        guard let limits = configuration.diskTypes[name], limits.exists(in: scope) else {
            throw .notFound(ComputeResource(project, scope, .diskTypes, name).path)
        }
        return (name, limits)
    }

    private struct Content {
        var reference: ComputeDisk.Source
        var contentID: String
        var sizeGb: Int64
    }

    private func source(
        of body: ComputeBody, project: String, scope: ComputeScope, type: String, now: Int64
    ) throws(ComputeError) -> Content? {
        if let text = try body.string("sourceSnapshot") {
            guard let resource = ComputeResource(text, project: project), resource.collection == .snapshots else {
                throw .invalid("resource.sourceSnapshot", text, "The URL is malformed.")
            }
            guard let snapshot = snapshots[resource] else { throw .notFound(resource.path) }
            guard snapshot.status(at: now) == "READY" else { throw .notReady(resource.path) }
            return Content(
                reference: .init(resource: resource, id: snapshot.id), contentID: snapshot.contentID,
                sizeGb: snapshot.diskSizeGb)
        }
        guard let text = try body.string("sourceDisk") else { return nil }
        guard let resource = ComputeResource(text, project: project), resource.collection == .disks else {
            throw .invalid("resource.sourceDisk", text, "The URL is malformed.")
        }
        let disk = try readyDisk(resource)
        let isNear = resource.scope == scope || scope.regionName.map { $0 == region(of: resource.scope) } == true
        guard isNear, disk.type == type else {
            throw .invalid(
                "resource.sourceDisk", text,
                "A clone has its source's type and lies in its source's zone; only a regional clone of a zonal disk does not."
            )
        }
        return Content(
            reference: .init(resource: resource, id: disk.id), contentID: disk.contentID, sizeGb: disk.sizeGb)
    }

    private func size(
        _ body: ComputeBody, _ limits: ComputeConfiguration.DiskType, _ scope: ComputeScope, least: Int64?
    ) throws(ComputeError) -> Int64 {
        let size = try body.integer("sizeGb") ?? least ?? limits.standardGb
        let minimum = max(limits.minimumGb, scope.regionName == nil ? 0 : limits.regionalMinimumGb ?? 0)
        guard size >= minimum, size <= limits.maximumGb else {
            throw .invalid(
                "resource.sizeGb", "\(size)",
                "Disk size must be between \(minimum) GB and \(limits.maximumGb) GB for this disk type, inclusive.")
        }
        if let least, size < least {
            throw .invalid(
                "resource.sizeGb", "\(size)", "Disk size cannot be smaller than that of its source, \(least) GB.")
        }
        return size
    }

    private func replicaZones(of body: ComputeBody, _ scope: ComputeScope) throws(ComputeError) -> [String] {
        let given = try body.strings("replicaZones") ?? []
        guard let region = scope.regionName else {
            guard given.isEmpty else {
                throw .invalid("resource.replicaZones", "\(given.count)", "Only regional disks have replica zones.")
            }
            return []
        }
        let zones = given.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
        guard zones.count == 2, Set(zones).count == 2 else {
            throw .invalid("resource.replicaZones", given.joined(separator: ", "), "Must have exactly two zones.")
        }
        for zone in zones where configuration.region(of: zone) != region {
            throw .invalid("resource.replicaZones", zone, "The zone is not in the region \(region).")
        }
        return zones
    }

    private func setAccess(
        of disk: inout ComputeDisk, _ body: ComputeBody, _ limits: ComputeConfiguration.DiskType
    ) throws(ComputeError) {
        disk.multiWriter = try body.bool("multiWriter")
        if disk.multiWriter == true, disk.type != "pd-ssd" {
            throw .invalid("resource.multiWriter", "true", "Only disks of the type pd-ssd have several writers.")
        }
        guard let mode = try body.string("accessMode") else {
            if limits.accessModes != nil { disk.accessMode = "READ_WRITE_SINGLE" }
            return
        }
        guard limits.accessModes?.contains(mode) == true else {
            throw .invalid("resource.accessMode", mode, "Disks of the type \(disk.type) do not have it.")
        }
        disk.accessMode = mode
    }

    private func setPerformance(
        of disk: inout ComputeDisk, _ body: ComputeBody, _ limits: ComputeConfiguration.DiskType
    ) throws(ComputeError) {
        disk.provisionedIops = try body.integer("provisionedIops") ?? limits.iops?.standard(for: disk)
        try limits.iops.check(disk.provisionedIops, "provisionedIops", disk)
        disk.provisionedThroughput =
            try body.integer("provisionedThroughput") ?? limits.throughput?.standard(for: disk)
        try limits.throughput.check(disk.provisionedThroughput, "provisionedThroughput", disk)
    }

    private func checkGrowth(of disk: ComputeDisk, to size: Int64) throws(ComputeError) {
        guard size > disk.sizeGb else {
            throw .invalid(
                "sizeGb", "\(size)", "New disk size '\(size)' must be larger than existing size '\(disk.sizeGb)'.")
        }
        guard let limits = configuration.diskTypes[disk.type] else { return }
        guard size <= limits.maximumGb else {
            throw .invalid("sizeGb", "\(size)", "Disk size must be at most \(limits.maximumGb) GB for this disk type.")
        }
        try checkQuota(limits.quota, adding: size - disk.sizeGb, disk.resource.scope, disk.resource.project)
    }

    private func changeFailure(of disk: ComputeDisk, _ now: Int64) -> OperationFailure? {
        guard let seconds = configuration.diskTypes[disk.type]?.changeIntervalSeconds, let changedAt = disk.changedAt,
            now - changedAt < seconds * 1000
        else { return nil }
        return .rateExceeded(disk.resource.path)
    }

    func region(of scope: ComputeScope) -> String? {
        switch scope {
        case .zone(let zone): configuration.region(of: zone)
        case .region(let region): region
        case .global: nil
        }
    }

    /// What a project uses of a quota in a region.
    func usage(of metric: String, region: String, project: String) -> Int64 {
        if metric == "SNAPSHOTS" { return Int64(snapshots.keys.count { $0.project == project }) }
        return disks.values.reduce(0) { sum, disk in
            guard disk.resource.project == project, self.region(of: disk.resource.scope) == region,
                configuration.diskTypes[disk.type]?.quota == metric
            else { return sum }
            return sum + disk.sizeGb
        }
    }

    private func checkQuota(
        _ metric: String, adding gigabytes: Int64, _ scope: ComputeScope, _ project: String
    ) throws(ComputeError) {
        guard let limit = configuration.quotas[metric], let region = region(of: scope) else { return }
        guard Double(usage(of: metric, region: region, project: project) + gigabytes) > limit else { return }
        throw .quotaExceeded(metric, limit: limit, region: region)
    }
}

extension ComputeScope {
    var zoneName: String? {
        if case .zone(let name) = self { name } else { nil }
    }

    var regionName: String? {
        if case .region(let name) = self { name } else { nil }
    }
}

extension ComputeConfiguration.DiskType {
    func exists(in scope: ComputeScope) -> Bool {
        switch scope {
        case .zone: isZonal ?? true
        case .region: regionalMinimumGb != nil
        case .global: false
        }
    }
}

extension ComputeConfiguration.Performance {
    /// Within what the disk's size allows.
    func bounds(for disk: ComputeDisk) -> (least: Int64, most: Int64) {
        var most = maximum
        if let maximumPerGib { most = min(most, Int64(saturating: maximumPerGib * Double(disk.sizeGb))) }
        if let maximumPerIops, let iops = disk.provisionedIops {
            most = min(most, Int64(saturating: maximumPerIops * Double(iops)))
        }
        var least = minimum
        if let minimumPerGib {
            least = max(least, Int64(saturating: (minimumPerGib * Double(disk.sizeGb)).rounded(.up)))
        }
        return (min(least, most), most)
    }

    func standard(for disk: ComputeDisk) -> Int64? {
        let (least, most) = bounds(for: disk)
        return standard.map { min(max($0, least), most) }
    }
}

extension ComputeConfiguration.Performance? {
    func check(_ value: Int64?, _ field: String, _ disk: ComputeDisk) throws(ComputeError) {
        guard let self else {
            guard let value else { return }
            throw .invalid("resource.\(field)", "\(value)", "It cannot be set for disks of the type \(disk.type).")
        }
        guard let value else { throw .required("resource.\(field)") }
        let (least, most) = self.bounds(for: disk)
        guard value >= least, value <= most else {
            throw .invalid(
                "resource.\(field)", "\(value)",
                "A disk of the type \(disk.type) with \(disk.sizeGb) GB has \(least) to \(most).")
        }
    }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
