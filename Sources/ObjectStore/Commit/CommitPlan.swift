import KubernetesAPI

/// Decides, one after the other, which of the mutations that share a commit are carried out: against what is committed
/// and what the mutations before it in the same commit change.
struct CommitPlan {
    private struct Address: Hashable {
        var kind: ResourceKind
        var key: ObjectKey
    }

    private let objects: CommittedObjects
    /// The version of the last change so far.
    private(set) var revision: UInt64
    private(set) var changes: [Change] = []
    /// In the order of the mutations that they belong to.
    private(set) var intents: [IntentChange] = []
    /// What `changes` leave behind; `nil` in it: removed.
    private var overlay: [Address: ObjectTable.Row?] = [:]

    init(_ objects: CommittedObjects, revision: UInt64) {
        self.objects = objects
        self.revision = revision
    }

    var isEmpty: Bool { changes.isEmpty && intents.isEmpty }

    /// Adds the mutation to ``changes`` when its conditions hold, and then what belongs to it to ``intents``.
    ///
    /// - Returns: What becomes of it once the plan is committed.
    mutating func admit(_ mutation: Mutation, _ intent: IntentChange? = nil) -> MutationOutcome {
        let outcome = admit(mutation)
        if case .committed = outcome, let intent { intents.append(intent) }
        return outcome
    }

    mutating func admit(_ intent: IntentChange) { intents.append(intent) }

    private mutating func admit(_ mutation: Mutation) -> MutationOutcome {
        switch mutation {
        case .create(let object):
            guard row(object.kind, object.key) == nil, unreadable(object.kind, object.key).isEmpty else {
                return .lostRace
            }
            if let refusal = refusal(creating: object.kind, object.key) { return .refused(refusal) }
            revision += 1
            return add(Change(rowID: Int64(bitPattern: revision), object: object.stamped(revision), isRemoval: false))
        case .replace(let object, let version):
            guard let current = row(object.kind, object.key), current.object.resourceVersion == version else {
                return .lostRace
            }
            revision += 1
            return add(
                Change(
                    rowID: current.rowID, previous: current.object, object: object.stamped(revision), isRemoval: false))
        case .remove(let object, let version):
            guard let current = row(object.kind, object.key), current.object.resourceVersion == version else {
                return .lostRace
            }
            // No content can come into a namespace that is marked, so what is empty here stays empty.
            if object.kind == .namespace, objects.hasContent(namespace: object.key.name) {
                return .refused(.conflict(.namespace, object.key.name, "the namespace is not empty"))
            }
            revision += 1
            return add(
                Change(
                    rowID: current.rowID, previous: current.object, object: object.stamped(revision), isRemoval: true))
        case .discard(let kind, let key):
            guard row(kind, key) == nil else { return .lostRace }
            var outcome = MutationOutcome.lostRace
            for object in unreadable(kind, key) {
                revision += 1
                let placeholder = object.placeholder(version: revision)
                changes.append(Change(rowID: object.rowID, object: placeholder, isRemoval: true))
                outcome = .committed(placeholder)
            }
            return outcome
        }
    }

    /// Removes an object whatever its finalizers, when it is still at this version.
    mutating func expire(_ kind: ResourceKind, _ key: ObjectKey, version: UInt64) {
        guard let current = row(kind, key), current.object.resourceVersion == version else { return }
        revision += 1
        let last = current.object.restamped(revision)
        _ = add(Change(rowID: current.rowID, previous: current.object, object: last, isRemoval: true))
    }

    /// Why an object cannot be created here: its namespace is missing or ends (the admission plugin NamespaceLifecycle
    /// of Kubernetes).
    func refusal(creating kind: ResourceKind, _ key: ObjectKey) -> StatusError? {
        guard let name = key.namespace else { return nil }
        guard let namespace = row(.namespace, ObjectKey(name: name)) else {
            return unreadable(.namespace, ObjectKey(name: name)).first?.error ?? .notFound(.namespace, name)
        }
        guard namespace.object.isBeingDeleted else { return nil }
        var error = StatusError.forbidden(
            kind, key.name, "unable to create new content in namespace \(name) because it is being terminated")
        error.causes = [
            StatusError.Cause(
                reason: "NamespaceTerminating", message: "namespace \(name) is being terminated",
                field: "metadata.namespace")
        ]
        return error
    }

    private func row(_ kind: ResourceKind, _ key: ObjectKey) -> ObjectTable.Row? {
        overlay[Address(kind: kind, key: key)] ?? objects.row(kind, key)
    }

    private func unreadable(_ kind: ResourceKind, _ key: ObjectKey) -> [UnreadableObject] {
        objects.unreadable(kind).filter { $0.key == key }
    }

    private mutating func add(_ change: Change) -> MutationOutcome {
        changes.append(change)
        let row = ObjectTable.Row(object: change.object, rowID: change.rowID)
        overlay[Address(kind: change.kind, key: change.object.key)] = .some(change.isRemoval ? nil : row)
        return .committed(change.object)
    }
}
