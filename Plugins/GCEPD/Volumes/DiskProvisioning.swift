import DriverProtocol
import JSONTree
import StorageDriverKit

/// Makes the disk of one volume, or finds the one that an earlier call made.
///
/// The disk's name is the key: a zone has one disk of a name, and the plan chooses the same zone for the same arguments.
/// What is there under the name is compared with what would be made, by the mark in its description.
struct DiskProvisioning {
    let session: Session
    let plan: VolumePlan

    private var api: ComputeAPI { session.api }

    func run() async throws -> ProvisionedVolume {
        do {
            return try await provision()
        } catch let failure as ComputeFailure {
            throw failure.error("disk \(plan.diskName) of the volume \(plan.mark.name) could not be made")
        }
    }

    private func provision() async throws -> ProvisionedVolume {
        if let disk = try await session.locate(plan.diskName, id: nil) {
            guard disk.status == "DELETING" else { return try await take(disk) }
            try await session.gone(disk.path, "disks.get")
        }
        let source = try await content()
        let size = try plan.sizeGiB(least: source?.sizeGiB ?? 0)
        let zones = try await self.zones(source)
        let region = Zones.region(zones[0])
        guard zones.allSatisfy({ Zones.region($0) == region }) else {
            throw DriverError(
                .invalidArgument, "a regional disk lies in one region; \(zones.joined(separator: " and ")) do not",
                field: "volume.topology")
        }
        let path = DiskPath(
            scope: plan.parameters.isRegional ? "regions/\(region)" : "zones/\(zones[0])", name: plan.diskName)
        let body = plan.body(
            sizeGiB: size, zones: zones, scope: path.scope, project: session.project,
            source: source.map { ($0.property, $0.reference) })
        do throws(ComputeFailure) {
            try await api.change(.post, "\(path.scope)/disks", "\(path.api).insert", key: "0", body: body)
        } catch {
            // An equal call's, or one's own whose reply was lost.
            if error.isConflict { return try await take(try await conflicting(path)) }
            // What is refused now may be there from before.
            if error.isExhaustion || error.mayHaveArrived, let disk = try await session.find(path) {
                return try await take(disk)
            }
            if error.isNotFound, source != nil {
                throw DriverError(
                    .notFound, "disk \(plan.diskName) could not be made: its source \(source?.reference ?? "") is gone",
                    field: "volume.contentSource")
            }
            throw error
        }
        return answer(path, size, zones)
    }

    /// The disk that has the name, once reads show it.
    private func conflicting(_ path: DiskPath) async throws(ComputeFailure) -> Disk {
        try Disk(try await session.visible(path.path, "\(path.api).get"), "\(path.api).get")
    }

    /// What is there under the name, if it is what would be made.
    private func take(_ disk: Disk) async throws -> ProvisionedVolume {
        if let difference = try difference(of: disk) {
            throw DriverError(
                .alreadyExists,
                "the disk \(disk.name) exists in \(disk.zones.joined(separator: " and ")) and \(difference)")
        }
        guard let ready = try await session.ready(disk) else {
            throw DriverError(
                .aborted, "the disk \(disk.name) was being made by another call, which failed; ask again later")
        }
        guard ready.status == "READY", let path = DiskPath(id: ready.path) else {
            throw DriverError(
                .internal, "the disk \(disk.name) is \(ready.status); look at it in Google's console, or delete it",
                outcome: .unknown)
        }
        return answer(path, ready.sizeGiB, ready.zones)
    }

    /// - Returns: The end of a sentence that begins with the disk.
    private func difference(of disk: Disk) throws(DriverError) -> String? {
        guard let mark = disk.mark else { return "was not made by this driver" }
        if mark.owner != plan.mark.owner { return "belongs to another host, \(mark.owner ?? "which gave no name")" }
        if mark.name != plan.mark.name { return "is that of the volume \(mark.name)" }
        if mark.driver != plan.mark.driver { return "was made by the driver \(mark.driver), not \(plan.mark.driver)" }
        if mark.arguments != plan.mark.arguments { return "was made with other parameters, mode or content" }
        let size = try plan.sizeGiB()
        let fits = plan.contentSource == nil ? disk.sizeGiB == size : disk.sizeGiB >= size
        return fits ? nil : "has \(disk.sizeGiB) GiB, where \(size) are asked for"
    }

