import JSONTree

/// Requests that change something, as calls of the model.
enum ComputeCalls {
    /// - Throws: 404 for a method that is not simulated.
    static func carryOut(
        _ request: CloudRequest, _ route: ComputeRoute, _ call: ComputeModel.Call, _ model: inout ComputeModel
    ) throws(ComputeError) -> ComputeOperation {
        guard let scope = route.scope, let collection = ComputeResource.Collection(rawValue: route.collection) else {
            throw .notFound(request.path)
        }
        let resource = ComputeResource(route.project, scope, collection, route.name ?? "")
        let body = { (known: Set<String>) throws(ComputeError) in
            try ComputeBody(request.body, known: known)
        }
        switch (collection, route.action) {
        case (.disks, "insert"):
            return try model.insertDisk(try body(diskProperties), project: route.project, scope: scope, call)
        case (.disks, "delete"): return try model.deleteDisk(resource, call)
        case (.disks, "resize"): return try model.resizeDisk(resource, try body(["sizeGb"]), call)
        case (.disks, "update"):
            // As `paths=a&paths=b`, or as a field mask: `updateMask=a,b`.
            let paths = request.query.filter { $0.name == "paths" || $0.name == "updateMask" }
                .flatMap { $0.value.split(separator: ",").map(String.init) }
            return try model.updateDisk(resource, try body(diskProperties), paths: paths, call)
        case (.disks, "setLabels"), (.snapshots, "setLabels"):
            return try model.setLabels(of: resource, try body(["labels", "labelFingerprint"]), call)
        case (.disks, "createSnapshot"):
            return try model.createSnapshot(
                of: resource, try body(snapshotProperties), project: route.project, call)
        case (.snapshots, "insert"):
            return try model.createSnapshot(of: nil, try body(snapshotProperties), project: route.project, call)
        case (.snapshots, "delete"): return try model.deleteSnapshot(resource, call)
        case (.instances, "attachDisk"):
            return try model.attachDisk(
                try body(attachedDiskProperties), to: resource, force: request.query("forceAttach") == "true", call)
        case (.instances, "detachDisk"):
            guard let deviceName = request.query("deviceName") else { throw .required("deviceName") }
            return try model.detachDisk(deviceName: deviceName, from: resource, call)
        default: throw .notFound(request.path)
        }
    }

    /// As the discovery documents of v1 and beta have them.
    private static let diskProperties: Set<String> = [
        "accessMode", "architecture", "asyncPrimaryDisk", "asyncSecondaryDisks", "creationTimestamp", "description",
        "diskEncryptionKey", "enableConfidentialCompute", "eraseWindowsVssSignature", "guestOsFeatures", "id",
        "interface",
        "kind", "labelFingerprint", "labels", "lastAttachTimestamp", "lastDetachTimestamp", "licenseCodes", "licenses",
        "locationHint", "multiWriter", "name", "options", "params", "physicalBlockSizeBytes", "provisionedIops",
        "provisionedThroughput", "region", "replicaZones", "resourcePolicies", "resourceStatus", "satisfiesPzi",
        "satisfiesPzs", "selfLink", "sizeGb", "sourceConsistencyGroupPolicy", "sourceConsistencyGroupPolicyId",
        "sourceDisk", "sourceDiskId", "sourceImage", "sourceImageEncryptionKey", "sourceImageId",
        "sourceInstantSnapshot", "sourceInstantSnapshotId", "sourceSnapshot", "sourceSnapshotEncryptionKey",
        "sourceSnapshotId", "sourceStorageObject", "status", "storagePool", "storageType", "type", "userLicenses",
        "users",
        "zone",
    ]
    private static let snapshotProperties: Set<String> = [
        "architecture", "chainName", "description", "enableConfidentialCompute", "guestFlush", "guestOsFeatures",
        "kind",
        "labelFingerprint", "labels", "locationHint", "name", "params", "region", "snapshotEncryptionKey",
        "snapshotType",
        "sourceDisk", "sourceDiskEncryptionKey", "sourceDiskForRecoveryCheckpoint", "sourceInstantSnapshot",
        "storageLocations",
    ]
    private static let attachedDiskProperties: Set<String> = [
        "architecture", "autoDelete", "boot", "deviceName", "diskEncryptionKey", "diskSizeGb", "forceAttach",
        "guestOsFeatures", "index", "initializeParams", "interface", "kind", "licenses", "mode", "savedState",
        "shieldedInstanceInitialState", "source", "type",
    ]
}
