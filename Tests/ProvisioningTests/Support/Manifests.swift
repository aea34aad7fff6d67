import JSONTree
import KubernetesAPI

/// What users write.
extension ResourceClient {
    @discardableResult
    func createClass(
        _ name: String = "fast", provisioner: String = DirectoryDriver.provisioner, policy: String = "Delete",
        waits: Bool = false, isDefault: Bool = false, parameters: [String: String] = [:]
    ) async throws -> StoredObject {
        var object: JSONValue = [
            "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": ["name": .string(name)],
            "provisioner": .string(provisioner), "reclaimPolicy": .string(policy),
            "volumeBindingMode": .string(waits ? "WaitForFirstConsumer" : "Immediate"),
        ]
        if !parameters.isEmpty { object["parameters"] = JSONValue(parameters) }
        if isDefault {
            object.set("true", at: "metadata", "annotations", "storageclass.kubernetes.io/is-default-class")
        }
        return try await create(.storageClass, object, WriteOptions()).object
    }

    @discardableResult
    func createClaim(
        _ name: String = "data", className: String? = "fast", size: String = "1Gi",
        _ change: (inout PersistentVolumeClaim) -> Void = { _ in }
    ) async throws -> ObjectKey {
        var claim = PersistentVolumeClaim(name: name, namespace: "default")
        claim.accessModes = [.readWriteOnce]
        claim.storageClassName = className
        claim.json.set(.string(size), at: "spec", "resources", "requests", "storage")
        change(&claim)
        _ = try await create(.persistentVolumeClaim, claim.json, WriteOptions())
        return claim.key
    }

    func createVolume(
        _ name: String, size: String = "5Gi", className: String = "", policy: String = "Retain",
        _ change: (inout PersistentVolume) -> Void = { _ in }
    ) async throws {
        var volume = PersistentVolume(name: name)
        volume.json.set(.string(size), at: "spec", "capacity", "storage")
        volume.accessModes = [.readWriteOnce]
        volume.storageClassName = className
        volume.reclaimPolicy = ReclaimPolicy(rawValue: policy)
        volume.source = PersistentVolume.Source(type: "hostPath", value: ["path": "/srv/by-hand"])
        change(&volume)
        _ = try await create(.persistentVolume, volume.json, WriteOptions())
    }

    func createPod(_ name: String = "mypod", claim: String = "data", node: String? = nil) async throws {
        var pod: JSONValue = [
            "apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string(name), "namespace": "default"],
            "spec": [
                "containers": [["name": "main", "image": "mysql"]],
                "volumes": [["name": "v", "persistentVolumeClaim": ["claimName": .string(claim)]]],
            ],
        ]
        if let node { pod.set(.string(node), at: "spec", "nodeName") }
        _ = try await create(.pod, pod, WriteOptions())
    }

    func delete(_ kind: ResourceKind, _ key: ObjectKey) async throws {
        _ = try await delete(kind, key, DeleteOptions())
    }

    func claim(_ key: ObjectKey) async throws -> PersistentVolumeClaim {
        PersistentVolumeClaim(try await get(.persistentVolumeClaim, key))
    }

    func volume(_ name: String) async throws -> PersistentVolume {
        PersistentVolume(try await get(.persistentVolume, ObjectKey(name: name)))
    }

    /// - Returns: The claim, and the volume it is bound to.
    @discardableResult
    func awaitBound(_ key: ObjectKey) async throws -> (PersistentVolumeClaim, PersistentVolume) {
        let claim: PersistentVolumeClaim = try await awaitState(key, "is Bound") { $0.phase == .bound }
        return (claim, try await volume(claim.volumeName))
    }
}
