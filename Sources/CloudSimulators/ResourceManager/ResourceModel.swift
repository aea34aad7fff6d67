import JSONTree

/// The simulated cloud's resources. Pure: no clock, no I/O; what a call changed is collected in ``changes`` for whoever
/// makes it durable.
struct ResourceModel: Sendable {
    typealias Milliseconds = SimulatorClock.Milliseconds

    /// What a mutation answers with.
    struct Outcome: Sendable {
        /// The asynchronous operation to follow; `nil`: done already.
        var operation: AsyncOperation?
        /// The resource as the answer shows it; `nil` for a deletion.
        var resource: JSONValue?
        var status: Int
        /// What is to be done with bytes, in data mode.
        var contents: [ContentChange] = []
    }

    /// A change of what disks hold.
    enum ContentChange: Sendable, Hashable {
        case create(id: String, bytes: Int64, from: String?)
        case resize(id: String, bytes: Int64)
        case remove(id: String)
        case attach(id: String, lun: Int64)
        case detach(id: String)
    }

    /// How a mutation is to be made, beside its body.
    struct Circumstances: Sendable {
        var now: Milliseconds
        var effects = FaultEffects()
        /// A new UUID each time.
        var newID: @Sendable () -> String
    }

    let settings: ResourceManagerSettings
    /// By their names in lower case, as `subscription/group`.
    private(set) var groups: [String: JSONValue] = [:]
    var disks: [String: StoredResource] = [:]
    var snapshots: [String: StoredResource] = [:]
    var machines: [String: StoredMachine] = [:]
    private(set) var operations: [String: AsyncOperation] = [:]
    /// Keys of disks and snapshots, and of machines, that are in a transition.
    private var busyResources: Set<ResourceName> = []
    private var busyMachines: Set<String> = []
    /// Not yet durable.
    private var changed: [ResourceStore.Change] = []

    /// Operations that are older are forgotten, as Azure forgets them.
    private static let operationLifetime: Milliseconds = 24 * 3_600_000

    init(settings: ResourceManagerSettings) { self.settings = settings }

    // MARK: Durability

    /// What has changed since the last time.
    mutating func takeChanges() -> [ResourceStore.Change] {
        defer { changed = [] }
        return changed
    }

    mutating func save(_ resource: StoredResource) {
        let kind = resource.name.type == .disk ? "azure.disk" : "azure.snapshot"
        if resource.name.type == .disk {
            disks[resource.name.key] = resource
        } else {
            snapshots[resource.name.key] = resource
        }
        note(resource)
        changed.append(.put(kind: kind, key: resource.name.key, resource.json))
    }

    mutating func remove(_ name: ResourceName) {
        if name.type == .disk { disks[name.key] = nil } else { snapshots[name.key] = nil }
        busyResources.remove(name)
        changed.append(.remove(kind: name.type == .disk ? "azure.disk" : "azure.snapshot", key: name.key))
    }

    mutating func save(_ machine: StoredMachine) {
        machines[machine.name.key] = machine
        note(machine)
        changed.append(.put(kind: "azure.machine", key: machine.name.key, machine.json))
    }

    mutating func save(_ operation: AsyncOperation) {
        operations[operation.id] = operation
        changed.append(.put(kind: "azure.operation", key: operation.id, operation.json))
    }

    /// Fills the model from what an earlier process stored.
    mutating func restore(
        groups: [String: JSONValue], resources: [JSONValue], machines: [String: JSONValue], operations: [JSONValue]
    ) {
        self.groups = groups
        for resource in resources.compactMap(StoredResource.init(json:)) {
            if resource.name.type == .disk {
                disks[resource.name.key] = resource
            } else {
                snapshots[resource.name.key] = resource
            }
            note(resource)
        }
        for (key, json) in machines {
            self.machines[key]?.restore(json)
            if let machine = self.machines[key] { note(machine) }
        }
        for operation in operations.compactMap(AsyncOperation.init(json:)) { self.operations[operation.id] = operation }
    }

