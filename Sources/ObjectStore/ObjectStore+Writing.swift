public import JSONTree
public import KubernetesAPI

extension ObjectStore {
    /// A name that was generated may be taken; Kubernetes tries as often.
    private static let nameAttempts = 8

    /// What is to be written, and what is to be said about it.
    struct Written {
        var object: JSONValue
        var warnings: [String] = []
    }

    public func create(
        _ kind: ResourceKind, _ object: JSONValue, _ options: WriteOptions
    ) async throws -> WriteResult {
        try await create(kind, Written(object: object), options, isTracked: false)
    }

    public func update(
        _ kind: ResourceKind, _ object: JSONValue, _ options: WriteOptions
    ) async throws -> WriteResult {
        try await replace(kind, ObjectKey(kind, object), options, isTracked: false) { _ in Written(object: object) }
    }

    /// - Parameter isTracked: `metadata.managedFields` are right already.
    func create(
        _ kind: ResourceKind, _ written: Written, _ options: WriteOptions, isTracked: Bool
    ) async throws -> WriteResult {
        let admission = WriteAdmission(store: self, kind: kind, options: options, isTracked: isTracked)
        let prefix = written.object.at("metadata", "generateName")?.stringValue ?? ""
        let isGenerated = (written.object.at("metadata", "name")?.stringValue ?? "").isEmpty && !prefix.isEmpty
        var object = written.object
        try ObjectLimits.checkDepth(object, kind, name: object.at("metadata", "name")?.stringValue ?? prefix)
        for _ in 0..<Self.nameAttempts {
            if isGenerated { object.set(.string(GeneratedName.make(prefix: prefix)), at: "metadata", "name") }
            let (admitted, warnings) = try await admission.admitCreation(of: object)
            let unstamped = UnstampedObject(kind, admitted)
            try ObjectLimits.check(bytes: unstamped.byteCount, kind, name: unstamped.key.name)
            switch await carryOut(.create(unstamped), options) {
            case .committed(let stored): return WriteResult(object: stored, warnings: written.warnings + warnings)
            case .refused(let error): throw error
            case .lostRace where isGenerated: continue
            case .lostRace: throw StatusError.alreadyExists(kind, ObjectKey(kind, object).name)
            }
        }
        throw StatusError.alreadyExists(kind, ObjectKey(kind, object).name)
    }

    /// Reads, lets `transform` make of it what is written, writes; again when somebody else wrote in between and the
    /// caller did not insist on a version.
    func replace(
        _ kind: ResourceKind, _ key: ObjectKey, _ options: WriteOptions, isTracked: Bool,
        _ transform: (JSONValue) throws -> Written
    ) async throws -> WriteResult {
        let admission = WriteAdmission(store: self, kind: kind, options: options, isTracked: isTracked)
        while true {
            try Task.checkCancellation()
            guard let current = try objects.find(kind, key) else { throw StatusError.notFound(kind, key.name) }
            let old = try current.tree()
            let written = try transform(old)
            try ObjectLimits.checkDepth(written.object, kind, name: key.name)
            let version = try written.object.expectedVersion(kind, key)
            if let version, version != current.resourceVersion { throw StatusError.modified(kind, key.name) }
            let (new, admissionWarnings) = try await admission.admitUpdate(of: old, by: written.object)
            let warnings = written.warnings + admissionWarnings
            if new == old {
                if let intent = options.intent, !options.isDryRun { try await commits.submit(intent) }
                return WriteResult(object: current, warnings: warnings)
            }
            let unstamped = UnstampedObject(kind, new)
            // What an older version stored may be larger; it must be possible to make that smaller, and to let it go.
            if unstamped.byteCount > current.encoded.count {
                try ObjectLimits.check(bytes: unstamped.byteCount, kind, name: key.name)
            }
            // The last finalizer of an object that is being deleted takes the object with it.
            let mutation: Mutation =
                unstamped.isBeingDeleted && !new.hasFinalizers(kind)
                ? .remove(unstamped, expecting: current.resourceVersion)
                : .replace(unstamped, expecting: current.resourceVersion)
            switch await carryOut(mutation, options) {
            case .committed(let stored):
                noteRemovalInNamespace(mutation)
                return WriteResult(object: stored, warnings: warnings)
            case .refused(let error): throw error
            // Whoever insists on a version hears above that it is no longer there.
            case .lostRace: continue
            }
        }
    }

    private func carryOut(_ mutation: Mutation, _ options: WriteOptions) async -> MutationOutcome {
        await carryOut(mutation, options.isDryRun, options.intent)
    }

    /// Commits, or in a dry run only asks whether it could.
    func carryOut(
        _ mutation: Mutation, _ isDryRun: Bool, _ intent: IntentChange? = nil
    ) async -> MutationOutcome {
        guard isDryRun else { return await commits.submit(mutation, intent) }
        var plan = CommitPlan(objects, revision: objects.revision)
        let outcome = plan.admit(mutation)
        guard case .committed = outcome else { return outcome }
        // Nothing got a new version.
        switch mutation {
        case .create(let object):
            var tree = object.stamped(0).decoded()
            tree.set(nil, at: "metadata", "resourceVersion")
            return .committed(StoredObject(kind: object.kind, object: tree))
        case .replace(let object, let version), .remove(let object, let version):
            return .committed(object.stamped(version))
        case .discard: return outcome
        }
    }
}

extension JSONValue {
    /// The version over which alone the object may be written; `nil`: whichever there is.
    ///
    /// - Throws: `Invalid` for a version that is no number.
    fileprivate func expectedVersion(_ kind: ResourceKind, _ key: ObjectKey) throws(StatusError) -> UInt64? {
        guard let text = at("metadata", "resourceVersion")?.stringValue, !text.isEmpty else { return nil }
        guard let version = UInt64(text) else {
            throw .invalid(
                kind, key.name, .invalidValue(text, "it is no number", field: "metadata.resourceVersion"))
        }
        return version == 0 ? nil : version
    }

    /// Whether something still has to be done before the object may go.
    func hasFinalizers(_ kind: ResourceKind) -> Bool {
        if at("metadata", "finalizers")?.arrayValue?.isEmpty == false { return true }
        return kind == .namespace && at("spec", "finalizers")?.arrayValue?.isEmpty == false
    }
}