    private func answer(_ path: DiskPath, _ sizeGiB: Int64, _ zones: [String]) -> ProvisionedVolume {
        ProvisionedVolume(
            id: session.id(of: path), name: plan.mark.name, disk: path, sizeGiB: sizeGiB, zones: zones,
            fsType: plan.fsType, contentSource: plan.contentSource, attachesByForce: plan.parameters.attachesByForce,
            session.configuration)
    }

    // MARK: Where

    private func zones(_ source: Content?) async throws -> [String] {
        var candidates: [String]
        if let allowed = plan.allowedZones {
            candidates = allowed
        } else if !session.configuration.zones.isEmpty {
            candidates = session.configuration.zones
        } else {
            candidates = try await session.backend.zones(of: try await region(source), api)
        }
        guard let source, !source.zones.isEmpty else { return try plan.zones(among: candidates) }
        // A clone lies where its source does; a regional clone of a zonal disk has its source's zone as one of its two.
        let common = source.zones.filter(candidates.contains)
        if common.count == source.zones.count, plan.parameters.isRegional || source.zones.count == 1 {
            if plan.parameters.isRegional, source.zones.count == 1 {
                let others = candidates.filter { !source.zones.contains($0) }
                return source.zones + (try plan.zones(among: others + source.zones).filter(others.contains).prefix(1))
            }
            return source.zones
        }
        throw DriverError(
            .invalidArgument,
            "a clone lies where its source does, in \(source.zones.joined(separator: " and ")); class and topology allow "
                + candidates.joined(separator: ", "),
            field: "volume.topology")
    }

    private func region(_ source: Content?) async throws -> String {
        if let region = session.configuration.region { return region }
        let topology = session.request.volume?.topology?.requisite ?? []
        if let region = topology.lazy.compactMap({ $0[Zones.regionKey] }).first { return region }
        if let zone = source?.zones.first { return Zones.region(zone) }
        let tokens = session.backend.tokens
        if let zone = try await tokens.zone(session.configuration.credentials, deadline: api.deadline) {
            return Zones.region(zone)
        }
        throw DriverError(
            .invalidArgument,
            "nothing says where the disk is to be: set config.region, zone or zones of the driver in drivers.json, or "
                + "allowedTopologies of the class",
            field: "driver.config.region")
    }

    // MARK: From what

    private struct Content {
        var property: String
        var reference: String
        var sizeGiB: Int64
        /// Of a disk; empty for a snapshot, which is global.
        var zones: [String] = []
    }

    /// The snapshot or disk to begin with, once it is READY.
    private func content() async throws -> Content? {
        switch plan.contentSource {
        case nil: return nil
        case .snapshot(let source):
            guard let name = SnapshotRecord.name(id: source.id),
                let snapshot = try await ready(snapshot: "global/snapshots/\(name)")
            else { throw missing("snapshot", source.id) }
            return Content(
                property: "sourceSnapshot", reference: "\(session.project)/global/snapshots/\(name)",
                sizeGiB: snapshot.sizeGiB)
        case .volume(let source):
            guard let path = DiskPath(id: source.id), let found = try await session.find(path),
                let disk = try await session.ready(found), disk.status == "READY"
            else { throw missing("volume", source.id) }
            return Content(
                property: "sourceDisk", reference: session.id(of: path), sizeGiB: disk.sizeGiB, zones: disk.zones)
        }
    }

    private func ready(snapshot path: String) async throws -> SnapshotRecord? {
        var status = "UPLOADING"
        enum Look { case ready(SnapshotRecord), gone }
        func look() async throws(ComputeFailure) -> Look? {
            guard let json = try await api.find(path, "snapshots.get") else { return .gone }
            let snapshot = try SnapshotRecord(json)
            status = snapshot.status
            return status == "READY" ? .ready(snapshot) : status == "DELETING" || status == "FAILED" ? .gone : nil
        }
        var found = try await look()
        if found == nil { found = try await api.poll { () throws(ComputeFailure) in try await look() } }
        switch found {
        case .ready(let snapshot): return snapshot
        case .gone: return nil
        case nil:
            throw ComputeFailure(cause: .running(operation: "\(path) is \(status)", percent: nil), api: "snapshots.get")
        }
    }

    private func missing(_ kind: String, _ id: String) -> DriverError {
        DriverError(
            .notFound,
            "there is no \(kind) '\(id)' in the project \(api.project), or it is not READY and never will be",
            field: "volume.contentSource")
    }
}