    private mutating func note(_ resource: StoredResource) {
        if resource.transition == nil {
            busyResources.remove(resource.name)
        } else {
            busyResources.insert(resource.name)
        }
    }

    private mutating func note(_ machine: StoredMachine) {
        if machine.transition == nil {
            busyMachines.remove(machine.name.key)
        } else {
            busyMachines.insert(machine.name.key)
        }
    }

    // MARK: Time

    /// Ends what has come to its end by now. Called before every look at the model.
    mutating func settle(_ now: Milliseconds) {
        for name in busyResources {
            guard let resource = name.type == .disk ? disks[name.key] : snapshots[name.key],
                let transition = resource.transition, transition.isOver(now)
            else { continue }
            if transition.kind == .deleting {
                remove(resource.name)
            } else {
                var resource = resource
                resource.transition = nil
                save(resource)
            }
        }
        for key in busyMachines {
            guard var machine = machines[key], let transition = machine.transition, transition.isOver(now) else {
                continue
            }
            machine.transition = nil
            machine.generation += 1
            for leaving in machine.dataDisks where leaving.isLeaving { release(leaving.diskID, from: machine.name.id) }
            machine.dataDisks.removeAll { $0.isLeaving }
            save(machine)
        }
    }

    /// Drops operations of which nobody asks any more. Called once in a while.
    mutating func forget(_ now: Milliseconds) {
        for operation in operations.values where operation.began + Self.operationLifetime < now {
            operations[operation.id] = nil
            changed.append(.remove(kind: "azure.operation", key: operation.id))
        }
    }

    /// Lets everything that is stuck end now.
    mutating func unstick(_ now: Milliseconds) {
        for var resource in Array(disks.values) + Array(snapshots.values)
        where resource.transition != nil && resource.transition?.ends == nil {
            resource.transition?.ends = now
            save(resource)
        }
        for var machine in machines.values where machine.transition != nil && machine.transition?.ends == nil {
            machine.transition?.ends = now
            save(machine)
        }
        for var operation in operations.values where operation.ends == nil {
            operation.ends = now
            save(operation)
        }
    }

    private mutating func release(_ diskID: String, from machineID: String) {
        guard var disk = disks[diskID.lowercased()] else { return }
        disk.attachments.removeAll { $0.lowercased() == machineID.lowercased() }
        save(disk)
    }

    /// Begins an asynchronous operation.
    mutating func begin(
        _ name: ResourceName, location: String, lasting duration: Milliseconds, isDeletion: Bool = false,
        _ circumstances: Circumstances
    ) -> AsyncOperation {
        let operation = AsyncOperation(
            id: circumstances.newID(), subscription: name.subscription, location: location, began: circumstances.now,
            ends: circumstances.effects.isStuck ? nil : circumstances.now + duration, resourceID: name.id,
            isDeletion: isDeletion)
        save(operation)
        if operations.count % 1024 == 0 { forget(circumstances.now) }
        return operation
    }

    // MARK: Places

    func checkSubscription(_ subscription: String) throws(ResourceManagerError) {
        guard settings.hasSubscription(subscription) else {
            throw ResourceManagerError(
                404, "SubscriptionNotFound", "The subscription '\(subscription)' could not be found.")
        }
    }

    private func groupKey(_ subscription: String, _ name: String) -> String { "\(subscription)/\(name)".lowercased() }

    /// A group that was made, or one of the configuration's, which are in every subscription.
    func group(_ subscription: String, _ name: String) throws(ResourceManagerError) -> JSONValue {
        try checkSubscription(subscription)
        if let group = groups[groupKey(subscription, name)] { return group }
        guard let given = settings.resourceGroups.first(where: { $0.name.lowercased() == name.lowercased() }) else {
            throw ResourceManagerError(
                404, "ResourceGroupNotFound", "Resource group '\(name)' could not be found.")
        }
        return Self.group(subscription, given.name, location: given.location)
    }

    func allGroups(_ subscription: String) -> [JSONValue] {
        var groups = self.groups.filter { $0.key.hasPrefix("\(subscription.lowercased())/") }
        for (name, location) in settings.resourceGroups where groups[groupKey(subscription, name)] == nil {
            groups[groupKey(subscription, name)] = Self.group(subscription, name, location: location)
        }
        return groups.sorted { $0.key < $1.key }.map(\.value)
    }

