import JSONTree
public import KubernetesAPI
import Logging

extension ObjectStore {
    public func delete(
        _ kind: ResourceKind, _ key: ObjectKey, _ options: DeleteOptions
    ) async throws -> DeleteResult {
        while true {
            try Task.checkCancellation()
            guard let current = objects.object(kind, key) else { return try await discard(kind, key, options) }
            try options.check(current)
            if kind == .namespace { try NamespaceRules.checkDeletion(of: key.name) }
            // Of what cannot be read the name is left, and no finalizer.
            let readable = try? current.tree()
            if readable == nil { try checkVolumeIsKept(kind, key) }
            let object = readable ?? current.decoded()
            let isHeld = object.hasFinalizers(kind)
            if isHeld, current.isBeingDeleted { return .marked(current) }
            let mutation: Mutation =
                isHeld
                ? .replace(UnstampedObject(kind, marked(object, kind)), expecting: current.resourceVersion)
                : .remove(UnstampedObject(kind, object), expecting: current.resourceVersion)
            switch await carryOut(mutation, options.isDryRun) {
            case .committed(let stored):
                if kind == .namespace, !options.isDryRun { terminations.begin(key.name) }
                noteRemovalInNamespace(mutation)
                guard readable != nil else { return .discarded(stored, warnings: [Self.warning(kind, key)]) }
                return isHeld ? .marked(stored) : .removed(stored)
            case .refused(let error): throw error
            case .lostRace: continue
            }
        }
    }

    /// Removes what cannot be read, whatever it says of finalizers: it does not say it reliably.
    private func discard(
        _ kind: ResourceKind, _ key: ObjectKey, _ options: DeleteOptions
    ) async throws -> DeleteResult {
        guard let unreadable = objects.unreadable(kind).first(where: { $0.key == key }) else {
            throw StatusError.notFound(kind, key.name)
        }
        if options.uid != nil || options.resourceVersion != nil {
            throw StatusError.conflict(
                kind, key.name,
                "the object cannot be read (\(unreadable.reason)), so that no precondition can be checked: delete it "
                    + "without one")
        }
        try checkVolumeIsKept(kind, key)
        switch await carryOut(.discard(kind, key), options.isDryRun) {
        case .committed(let placeholder):
            if !options.isDryRun {
                logger.warning(
                    "an object that cannot be read was deleted",
                    metadata: ["kind": "\(kind)", "object": "\(key)", "row": "\(unreadable.rowID)"])
                if kind == .namespace { try await makeInitialNamespaces() }
                if let namespace = key.namespace { noteRemoval(inNamespace: namespace) }
            }
            return .discarded(placeholder, warnings: [Self.warning(kind, key)])
        case .refused(let error): throw error
        case .lostRace: throw StatusError.notFound(kind, key.name)
        }
    }

    /// A claim that cannot be read is removed without its finalizers, and the controllers take its volume for released:
    /// its data would be deleted at once. Which volume that is, a damaged claim does not say reliably.
    ///
    /// - Throws: `Conflict` for a claim, as long as a volume is bound to one that is not there to be read, unless the
    ///   volume's reclaim policy is Retain.
    private func checkVolumeIsKept(_ kind: ResourceKind, _ key: ObjectKey) throws(StatusError) {
        guard kind == .persistentVolumeClaim else { return }
        for volume in objects.snapshot(.persistentVolume).objects {
            let tree = volume.decoded()
            guard let reference = tree.at("spec", "claimRef"), let name = reference["name"]?.stringValue,
                let policy = tree.at("spec", "persistentVolumeReclaimPolicy")?.stringValue, policy != "Retain",
                !["Released", "Failed"].contains(tree.at("status", "phase")?.stringValue)
            else { continue }
            let holder = ObjectKey(namespace: reference["namespace"]?.stringValue, name: name)
            if holder != key, objects.object(.persistentVolumeClaim, holder) != nil { continue }
            throw .conflict(
                kind, key.name,
                "the claim cannot be read, and once it is gone, volume \(volume.key) of claim \(holder) would be released "
                    + "and its data deleted (its reclaim policy is \(policy)). Run kubectl patch pv \(volume.key) -p "
                    + "'{\"spec\":{\"persistentVolumeReclaimPolicy\":\"Retain\"}}', then delete the claim again")
        }
    }

    private static func warning(_ kind: ResourceKind, _ key: ObjectKey) -> String {
        "\(kind.groupResource) \"\(key)\" could not be read and was removed without honouring its finalizers: what it "
            + "represented (a volume, for example) may still exist"
    }

    private func marked(_ object: JSONValue, _ kind: ResourceKind) -> JSONValue {
        var object = object
        object.set(configuration.now().json, at: "metadata", "deletionTimestamp")
        object.set(0, at: "metadata", "deletionGracePeriodSeconds")
        // No client chooses a generation, but a row of the database may hold any.
        if let generation = object.at("metadata", "generation")?.integerValue, generation < .max {
            object.set(.integer(generation + 1), at: "metadata", "generation")
        }
        if kind == .namespace { object.set("Terminating", at: "status", "phase") }
        return object
    }
}

extension DeleteOptions {
    /// - Throws: `Conflict` when the object is not the one that is meant.
    fileprivate func check(_ object: StoredObject) throws(StatusError) {
        if let uid, uid != object.uid {
            throw .conflict(
                object.kind, object.key.name,
                "Precondition failed: UID in precondition: \(uid), UID in object meta: \(object.uid)")
        }
        if let resourceVersion, resourceVersion != object.resourceVersion {
            throw .conflict(
                object.kind, object.key.name,
                "Precondition failed: ResourceVersion in precondition: \(resourceVersion), ResourceVersion in object "
                    + "meta: \(object.resourceVersion)")
        }
    }
}
