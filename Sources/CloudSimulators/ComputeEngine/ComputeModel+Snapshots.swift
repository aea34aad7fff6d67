/// Snapshots: of a disk, global, on their own once they are UPLOADING.
extension ComputeModel {
    /// - Parameter source: The disk that the path names; `nil`: the body's `sourceDisk`.
    mutating func createSnapshot(
        of source: ComputeResource?, _ body: ComputeBody, project: String, _ call: Call
    ) throws(ComputeError) -> ComputeOperation {
        let name = try body.required("name")
        guard ComputeResource.isName(name) else {
            throw .invalid("resource.name", name, "Must be a match of regex '[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?'")
        }
        let resource = ComputeResource(project, .global, .snapshots, name)
        if snapshots[resource] != nil { throw .alreadyExists(resource.path) }
        let disk =
            if let source { try readyDisk(source) } else { try readyDisk(try sourceDisk(of: body, project: project)) }
        let type = try body.string("snapshotType") ?? "STANDARD"
        guard ["STANDARD", "ARCHIVE"].contains(type) else {
            throw .invalid("resource.snapshotType", type, "Must be STANDARD or ARCHIVE.")
        }
        if let limit = configuration.quotas["SNAPSHOTS"], Double(snapshots.count) + 1 > limit {
            throw .quotaExceeded("SNAPSHOTS", limit: limit, region: "global")
        }
        let locations = try body.strings("storageLocations") ?? []
        guard locations.count <= 1 else {
            throw .invalid("resource.storageLocations", locations.joined(separator: ","), "Must be one location.")
        }
        let times = configuration.milliseconds
        let uploading = call.now + times.pending + times.createSnapshot
        var snapshot = ComputeSnapshot(
            resource: resource, id: nextID(call.now), createdAt: call.now, uploadingFrom: uploading,
            readyFrom: uploading + times.uploadSnapshot, isStuck: call.effects.isStuck,
            source: .init(resource: disk.resource, id: disk.id), diskSizeGb: disk.sizeGb,
            description: try body.string("description"), labels: try body.labels(),
            storageLocations: locations.isEmpty ? [region(of: disk.resource.scope) ?? "us"] : locations,
            snapshotType: type, kmsKeyName: try body.object("snapshotEncryptionKey")?.string("kmsKeyName"))
        if let delay = call.effects.invisibleFor { snapshot.visibleFrom = call.now + delay.wholeMilliseconds }
        put(snapshot)
        change(.create(snapshot.contentID, bytes: disk.bytes, from: disk.contentID))
        // createSnapshot is an operation on the disk, insert one on the snapshot.
        let target = source ?? resource
        return begin(
            source == nil ? "insert" : "createSnapshot", on: target, id: source == nil ? snapshot.id : disk.id,
            .nothing,
            duration: times.createSnapshot, call)
    }

    mutating func deleteSnapshot(_ resource: ComputeResource, _ call: Call) throws(ComputeError) -> ComputeOperation {
        guard var snapshot = snapshots[resource] else { throw .notFound(resource.path) }
        guard snapshot.status(at: call.now) == "READY" else { throw .notReady(resource.path) }
        snapshot.isDeleting = true
        put(snapshot)
        return begin(
            "delete", on: resource, id: snapshot.id, .deleteSnapshot,
            duration: configuration.milliseconds.deleteSnapshot, call)
    }

    private func sourceDisk(of body: ComputeBody, project: String) throws(ComputeError) -> ComputeResource {
        let text = try body.required("sourceDisk")
        guard let resource = ComputeResource(text, project: project), resource.collection == .disks else {
            throw .invalid("resource.sourceDisk", text, "The URL is malformed.")
        }
        return resource
    }
}