    mutating func putGroup(
        _ subscription: String, _ name: String, _ body: JSONValue
    ) throws(ResourceManagerError) -> Outcome {
        try checkSubscription(subscription)
        let key = groupKey(subscription, name)
        let location = try knownLocation(body["location"]?.stringValue)
        let existing = try? group(subscription, name)  // absence is not an error here
        if let present = existing?["location"]?.stringValue, present != location {
            throw ResourceManagerError(
                409, "InvalidResourceGroupLocation",
                "Invalid resource group location '\(location)'. The Resource group already exists in location '\(present)'."
            )
        }
        var group = Self.group(subscription, name, location: location)
        if let tags = body["tags"] { group["tags"] = tags }
        groups[key] = group
        changed.append(.put(kind: "azure.group", key: key, group))
        return Outcome(resource: group, status: existing == nil ? 201 : 200)
    }

    private static func group(_ subscription: String, _ name: String, location: String) -> JSONValue {
        [
            "id": .string("/subscriptions/\(subscription)/resourceGroups/\(name)"), "name": .string(name),
            "type": "Microsoft.Resources/resourceGroups", "location": .string(location),
            "properties": ["provisioningState": "Succeeded"],
        ]
    }

    func knownLocation(_ location: String?) throws(ResourceManagerError) -> String {
        guard let location else {
            throw ResourceManagerError(
                400, "LocationRequired", "The location property is required for this definition.")
        }
        let normalized = ResourceManagerSettings.normalized(location: location)
        guard settings.locations[normalized] != nil else {
            throw ResourceManagerError(
                400, "LocationNotAvailableForResourceType",
                "The provided location '\(location)' is not available for resource type 'Microsoft.Compute/disks'. List of "
                    + "available regions for the resource type is '\(settings.locations.keys.sorted().joined(separator: ","))'.",
                target: "location")
        }
        return normalized
    }

    // MARK: Reading

    func isVisible(_ resource: StoredResource, _ now: Milliseconds) -> Bool { resource.hiddenUntil ?? 0 <= now }

    func get(_ name: ResourceName, _ now: Milliseconds) throws(ResourceManagerError) -> JSONValue {
        _ = try group(name.subscription, name.group)
        switch name.type {
        case .disk, .snapshot:
            guard let resource = name.type == .disk ? disks[name.key] : snapshots[name.key], isVisible(resource, now)
            else { throw .notFound(name) }
            return resource.rendered(now, settings)
        case .machine, .scaleSetMachine:
            return try machine(name).rendered(now, disks: disks)
        }
    }

    func machine(_ name: ResourceName) throws(ResourceManagerError) -> StoredMachine {
        guard let machine = machines[name.key] else { throw .notFound(name) }
        return machine
    }

    /// All of a kind in the order of their keys, each with its key.
    func list(
        _ kind: ResourceName.Kind, subscription: String, group: String?, parent: String?, _ now: Milliseconds
    ) throws(ResourceManagerError) -> [(key: String, resource: JSONValue)] {
        try checkSubscription(subscription)
        if let group { _ = try self.group(subscription, group) }
        func isMeant(_ name: ResourceName) -> Bool {
            name.subscription.lowercased() == subscription.lowercased()
                && group.map { $0.lowercased() == name.group.lowercased() } ?? true
                && parent?.lowercased() == name.parent?.lowercased()
        }
        switch kind {
        case .disk, .snapshot:
            return (kind == .disk ? disks : snapshots).values
                .filter { isMeant($0.name) && isVisible($0, now) }
                .map { ($0.name.key, $0.rendered(now, settings)) }.sorted { $0.0 < $1.0 }
        case .machine, .scaleSetMachine:
            return machines.values.filter { $0.name.type == kind && isMeant($0.name) }
                .map { ($0.name.key, $0.rendered(now, disks: disks)) }.sorted { $0.0 < $1.0 }
        }
    }
}
