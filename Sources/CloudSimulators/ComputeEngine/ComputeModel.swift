import Crypto
import Foundation
import JSONTree

/// What the simulated Compute Engine holds, and what its calls make of it. Pure: no clock, no I/O.
///
/// A call that changes something makes an ``ComputeOperation``; what that does is done by ``advance(to:)``, which every
/// call begins with, once the operation's end has come.
struct ComputeModel {
    /// What a call asks for, beside its body.
    struct Call {
        var now: Int64
        var requestID: String?
        /// Distinguishes what a requestId was used for.
        var requestDigest: String
        var user: String
        var effects = FaultEffects()
    }

    /// What must become durable, and what must happen to the disks' bytes, in this order.
    struct Changes {
        var documents: [ResourceStore.Change] = []
        var content: [DiskContentChange] = []
    }

    let configuration: ComputeConfiguration
    private(set) var disks: [ComputeResource: ComputeDisk] = [:]
    private(set) var snapshots: [ComputeResource: ComputeSnapshot] = [:]
    private(set) var operations: [ComputeResource: ComputeOperation] = [:]
    /// Those that are not DONE.
    private var openOperations: Set<ComputeResource> = []
    private var operationsByRequest: [String: ComputeResource] = [:]
    private var changes = Changes()
    private var lastID: UInt64 = 0

    init(_ configuration: ComputeConfiguration) { self.configuration = configuration }

    // MARK: Durability

    static let diskKind = "gce.disk"
    static let snapshotKind = "gce.snapshot"
    static let operationKind = "gce.operation"

    /// Takes up what a store holds.
    init(_ configuration: ComputeConfiguration, store: ResourceStore) throws {
        self.init(configuration)
        for document in try store.all(Self.diskKind).values {
            let disk = try Self.decoded(document, as: ComputeDisk.self)
            disks[disk.resource] = disk
            lastID = max(lastID, disk.id)
        }
        for document in try store.all(Self.snapshotKind).values {
            let snapshot = try Self.decoded(document, as: ComputeSnapshot.self)
            snapshots[snapshot.resource] = snapshot
            lastID = max(lastID, snapshot.id)
        }
        for document in try store.all(Self.operationKind).values {
            let operation = try Self.decoded(document, as: ComputeOperation.self)
            operations[operation.resource] = operation
            lastID = max(lastID, operation.id)
            if !operation.isDone { openOperations.insert(operation.resource) }
            if let requestID = operation.requestID {
                operationsByRequest[Self.requestKey(operation.resource.project, requestID)] = operation.resource
            }
        }
    }

    /// What has changed since the last time.
    mutating func takeChanges() -> Changes {
        defer { changes = Changes() }
        return changes
    }

    mutating func put(_ disk: ComputeDisk) {
        disks[disk.resource] = disk
        changes.documents.append(.put(kind: Self.diskKind, key: disk.resource.path, Self.encoded(disk)))
    }

    mutating func remove(disk: ComputeDisk) {
        disks[disk.resource] = nil
        changes.documents.append(.remove(kind: Self.diskKind, key: disk.resource.path))
    }

    mutating func put(_ snapshot: ComputeSnapshot) {
        snapshots[snapshot.resource] = snapshot
        changes.documents.append(.put(kind: Self.snapshotKind, key: snapshot.resource.path, Self.encoded(snapshot)))
    }

    mutating func remove(snapshot: ComputeSnapshot) {
        snapshots[snapshot.resource] = nil
        changes.documents.append(.remove(kind: Self.snapshotKind, key: snapshot.resource.path))
    }

    mutating func put(_ operation: ComputeOperation) {
        operations[operation.resource] = operation
        changes.documents.append(.put(kind: Self.operationKind, key: operation.resource.path, Self.encoded(operation)))
        if operation.isDone {
            openOperations.remove(operation.resource)
        } else {
            openOperations.insert(operation.resource)
        }
    }

    mutating func change(_ content: DiskContentChange) { changes.content.append(content) }

    private static func decoded<Value: Decodable>(_ document: JSONValue, as type: Value.Type) throws -> Value {
        try JSONDecoder().decode(type, from: Data(document.encoded))
    }

