import JSONTree
import KubernetesAPI

/// The admission plugins of Kubernetes that concern storage: DefaultStorageClass, StorageObjectInUseProtection and
/// PersistentVolumeClaimResize; and the warnings that its API gives.
///
/// (NamespaceLifecycle is the commit's: only there it is certain that a namespace does not end in between.)
struct Admission: Sendable {
    private let defaultClass = DefaultStorageClass()

    /// Completes an object that is about to be created.
    ///
    /// - Throws: `InternalError` when a class cannot be read: it may be the default one.
    func completeCreation(
        _ object: inout JSONValue, _ kind: ResourceKind, _ lookup: AdmissionLookup
    ) throws(StatusError) {
        switch kind {
        case .persistentVolumeClaim:
            addFinalizer(WellKnownFinalizer.claimProtection, to: &object)
            guard !hasClass(object), let name = defaultClass.name(among: try lookup.storageClasses()) else { return }
            object.set(.string(name), at: "spec", "storageClassName")
        case .persistentVolume: addFinalizer(WellKnownFinalizer.volumeProtection, to: &object)
        default: break
        }
    }

    /// Whether a claim names its class, `""` included.
    private func hasClass(_ claim: JSONValue) -> Bool {
        claim["spec"]?.present("storageClassName") != nil
            || claim["metadata"]?["annotations"]?[WellKnownAnnotation.storageClassBeta] != nil
    }

    private func addFinalizer(_ finalizer: String, to object: inout JSONValue) {
        object.change("metadata") { metadata in
            let finalizers = metadata.elements("finalizers")
            if !finalizers.contains(.string(finalizer)) {
                metadata["finalizers"] = .array(finalizers + [.string(finalizer)])
            }
        }
    }

    /// Looks at a valid change before it is made.
    ///
    /// - Throws: `Forbidden` for a claim that would grow where it cannot.
    func checkUpdate(
        _ kind: ResourceKind, old: JSONValue, new: JSONValue, _ lookup: AdmissionLookup
    ) throws(StatusError) {
        guard kind == .persistentVolumeClaim else { return }
        let (oldClaim, newClaim) = (PersistentVolumeClaim(old), PersistentVolumeClaim(new))
        guard let request = newClaim.request, request > oldClaim.request ?? .zero else { return }
        guard oldClaim.phase == .bound else {
            throw .forbidden(kind, newClaim.name, "Only bound persistent volume claims can be expanded")
        }
        let name = newClaim.effectiveClassName ?? ""
        let storageClass = name.isEmpty ? nil : try lookup.storageClass(name)
        let isAllowed =
            name == oldClaim.effectiveClassName
            && storageClass.map { StorageClass($0).allowsVolumeExpansion } ?? false
        guard isAllowed else {
            throw .forbidden(
                kind, newClaim.name,
                "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must "
                    + "support resize")
        }
    }
}
