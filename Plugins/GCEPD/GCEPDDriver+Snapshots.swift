import DriverProtocol
import JSONTree
import StorageDriverKit

extension GCEPDDriver: SnapshotTaking {
    func createSnapshot(_ call: SnapshotCall) async throws -> Snapshot {
        guard let volume = call.volume else {
            throw DriverError(.invalidArgument, "createsnapshot needs a volume", field: "volume")
        }
        let name = try DiskName.ofSnapshot(call.snapshot.name)
        let parameters = try SnapshotParameters(call.snapshot.parameters)
        let session = try await backend.session(call.request)
        return try await session.changing("snapshot \(call.snapshot.name) could not be taken") {
            let disk = try await session.requiredDisk(volume)
            let sourceID = "\(session.project)/\(disk.path)"
            let mark = ResourceMark(
                name: call.snapshot.name, owner: call.request.owner, driver: call.request.driver.name, arguments: "")
            var body: JSONValue = [
                "name": .string(name), "sourceDisk": .string(sourceID),
                "description": .string(mark.description(call.request, session.configuration.dialect, isSnapshot: true)),
                "labels": JSONValue(
                    session.configuration.labels.merging(parameters.labels) { $1 }.merging(mark.labels) { $1 }),
            ]
            if !parameters.locations.isEmpty { body["storageLocations"] = JSONValue(parameters.locations) }
            do throws(ComputeFailure) {
                try await session.api.change(.post, "global/snapshots", "snapshots.insert", key: name, body: body)
            } catch {
                // An equal call's, or one's own whose reply was lost.
                guard error.isConflict else { throw error }
            }
            let record = try SnapshotRecord(try await session.visible("global/snapshots/\(name)", "snapshots.get"))
            guard let theirs = record.mark, theirs.name == mark.name, theirs.owner == mark.owner,
                record.sourceID == sourceID
            else {
                throw DriverError(
                    .alreadyExists,
                    "the snapshot \(name) exists, of \(record.sourceID), not of \(sourceID), or is not this host's",
                    field: "snapshot.name")
            }
            guard record.status != "FAILED" else {
                throw DriverError(
                    .internal, "the snapshot \(name) has failed; delete it, and take another", outcome: .unknown)
            }
            return record.snapshot(session.project)
        }
    }

    func deleteSnapshot(_ call: SnapshotCall) async throws {
        let name = try DiskName.ofSnapshot(call.snapshot.name)
        let path = "global/snapshots/\(name)"
        let session = try await backend.session(call.request)
        try await session.changing("snapshot \(call.snapshot.name) could not be deleted") {
            var json = try await session.api.find(path, "snapshots.get")
            if json == nil, call.snapshot.id == nil, try await session.recentlyMade("snapshots", name) != nil {
                json = try await session.visible(path, "snapshots.get")
            }
            guard let json else { return }
            guard let mark = ResourceMark(json), mark.name == call.snapshot.name, mark.belongs(to: call.request) else {
                throw DriverError(
                    .failedPrecondition,
                    "the snapshot \(name) was not made by this driver for this host; it is left alone")
            }
            try await delete(path, session)
        }
    }

    /// A snapshot can be deleted once it is READY.
    private func delete(_ path: String, _ session: Session) async throws(ComputeFailure) {
        var attempt = 0
        func look() async throws(ComputeFailure) -> Bool? {
            guard let json = try await session.api.find(path, "snapshots.get") else { return true }
            guard json["status"]?.stringValue != "DELETING" else { return nil }
            do throws(ComputeFailure) {
                try await session.api.change(.delete, path, "snapshots.delete", key: "\(attempt)")
            } catch {
                if error.isNotFound { return true }
                guard error.isNotReady else { throw error }
                attempt += 1
                return nil
            }
            return true
        }
        if try await look() != nil { return }
        if try await session.api.poll({ () throws(ComputeFailure) in try await look() }) != nil { return }
        throw ComputeFailure(
            cause: .running(operation: "\(path) is not READY yet", percent: nil), api: "snapshots.delete")
    }

    func listSnapshots(_ call: ListCall) async throws -> ListPage<Snapshot> {
        let session = try await backend.session(call.request)
        return try await session.reading("the snapshots cannot be listed") {
            let page = try await PageToken.page(
                call, session, "global/snapshots", "snapshots.list", filter: ResourceMark.filter(call.request))
            let source = try call.request.volume.map { try DiskName.ofVolume($0.name, session.configuration.dialect) }
            var snapshots: [Snapshot] = []
            for json in page["items"]?.arrayValue ?? [] {
                let record = try SnapshotRecord(json)
                guard let mark = record.mark, mark.belongs(to: call.request), record.status != "DELETING",
                    source == nil || DiskPath(id: record.sourceID)?.name == source
                else { continue }
                snapshots.append(record.snapshot(session.project))
            }
            return ListPage(snapshots, nextToken: PageToken.outgoing(page["nextPageToken"]?.stringValue))
        }
    }
}

/// The parameters of a VolumeSnapshotClass.
struct SnapshotParameters {
    /// One region or multi-region; empty: Google chooses the nearest.
    var locations: [String] = []
    var labels: [String: String] = [:]

    private static let names: Set<String> = ["storage-locations", "snapshot-type", "labels"]

    /// - Throws: ``DriverError`` `INVALID_ARGUMENT`
    init(_ parameters: [String: String]) throws(DriverError) {
        for (name, value) in parameters.sorted(by: { $0.key < $1.key }) {
            func invalid(_ reason: String) -> DriverError {
                DriverError(
                    .invalidArgument, "parameter \"\(name)\" of the snapshot's class \(reason)",
                    field: "snapshot.parameters.\(name)")
            }
            switch name.lowercased() {
            case "storage-locations":
                locations = value.split(separator: ",").map { $0.trimmed }.filter { !$0.isEmpty }
            case "snapshot-type":
                guard value == "snapshots" else { throw invalid("is \"snapshots\": the driver makes no images") }
            case "labels":
                for part in value.split(separator: ",") {
                    guard let equals = part.firstIndex(of: "=") else {
                        throw invalid("is a list as key=value,key2=value2")
                    }
                    labels[part[..<equals].trimmed] = part[part.index(after: equals)...].trimmed
                }
            default: throw invalid("is unknown; there are \(Self.names.sorted().joined(separator: ", "))")
            }
        }
    }
}
