import JSONTree

// Disks and snapshots: PUT, PATCH, DELETE.
extension ResourceModel {
    private static let day: Milliseconds = 24 * 3_600_000

    /// Makes a disk or snapshot, or gives the one of that name what the body says.
    ///
    /// The same body again changes nothing and is 200: that is Azure's idempotency.
    mutating func put(
        _ name: ResourceName, _ body: JSONValue, _ circumstances: Circumstances
    ) throws(ResourceManagerError) -> Outcome {
        _ = try group(name.subscription, name.group)
        guard ResourceName.isValid(name.name) else {
            throw .invalid(
                name.type == .disk ? "disk.name" : "snapshot.name",
                "The entity name '\(name.name)' is invalid according to its validation rule: "
                    + #"^[^_\W][\w\-._]{0,79}(?<![-.])$."#)
        }
        let content = try ResourceContent(body, for: name)
        let location = try knownLocation(content.location)
        if let existing = name.type == .disk ? disks[name.key] : snapshots[name.key] {
            return try update(existing, content, isPut: true, circumstances)
        }
        let resource = StoredResource(
            name: name, content: try newContent(name, content, location: location), uniqueID: circumstances.newID(),
            created: circumstances.now)
        try checkQuota(name, location: location)
        return create(resource, circumstances)
    }

    mutating func patch(
        _ name: ResourceName, _ body: JSONValue, _ circumstances: Circumstances
    ) throws(ResourceManagerError) -> Outcome {
        _ = try group(name.subscription, name.group)
        guard let existing = name.type == .disk ? disks[name.key] : snapshots[name.key],
            isVisible(existing, circumstances.now)
        else { throw .notFound(name) }
        return try update(existing, try ResourceContent(body, for: name), isPut: false, circumstances)
    }

    mutating func delete(
        _ name: ResourceName, _ circumstances: Circumstances
    ) throws(ResourceManagerError) -> Outcome {
        _ = try group(name.subscription, name.group)
        guard var resource = name.type == .disk ? disks[name.key] : snapshots[name.key] else {
            return Outcome(status: 204)
        }
        if let transition = resource.transition, transition.kind == .deleting {
            return Outcome(operation: operations[transition.operation], status: 202)
        }
        if let machine = resource.attachments.first {
            throw ResourceManagerError(
                409, "OperationNotAllowed", "Disk \(name.name) is attached to VM \(machine).", target: "disk")
        }
        let operation = begin(
            name, location: resource.location, lasting: settings.durations.deleting, isDeletion: true, circumstances)
        resource.transition = Transition(kind: .deleting, ends: operation.ends, operation: operation.id)
        save(resource)
        return Outcome(operation: operation, status: 202, contents: [.remove(id: resource.contentID)])
    }

    // MARK: Creating

    private mutating func create(_ resource: StoredResource, _ circumstances: Circumstances) -> Outcome {
        var resource = resource
        let source = source(of: resource.content)
        let isCopy = source != nil
        let duration = settings.durations.creating + (isCopy ? settings.durations.copyingPerGB * resource.sizeGB : 0)
        let operation = begin(resource.name, location: resource.location, lasting: duration, circumstances)
        if operation.ends.map({ $0 > circumstances.now }) ?? true {
            resource.transition = Transition(kind: .creating, ends: operation.ends, operation: operation.id)
        }
        if let delay = circumstances.effects.invisibleFor {
            resource.hiddenUntil = circumstances.now + Milliseconds(delay / .milliseconds(1))
        }
        save(resource)
        return Outcome(
            operation: resource.transition == nil ? nil : operation,
            resource: resource.rendered(circumstances.now, settings),
            status: resource.transition == nil ? 201 : 202,
            contents: [
                .create(id: resource.contentID, bytes: resource.sizeGB << 30, from: source?.contentID)
            ])
    }

    private func checkQuota(_ name: ResourceName, location: String) throws(ResourceManagerError) {
        let all = name.type == .disk ? disks : snapshots
        let limit = name.type == .disk ? settings.quotas.disks : settings.quotas.snapshots
        // Of all subscriptions and locations: mostly there is nothing to count.
        guard Int64(all.count) >= limit else { return }
        let used = all.values.count {
            $0.name.subscription.lowercased() == name.subscription.lowercased() && $0.location == location
        }
        guard Int64(used) >= limit else { return }
        throw Self.quotaExceeded(name.type == .disk ? "DiskCount" : "SnapshotCount", location, limit, used)
    }

    static func quotaExceeded(_ quota: String, _ location: String, _ limit: Int64, _ used: Int) -> ResourceManagerError
    {
        ResourceManagerError(
            409, "OperationNotAllowed",
            "Operation could not be completed as it results in exceeding approved \(quota) quota. Additional details - "
                + "Deployment Model: Resource Manager, Location: \(location), Current Limit: \(limit), Current Usage: \(used), "
                + "Additional Required: 1, (Minimum) New Limit Required: \(limit + 1).")
    }

    private func newContent(
        _ name: ResourceName, _ content: ResourceContent, location: String
    ) throws(ResourceManagerError) -> JSONValue {
        guard let creation = content.properties["creationData"], let option = creation["createOption"]?.stringValue
        else {
            throw .invalid(
                "creationData.createOption", "Required parameter 'creationData.createOption' is missing (null).")
        }
        var properties = content.properties
        switch option {
        case "Empty" where name.type == .disk:
            guard properties["diskSizeGB"] != nil else {
                throw .invalid("disk.properties.diskSizeGB", "Required parameter 'disk.diskSizeGB' is missing (null).")
            }
        case "Copy":
            let source = try copySource(creation, name, location: location)
            let size = properties["diskSizeGB"]?.integerValue ?? source.sizeGB
            guard size >= source.sizeGB else {
                throw .invalid(
                    "disk.properties.diskSizeGB",
                    "The value \(size) of parameter 'diskSizeGB' is out of range: it must be at least the size of the "
                        + "source, \(source.sizeGB) GB.")
            }
            properties["diskSizeGB"] = .integer(name.type == .snapshot ? source.sizeGB : size)
        default:
            throw .invalid(
                "creationData.createOption",
                "The value '\(option)' of parameter 'creationData.createOption' is not supported by this simulator: it has "
                    + (name.type == .disk ? "Empty and Copy." : "Copy."))
        }
        if name.type == .snapshot {
            properties["incremental"] = properties["incremental"] ?? false
        }
        setDefaults(&properties)
        var json: JSONValue = ["location": .string(location)]
        json["tags"] = content.tags
        if let zones = content.zones, !zones.isEmpty { json["zones"] = JSONValue(zones) }
        let typeName = content.typeName ?? (name.type == .disk ? settings.defaultDiskType : "Standard_LRS")
        json["sku"] = ["name": .string(typeName)]
        if name.type == .disk {
            try DiskRules(settings: settings).check(
                &properties, typeName: typeName, zones: content.zones ?? [], location: location)
        } else if !["Standard_LRS", "Premium_LRS", "Standard_ZRS"].contains(typeName) {
            throw DiskRules.unknownType(typeName)
        }
        json["properties"] = .object(properties)
        return json
    }

    private func setDefaults(_ properties: inout JSONObject) {
        let defaults: JSONObject = [
            "networkAccessPolicy": "AllowAll", "publicNetworkAccess": "Enabled",
            "encryption": ["type": "EncryptionAtRestWithPlatformKey"],
        ]
        for (key, value) in defaults where properties[key] == nil { properties[key] = value }
    }

    private func source(of content: JSONValue) -> StoredResource? {
        guard let id = content.at("properties", "creationData", "sourceResourceId")?.stringValue?.lowercased() else {
            return nil
        }
        return snapshots[id] ?? disks[id]
    }

    private func copySource(
        _ creation: JSONValue, _ name: ResourceName, location: String
    ) throws(ResourceManagerError) -> StoredResource {
        guard let id = creation["sourceResourceId"]?.stringValue, let sourceName = ResourceName(id: id) else {
            throw .invalid(
                "creationData.sourceResourceId",
                "The value of parameter 'creationData.sourceResourceId' is not the ID of a disk or snapshot.")
        }
        guard let source = sourceName.type == .disk ? disks[sourceName.key] : snapshots[sourceName.key],
            source.transition?.kind != .deleting
        else { throw .notFound(sourceName) }
        guard source.transition?.kind != .creating else {
            throw .conflict("'\(id)' is being created and cannot be copied yet.")
        }
        guard source.location == location else {
            throw .invalid(
                "creationData.sourceResourceId",
                "The source '\(id)' is in \(source.location), not in \(location): createOption Copy stays in a region.")
        }
        return source
    }

    // MARK: Updating

    private mutating func update(
        _ existing: StoredResource, _ content: ResourceContent, isPut: Bool, _ circumstances: Circumstances
    ) throws(ResourceManagerError) -> Outcome {
        let now = circumstances.now
        let wanted = try updated(existing, content, isPut: isPut, circumstances)
        if let transition = existing.transition {
            guard transition.kind != .deleting, wanted.content == existing.content else {
                throw .conflict("'\(existing.name.id)' is in the state \(transition.kind.rawValue).")
            }
            return Outcome(
                operation: operations[transition.operation], resource: existing.rendered(now, settings), status: 202)
        }
        guard wanted.content != existing.content else {
            return Outcome(resource: existing.rendered(now, settings), status: 200)
        }
        var resource = wanted
        let operation = begin(
            resource.name, location: resource.location, lasting: settings.durations.updating, circumstances)
        if operation.ends.map({ $0 > now }) ?? true {
            resource.transition = Transition(kind: .updating, ends: operation.ends, operation: operation.id)
        }
        save(resource)
        var contents: [ContentChange] = []
        if resource.sizeGB != existing.sizeGB {
            contents.append(.resize(id: resource.contentID, bytes: resource.sizeGB << 30))
        }
        return Outcome(
            operation: resource.transition == nil ? nil : operation, resource: resource.rendered(now, settings),
            status: resource.transition == nil ? 200 : 202, contents: contents)
    }

    /// The resource as it would be, or why it cannot be so.
    private func updated(
        _ existing: StoredResource, _ content: ResourceContent, isPut: Bool, _ circumstances: Circumstances
    ) throws(ResourceManagerError) -> StoredResource {
        var resource = existing
        if let location = content.location, location != existing.location {
            throw ResourceManagerError(
                409, "InvalidResourceLocation",
                "The resource '\(existing.name.name)' already exists in location '\(existing.location)' in resource group "
                    + "'\(existing.name.group)'. A resource with the same name cannot be created in location '\(location)'. "
                    + "Please select a new resource name.")
        }
        if let zones = content.zones, zones != existing.zones { throw .propertyChange("zones") }
        if isPut || content.tags != nil { resource.content["tags"] = content.tags }
        var properties = existing.content["properties"]?.objectValue ?? [:]
        for (key, value) in content.properties {
            if key == "creationData" || key == "incremental" {
                try checkUnchanged(key, properties[key], value)
            } else {
                properties[key] = value
            }
        }
        guard existing.name.type == .disk else {
            if let size = content.properties["diskSizeGB"]?.integerValue, size != existing.sizeGB {
                throw .propertyChange("diskSizeGB")
            }
            resource.content["properties"] = .object(properties)
            return resource
        }
        let size = properties["diskSizeGB"]?.integerValue ?? existing.sizeGB
        guard size >= existing.sizeGB else {
            throw ResourceManagerError(
                409, settings.shrinkCode,
                "Disk size reduction is not supported. Current size is \(existing.sizeGB << 30) bytes, requested size is "
                    + "\(size << 30) bytes.",
                target: "diskSizeGB")
        }
        let typeName = content.typeName ?? existing.typeName
        let rules = DiskRules(settings: settings)
        if typeName != existing.typeName {
            try rules.checkTypeChange(of: existing, to: typeName, circumstances.now)
            resource.typeChanges = recent(existing.typeChanges, circumstances.now) + [circumstances.now]
            resource.content.set(.string(typeName), at: "sku", "name")
        }
        try rules.check(&properties, typeName: typeName, zones: existing.zones, location: existing.location)
        let old = existing.content["properties"]?.objectValue ?? [:]
        if properties["diskIOPSReadWrite"] != old["diskIOPSReadWrite"]
            || properties["diskMBpsReadWrite"] != old["diskMBpsReadWrite"],
            case .provisioned(let limits)? =
                settings
                .diskType(typeName)?.performance
        {
            let changes = recent(existing.performanceChanges, circumstances.now)
            guard Int64(changes.count) < limits.changesPerDay else {
                throw ResourceManagerError(
                    409, "OperationNotAllowed",
                    "The performance of disk '\(existing.name.name)' was changed \(changes.count) times in the last 24 "
                        + "hours, and cannot be changed more often than \(limits.changesPerDay) times.",
                    target: "diskIOPSReadWrite")
            }
            resource.performanceChanges = changes + [circumstances.now]
        }
        if let shares = properties["maxShares"], shares != old["maxShares"] ?? 1, !existing.attachments.isEmpty {
            throw ResourceManagerError(
                409, "OperationNotAllowed",
                "maxShares of disk '\(existing.name.name)' cannot be changed while it is attached.", target: "maxShares"
            )
        }
        resource.content["properties"] = .object(properties)
        return resource
    }

    private func recent(_ times: [Milliseconds], _ now: Milliseconds) -> [Milliseconds] {
        times.filter { $0 + Self.day > now }
    }

    /// What is given of `creationData` must be what is there; what is left out stays.
    private func checkUnchanged(
        _ key: String, _ present: JSONValue?, _ given: JSONValue
    ) throws(ResourceManagerError) {
        guard let object = given.objectValue else {
            if present != given { throw .propertyChange(key) }
            return
        }
        for (member, value) in object where !value.isNull {
            let old = present?[member]
            let isSame =
                old == value
                || old?.stringValue.flatMap { old in value.stringValue.map { $0.lowercased() == old.lowercased() } }
                    ?? false
            if !isSame { throw .propertyChange("\(key).\(member)") }
        }
    }
}
