/// Annotations that Kubernetes' storage gives a meaning.
public enum WellKnownAnnotation {
    /// On a StorageClass, `"true"`: claims that name no class get this one.
    public static let isDefaultClass = "storageclass.kubernetes.io/is-default-class"
    public static let isDefaultClassBeta = "storageclass.beta.kubernetes.io/is-default-class"

    /// On a claim or a volume: its class, as it was written before `storageClassName`; wins over the field.
    public static let storageClassBeta = "volume.beta.kubernetes.io/storage-class"
    /// On a volume: its mount options, as they were written before `mountOptions`.
    public static let mountOptionsBeta = "volume.beta.kubernetes.io/mount-options"

    /// On a claim, by the binder: who is to provision its volume.
    public static let storageProvisioner = "volume.kubernetes.io/storage-provisioner"
    public static let storageProvisionerBeta = "volume.beta.kubernetes.io/storage-provisioner"
    /// On a claim of a class that waits for its first consumer: the node that was chosen.
    public static let selectedNode = "volume.kubernetes.io/selected-node"

    /// On a volume: the provisioner that made it.
    public static let provisionedBy = "pv.kubernetes.io/provisioned-by"
    /// On a volume or claim, `"yes"`: the binder made the connection, nobody had asked for just this one.
    public static let boundByController = "pv.kubernetes.io/bound-by-controller"
    /// On a claim, `"yes"`: binding is finished; when its volume is gone, the claim is Lost.
    public static let bindCompleted = "pv.kubernetes.io/bind-completed"
    /// On a volume: the CSI driver that serves it in place of the in-tree one.
    public static let migratedTo = "pv.kubernetes.io/migrated-to"

    /// On a volume: the secret that its deletion needs, so that the class may be gone by then.
    public static let deletionSecretName = "volume.kubernetes.io/provisioner-deletion-secret-name"
    public static let deletionSecretNamespace = "volume.kubernetes.io/provisioner-deletion-secret-namespace"

    /// `kubectl apply`'s record of what it last wrote.
    public static let lastAppliedConfiguration = "kubectl.kubernetes.io/last-applied-configuration"
}

/// Finalizers that Kubernetes' storage gives a meaning.
public enum WellKnownFinalizer {
    /// On a claim: a pod may be using it.
    public static let claimProtection = "kubernetes.io/pvc-protection"
    /// On a volume: it may be bound.
    public static let volumeProtection = "kubernetes.io/pv-protection"
    /// On a volume: its backing storage has to be deleted first (of an out-of-tree provisioner).
    public static let externalProvisioner = "external-provisioner.volume.kubernetes.io/finalizer"
    /// On a volume: its backing storage has to be deleted first (of an in-tree plugin).
    public static let volumeController = "kubernetes.io/pv-controller"
    /// On a claim: a clone of it is being made.
    public static let cloningProtection = "provisioner.storage.kubernetes.io/cloning-protection"
    /// On a claim: a snapshot of it is being made.
    public static let snapshotSourceProtection =
        "provisioner.storage.kubernetes.io/volumesnapshot-as-source-protection"
}

/// Labels that Kubernetes gives a meaning.
public enum WellKnownLabel {
    /// On every namespace: its name.
    public static let metadataName = "kubernetes.io/metadata.name"
    public static let hostname = "kubernetes.io/hostname"
    public static let zone = "topology.kubernetes.io/zone"
    public static let region = "topology.kubernetes.io/region"
    public static let zoneBeta = "failure-domain.beta.kubernetes.io/zone"
    public static let regionBeta = "failure-domain.beta.kubernetes.io/region"
}
