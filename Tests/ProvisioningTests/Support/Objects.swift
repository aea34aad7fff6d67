import JSONTree
import KubernetesAPI

/// Objects as the store holds them, for the pure decisions.
enum Objects {
    static let uid = "5d7c1f52-0000-4000-8000-000000000001"
    static let ownVolumeName = "pvc-" + uid

    static func claim(
        _ name: String = "data", size: String = "8Gi", modes: [AccessMode] = [.readWriteOnce], className: String? = nil,
        _ change: (inout PersistentVolumeClaim) -> Void = { _ in }
    ) -> PersistentVolumeClaim {
        var claim = PersistentVolumeClaim(name: name, namespace: "default")
        claim.metadata.uid = uid
        claim.metadata.resourceVersion = "10"
        claim.metadata.finalizers = ["kubernetes.io/pvc-protection"]
        claim.json.set(.string(size), at: "spec", "resources", "requests", "storage")
        claim.accessModes = modes
        claim.storageClassName = className
        claim.phase = .pending
        change(&claim)
        return claim
    }

    static func volume(
        _ name: String = "pv0001", size: String = "10Gi", modes: [AccessMode] = [.readWriteOnce],
        className: String = "", _ change: (inout PersistentVolume) -> Void = { _ in }
    ) -> PersistentVolume {
        var volume = PersistentVolume(name: name)
        volume.metadata.uid = "uid-" + name
        volume.metadata.resourceVersion = "20"
        volume.metadata.finalizers = ["kubernetes.io/pv-protection"]
        volume.json.set(.string(size), at: "spec", "capacity", "storage")
        volume.accessModes = modes
        volume.storageClassName = className
        volume.phase = .available
        volume.source = PersistentVolume.Source(type: "hostPath", value: ["path": "/srv/v"])
        change(&volume)
        return volume
    }

    /// The volume that a driver made for ``claim(_:size:modes:className:_:)``.
    static func provisionedVolume(
        phase: VolumePhase = .bound, policy: ReclaimPolicy = .delete,
        _ change: (inout PersistentVolume) -> Void = { _ in }
    ) -> PersistentVolume {
        volume(ownVolumeName, className: "fast") { volume in
            volume.claimRef = claim().reference
            volume.phase = phase
            volume.reclaimPolicy = policy
            volume.metadata[annotation: "pv.kubernetes.io/provisioned-by"] = "berth.dev/hostpath"
            volume.metadata[annotation: "berth.dev/volume-id"] = "id-of-" + ownVolumeName
            volume.metadata.addFinalizer("external-provisioner.volume.kubernetes.io/finalizer")
            change(&volume)
        }
    }

    static func storageClass(
        _ name: String = "fast", provisioner: String = "berth.dev/hostpath", waits: Bool = false,
        parameters: [String: String] = [:], _ change: (inout StorageClass) -> Void = { _ in }
    ) -> StorageClass {
        var storageClass = StorageClass(name: name)
        storageClass.metadata.uid = "uid-" + name
        storageClass.json["provisioner"] = .string(provisioner)
        storageClass.json["volumeBindingMode"] = .string(waits ? "WaitForFirstConsumer" : "Immediate")
        if !parameters.isEmpty { storageClass.json["parameters"] = JSONValue(parameters) }
        change(&storageClass)
        return storageClass
    }

    static func deleted(_ metadata: inout ObjectMeta) {
        metadata.deletionTimestamp = Timestamp(seconds: 1_800_000_000)
    }
}
