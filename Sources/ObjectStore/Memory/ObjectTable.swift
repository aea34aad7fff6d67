import KubernetesAPI

/// The objects of one kind: by key for a get, in key order for a list, and what changed lately for a watch.
struct ObjectTable {
    struct Row {
        var object: StoredObject
        /// Its row in the database.
        var rowID: Int64
    }

    private var rows: [ObjectKey: Row] = [:]
    private(set) var ordered = OrderedObjects()
    /// The newest version of this kind; a list of an older version, unless older than this, is still the present one.
    private(set) var lastChange: UInt64
    private(set) var history: EventHistory
    /// What the database holds and cannot be read; never many.
    private(set) var unreadable: [UnreadableObject]

    /// - Parameters:
    ///   - rows: Each key once.
    ///   - revision: The store's, up to which the past of this kind is unknown.
    init(
        rows loaded: [Row], unreadable: [UnreadableObject] = [], revision: UInt64, historyLimits: EventHistory.Limits
    ) {
        rows.reserveCapacity(loaded.count)
        for row in loaded { rows[row.object.key] = row }
        ordered = OrderedObjects(sorted: loaded.map(\.object).sortedByKey())
        lastChange = revision
        history = EventHistory(floor: revision, limits: historyLimits)
        self.unreadable = unreadable
    }

    var count: Int { rows.count }

    subscript(key: ObjectKey) -> Row? { rows[key] }

    mutating func apply(_ change: Change) {
        if change.isRemoval, unreadable.contains(where: { $0.rowID == change.rowID }) {
            // No watch has seen it, and the placeholder in the change is no object.
            unreadable.removeAll { $0.rowID == change.rowID }
            lastChange = change.object.resourceVersion
            return
        }
        if change.isRemoval {
            rows[change.object.key] = nil
            ordered.remove(change.object.key)
        } else {
            rows[change.object.key] = Row(object: change.object, rowID: change.rowID)
            ordered.set(change.object)
        }
        lastChange = change.object.resourceVersion
        history.append(change)
    }
}

/// What one write did to one object.
struct Change: Sendable {
    var rowID: Int64
    /// `nil`: the object is new.
    var previous: StoredObject?
    /// Of a removal: the last state, with the removal's resourceVersion.
    var object: StoredObject
    var isRemoval: Bool

    var kind: ResourceKind { object.kind }
}