    private static func encoded(_ value: some Encodable) -> JSONValue {
        do {
            return try JSONParser.parse(JSONEncoder().encode(value))
        } catch {
            // Unreachable: a resource has only strings, integers and booleans, few levels deep, which JSONEncoder writes and
            // JSONParser reads.
            preconditionFailure("a resource of the model cannot be written: \(error)")
        }
    }

    // MARK: Operations

    /// The operation that an earlier request with the same requestId began.
    func earlierOperation(_ call: Call, project: String) throws(ComputeError) -> ComputeOperation? {
        guard let requestID = call.requestID else { return nil }
        guard UUID(uuidString: requestID) != nil, requestID.contains(where: { $0 != "0" && $0 != "-" }) else {
            throw .invalid("requestId", requestID, "The request ID must be a valid UUID that is not zero.")
        }
        guard let known = operationsByRequest[Self.requestKey(project, requestID)], let operation = operations[known],
            call.now - operation.insertedAt < configuration.requestIdHours * 3_600_000
        else { return nil }
        guard operation.requestDigest == call.requestDigest else {
            throw .invalid("requestId", requestID, "It was used by an earlier request, for something else.")
        }
        return operation
    }

    /// Begins an operation that ends `duration` milliseconds after it is RUNNING.
    mutating func begin(
        _ type: String, on target: ComputeResource, id: UInt64, _ effect: ComputeOperation.Effect, duration: Int64,
        failure: OperationFailure? = nil, _ call: Call
    ) -> ComputeOperation {
        let id = (id: nextID(call.now), target: id)
        let suffix = String(id.id, radix: 16)
        let starts = call.now + configuration.milliseconds.pending
        let operation = ComputeOperation(
            resource: ComputeResource(
                target.project, target.scope, .operations,
                "operation-\(call.now)-\(suffix.suffix(12))-\(suffix.prefix(4))"),
            id: id.id, type: type, target: target, targetID: id.target, requestID: call.requestID,
            requestDigest: call.requestID == nil ? nil : call.requestDigest, user: call.user, insertedAt: call.now,
            startsAt: starts, endsAt: starts + duration, isStuck: call.effects.isStuck, effect: effect, failure: failure
        )
        put(operation)
        if let requestID = call.requestID {
            operationsByRequest[Self.requestKey(target.project, requestID)] = operation.resource
        }
        return operation
    }

    mutating func nextID(_ now: Int64) -> UInt64 {
        lastID = max(lastID + 1, UInt64(max(now, 0)) * 1_000_000)
        return lastID
    }

    private static func requestKey(_ project: String, _ requestID: String) -> String {
        "\(project)/\(requestID.lowercased())"
    }

    /// Ends the operations whose time has come, in the order of their ends.
    mutating func advance(to now: Int64) {
        guard !openOperations.isEmpty else { return }
        let due = openOperations.compactMap { operations[$0] }.filter { !$0.isStuck && $0.endsAt <= now }
            .sorted { ($0.endsAt, $0.id) < ($1.endsAt, $1.id) }
        for var operation in due {
            finish(&operation)
            operation.isDone = true
            put(operation)
        }
        if !due.isEmpty { forgetOldOperations() }
    }

    /// What was stuck goes on from now.
    mutating func release(at now: Int64) {
        for name in openOperations {
            guard var operation = operations[name], operation.isStuck else { continue }
            operation.isStuck = false
            operation.endsAt = max(operation.endsAt, now)
            put(operation)
        }
        for var snapshot in snapshots.values where snapshot.isStuck {
            snapshot.isStuck = false
            put(snapshot)
        }
    }

