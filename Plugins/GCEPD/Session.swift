import DriverProtocol
import JSONTree
import StorageDriverKit

/// One call of the host's at work: finds disks, and says whose they are.
struct Session: Sendable {
    let api: ComputeAPI
    let backend: Backend
    let configuration: DriverConfiguration
    let request: DriverRequest

    /// `projects/p`
    var project: String { "projects/\(api.project)" }

    func id(of disk: DiskPath) -> String { "\(project)/\(disk.path)" }

    /// The disk of this name: where `id` says, or wherever in the project.
    ///
    /// - Parameters:
    ///   - name: The disk's. An `id` that names another one is not believed.
    /// - Returns: `nil`: none is seen.
    func locate(_ name: String, id: String?) async throws(ComputeFailure) -> Disk? {
        if let hint = id.flatMap(DiskPath.init(id:)), hint.name == name, let disk = try await find(hint) { return disk }
        let found = try await api.aggregated("disks", "disks.aggregatedList", filter: "name = \"\(name)\"")
        var disks: [Disk] = []
        for json in found where json["name"]?.stringValue == name {
            disks.append(try Disk(json, "disks.aggregatedList"))
        }
        // Names are unique in a zone, not in a project: somebody else may have a disk of the name elsewhere.
        return disks.first { $0.mark?.belongs(to: request) == true } ?? disks.first
    }

    func find(_ disk: DiskPath) async throws(ComputeFailure) -> Disk? {
        guard let json = try await api.find(disk.path, "\(disk.api).get") else { return nil }
        return try Disk(json, "\(disk.api).get")
    }

    /// The disk of a volume that the host knows.
    ///
    /// - Throws: ``DriverError`` `NOT_FOUND` also for a disk that is another's.
    func requiredDisk(_ volume: VolumeRequest) async throws -> Disk {
        let name = try DiskName.ofVolume(volume.name, configuration.dialect)
        guard let disk = try await locate(name, id: volume.id), disk.status != "DELETING", let mark = disk.mark,
            mark.name == volume.name, mark.belongs(to: request)
        else {
            throw DriverError(
                .notFound, "there is no disk \(name) of the volume \(volume.name) in the project \(api.project)")
        }
        return disk
    }

    /// Waits until the disk is READY.
    ///
    /// - Returns: `nil`: it is gone.
    /// - Throws: ``ComputeFailure`` `running` when the call's time is too short.
    func ready(_ disk: Disk) async throws(ComputeFailure) -> Disk? {
        guard let path = DiskPath(id: disk.path), disk.status == "CREATING" || disk.status == "RESTORING" else {
            return disk
        }
        enum Look { case ready(Disk), gone }
        let look = try await api.poll { () throws(ComputeFailure) -> Look? in
            guard let now = try await find(path) else { return .gone }
            return now.status == "CREATING" || now.status == "RESTORING" ? nil : .ready(now)
        }
        switch look {
        case .ready(let disk): return disk
        case .gone: return nil
        case nil:
            throw ComputeFailure(
                cause: .running(operation: "\(disk.name) is \(disk.status)", percent: nil), api: "disks.get")
        }
    }

    /// Waits until the resource at a path is gone.
    func gone(_ path: String, _ api: String) async throws(ComputeFailure) {
        let isGone = try await self.api.poll { () throws(ComputeFailure) -> Bool? in
            try await self.api.find(path, api) == nil ? true : nil
        }
        guard isGone == nil else { return }
        throw ComputeFailure(cause: .running(operation: "\(path) is being deleted", percent: nil), api: api)
    }

    // MARK: What reads do not show yet

    /// Whether something of this name was made a moment ago, although reads do not show it: the API's own record of
    /// operations knows. Asked only where an earlier call's outcome is unknown.
    ///
    /// - Parameters:
    ///   - kind: `disks` or `snapshots`.
    /// - Returns: Its path behind the project; `nil`: nothing was made, or it has been deleted since.
    func recentlyMade(_ kind: String, _ name: String) async throws(ComputeFailure) -> String? {
        let operations: [JSONValue]
        do throws(ComputeFailure) {
            operations = try await api.aggregated(
                "operations", "globalOperations.aggregatedList", filter: "targetLink eq \".*/\(kind)/\(name)\"")
        } catch {
            // Not everybody may list operations; then what reads show must do.
            if case .refused(403, "forbidden", _) = error.cause { return nil }
            throw error
        }
        func time(_ operation: JSONValue) -> RFC3339Time {
            operation["insertTime"]?.stringValue.flatMap { RFC3339Time($0) } ?? RFC3339Time(seconds: 0)
        }
        let relevant = operations.filter {
            ["insert", "delete"].contains($0["operationType"]?.stringValue) && $0["error"] == nil
        }
        guard let last = relevant.max(by: { time($0) < time($1) }), last["operationType"]?.stringValue == "insert"
        else {
            return nil
        }
        // It may fail yet; then nothing was made.
        do throws(ComputeFailure) {
            try await api.wait(for: last, "\(kind).insert")
        } catch {
            if case .operation = error.cause { return nil }
            throw error
        }
        return ComputeAPI.path(of: last["targetLink"]?.stringValue)
    }

    /// What ``recentlyMade(_:_:)`` knows of, once reads show it; within half a minute, or the call's time.
    func visible(_ path: String, _ api: String) async throws(ComputeFailure) -> JSONValue {
        if let seen = try await self.api.find(path, api) { return seen }
        let seen = try await self.api.poll(limit: .seconds(30)) { () throws(ComputeFailure) -> JSONValue? in
            try await self.api.find(path, api)
        }
        guard let seen else {
            throw ComputeFailure(
                cause: .refused(
                    status: 404, reason: "resourceNotReady", message: "\(path) was made, and cannot be seen yet"),
                api: api,
                mayHaveArrived: true)
        }
        return seen
    }
}
