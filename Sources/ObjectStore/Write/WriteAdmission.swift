import JSONTree
import KubernetesAPI

/// What a write goes through between its decoding and its commit, in the order of Kubernetes' API server: the fields
/// that are the server's own, who owns which field, rules.
struct WriteAdmission {
    let store: ObjectStore
    let kind: ResourceKind
    let options: WriteOptions
    /// `metadata.managedFields` are right already: a patch brings them.
    let isTracked: Bool

    /// - Returns: The object as it will be created, and warnings for the person who writes.
    func admitCreation(of object: JSONValue) async throws -> (object: JSONValue, warnings: [String]) {
        let now = store.configuration.now()
        var object = object
        try Defaults.apply(to: &object, kind)
        object = try ObjectPreparation(kind: kind, now: now).creation(of: object)
        if !options.isHost { try check(object, ReservedMetadata.faults(kind, old: nil, new: object)) }
        // The commit decides; but who writes into a namespace that is missing should not hear of a wrong field.
        let plan = CommitPlan(store.objects, revision: store.objects.revision)
        if let refusal = plan.refusal(creating: kind, ObjectKey(kind, object)) { throw refusal }
        // The writer owns what it wrote and its defaults. What is added below is nobody's, so that no later apply takes
        // it away: the finalizer that protects a claim would go with the first server-side apply by another manager.
        object = try tracked(object, before: nil, now)
        InitialState.prepareCreation(&object, kind, now: now)
        try store.admission.completeCreation(&object, kind, lookup)
        try check(object, Validation.validateCreate(kind, object))
        // A dry run of what is there already: the commit says so, and nobody needs to be asked.
        if options.isDryRun, store.objects.object(kind, ObjectKey(kind, object)) != nil { return (object, []) }
        let warnings = try await externalRules(
            AdmissionRequest(
                kind: kind, operation: .create, subresource: nil, object: object, isDryRun: options.isDryRun))
        return (object, Warnings.about(object, kind) + warnings)
    }

    /// - Returns: What the object becomes, and warnings for the person who writes.
    func admitUpdate(
        of old: JSONValue, by written: JSONValue
    ) async throws -> (object: JSONValue, warnings: [String]) {
        let now = store.configuration.now()
        var object = written
        try Defaults.apply(to: &object, kind)
        object = try ObjectPreparation(kind: kind, now: now)
            .update(of: old, by: object, subresource: options.subresource)
        if !options.isHost { try check(object, ReservedMetadata.faults(kind, old: old, new: object)) }
        InitialState.prepareStatusUpdate(&object, kind, old: old, now: now)
        object = try tracked(object, before: old, now)
        if object == old { return (object, []) }
        try check(
            object, Validation.validateUpdate(kind, old: old, new: object, subresource: options.subresource))
        if options.subresource == nil { try store.admission.checkUpdate(kind, old: old, new: object, lookup) }
        let warnings = try await externalRules(
            AdmissionRequest(
                kind: kind, operation: .update, subresource: options.subresource, object: object, oldObject: old,
                isDryRun: options.isDryRun))
        return (object, Warnings.about(object, kind) + warnings)
    }

    private func check(_ object: JSONValue, _ causes: [StatusError.Cause]) throws(StatusError) {
        guard causes.isEmpty else { throw .invalid(kind, ObjectKey(kind, object).name, causes) }
    }

    private var lookup: AdmissionLookup {
        let objects = store.objects
        return AdmissionLookup(
            storageClasses: { () throws(StatusError) in
                try objects.checkReadable(.storageClass)
                return Array(objects.snapshot(.storageClass).objects)
            },
            storageClass: { (name) throws(StatusError) in
                try objects.find(.storageClass, ObjectKey(name: name))
            })
    }

    private func tracked(
        _ object: JSONValue, before: JSONValue?, _ now: Timestamp
    ) throws(StatusError) -> JSONValue {
        // Asked before the paths of all its fields are made: they take more memory than the object.
        let bytes = object.extent().bytes
        if bytes > ObjectLimits.bytes, bytes > before?.extent().bytes ?? 0 {
            try ObjectLimits.check(bytes: bytes, kind, name: ObjectKey(kind, object).name)
        }
        guard !isTracked, let manager = options.fieldManager else { return object }
        return FieldManagement.track(
            before: before, after: object, kind: kind, manager: manager, subresource: options.subresource, now: now)
    }

    private func externalRules(_ request: AdmissionRequest) async throws -> [String] {
        var warnings: [String] = []
        for rule in store.configuration.admission { warnings += try await rule(request, store) }
        return warnings
    }
}