    private mutating func finish(_ operation: inout ComputeOperation) {
        guard operation.failure == nil else { return abandon(operation) }
        switch operation.effect {
        case .nothing: break
        case .createDisk:
            update(operation.target) { $0.status = .ready }
        case .deleteDisk:
            if let disk = disks[operation.target] {
                remove(disk: disk)
                change(.remove(disk.contentID))
            }
        case .resizeDisk(let gigabytes):
            update(operation.target) { $0.grow(to: gigabytes, at: operation.endsAt) }
            if let disk = disks[operation.target] { change(.resize(disk.contentID, bytes: disk.bytes)) }
        case .updateDisk(let wanted):
            update(operation.target) { $0.apply(wanted, at: operation.endsAt) }
            if wanted.sizeGb != nil, let disk = disks[operation.target] {
                change(.resize(disk.contentID, bytes: disk.bytes))
            }
        case .attachDisk(let name):
            update(name) { disk in
                for index in disk.attachments.indices where disk.attachments[index].instance == operation.target {
                    disk.attachments[index].isVisible = true
                }
                disk.lastAttachedAt = operation.endsAt
            }
            if let disk = disks[name], let attachment = disk.attachment(to: operation.target), isLocal(operation.target)
            {
                change(.attach(disk.contentID, deviceName: attachment.deviceName))
            }
        case .detachDisk(let name):
            guard let name else { break }
            update(name) { disk in
                disk.attachments.removeAll { $0.instance == operation.target }
                disk.lastDetachedAt = operation.endsAt
            }
            if let disk = disks[name], isLocal(operation.target) { change(.detach(disk.contentID)) }
        case .setLabels(let labels):
            update(operation.target) { $0.labels = labels }
            if var snapshot = snapshots[operation.target] {
                snapshot.labels = labels
                put(snapshot)
            }
        case .deleteSnapshot:
            if let snapshot = snapshots[operation.target] {
                remove(snapshot: snapshot)
                change(.remove(snapshot.contentID))
            }
        }
    }

    /// A disk whose making failed is gone; everything else stays as it was.
    private mutating func abandon(_ operation: ComputeOperation) {
        guard case .createDisk = operation.effect, let disk = disks[operation.target] else { return }
        remove(disk: disk)
        change(.remove(disk.contentID))
    }

    private mutating func update(_ name: ComputeResource, _ body: (inout ComputeDisk) -> Void) {
        guard var disk = disks[name] else { return }
        body(&disk)
        put(disk)
    }

    private func isLocal(_ instance: ComputeResource) -> Bool {
        guard case .zone(let zone) = instance.scope else { return false }
        return configuration.instance(instance.name, in: zone)?.local == true
    }

    private mutating func forgetOldOperations() {
        guard operations.count > configuration.operationsKept + configuration.operationsKept / 10 else { return }
        let done = operations.values.filter(\.isDone).sorted { $0.id < $1.id }
        for operation in done.prefix(operations.count - configuration.operationsKept) {
            operations[operation.resource] = nil
            if let requestID = operation.requestID {
                operationsByRequest[Self.requestKey(operation.resource.project, requestID)] = nil
            }
            changes.documents.append(.remove(kind: Self.operationKind, key: operation.resource.path))
        }
    }
}

/// What happens to a disk's bytes, where it has any.
enum DiskContentChange: Hashable, Sendable {
    case create(String, bytes: Int64, from: String?)
    case resize(String, bytes: Int64)
    case remove(String)
    case attach(String, deviceName: String)
    case detach(String)
}

extension ComputeDisk {
    /// The same for its whole life, and never again.
    var contentID: String { "gce-disk-\(id)" }
    var bytes: Int64 { sizeGb << 30 }

    func attachment(to instance: ComputeResource) -> Attachment? { attachments.first { $0.instance == instance } }

    mutating func grow(to gigabytes: Int64, at time: Int64) {
        sizeGb = max(sizeGb, gigabytes)
        changedAt = time
    }

    mutating func apply(_ change: ComputeOperation.DiskChange, at time: Int64) {
        if let sizeGb = change.sizeGb { grow(to: sizeGb, at: time) }
        provisionedIops = change.provisionedIops ?? provisionedIops
        provisionedThroughput = change.provisionedThroughput ?? provisionedThroughput
        accessMode = change.accessMode ?? accessMode
        labels = change.labels ?? labels
        if change.provisionedIops != nil || change.provisionedThroughput != nil { changedAt = time }
    }
}

extension ComputeSnapshot {
    var contentID: String { "gce-snapshot-\(id)" }
}
