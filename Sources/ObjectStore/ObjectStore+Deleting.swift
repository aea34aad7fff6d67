import JSONTree
public import KubernetesAPI

extension ObjectStore {
    public func delete(
        _ kind: ResourceKind, _ key: ObjectKey, _ options: DeleteOptions
    ) async throws -> DeleteResult {
        while true {
            try Task.checkCancellation()
            guard let current = objects.object(kind, key) else { throw StatusError.notFound(kind, key.name) }
            try options.check(current)
            if kind == .namespace { try NamespaceRules.checkDeletion(of: key.name) }
            let object = current.decoded()
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
                return isHeld ? .marked(stored) : .removed(stored)
            case .refused(let error): throw error
            case .lostRace: continue
            }
        }
    }

    private func marked(_ object: JSONValue, _ kind: ResourceKind) -> JSONValue {
        var object = object
        object.set(configuration.now().json, at: "metadata", "deletionTimestamp")
        object.set(0, at: "metadata", "deletionGracePeriodSeconds")
        if let generation = object.at("metadata", "generation")?.integerValue {
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
