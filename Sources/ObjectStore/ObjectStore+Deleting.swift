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

    private static func warning(_ kind: ResourceKind, _ key: ObjectKey) -> String {
        "\(kind.groupResource) \"\(key)\" could not be read and was removed as it was: its finalizers were not "
            + "honoured, and what it stood for (a volume, for example) may still be there"
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
