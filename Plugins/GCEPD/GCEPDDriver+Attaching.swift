import BlockDevices
import CloudHTTP
import DriverProtocol
import JSONTree
import StorageDriverKit

extension GCEPDDriver: VolumeAttaching {
    func attach(_ call: VolumeCall, to node: NodeReference) async throws -> String? {
        let session = try await backend.session(call.request)
        return try await session.changing("volume \(call.volume.name) could not be attached to \(node.name)") {
            let disk = try await session.requiredDisk(call.volume)
            guard let path = DiskPath(id: disk.path) else { throw DriverError(.internal, "\(disk.path) is no disk") }
            let instance = try await session.instance(node)
            let device = session.devicePath(path)
            if disk.users.contains(instance) { return device }
            let isForced = DiskContext(call.volume.context).attachesByForce && path.isRegional
            do throws(ComputeFailure) {
                try await session.api.change(
                    .post, "\(instance)/attachDisk", "instances.attachDisk", key: disk.path,
                    query: isForced ? [("forceAttach", "true")] : [],
                    body: [
                        "kind": "compute#attachedDisk", "type": "PERSISTENT", "deviceName": .string(path.deviceName),
                        "mode": call.request.readOnly ? "READ_ONLY" : "READ_WRITE",
                        "source": .string(session.id(of: path)),
                    ])
            } catch {
                guard error.isInUse || error.isConflict else { throw error }
                return try await taken(disk, path, instance, session)
            }
            return device
        }
    }

    /// Somebody has the disk: this instance, through an equal call, or another one.
    private func taken(_ disk: Disk, _ path: DiskPath, _ instance: String, _ session: Session) async throws -> String {
        // The equal call's operation may still go on.
        let users = try await session.api.poll(limit: .seconds(30)) { () throws(ComputeFailure) -> [String]? in
            let users = try await session.find(path)?.users ?? []
            return users.isEmpty ? nil : users
        }
        if users?.contains(instance) == true { return session.devicePath(path) }
        throw DriverError(
            .failedPrecondition,
            "the disk \(disk.name) is attached to \(users?.first ?? "another instance"); it must be detached there first",
            retryAfter: .seconds(10))
    }

    func detach(_ call: VolumeCall, from node: NodeReference) async throws {
        let session = try await backend.session(call.request)
        try await session.changing("volume \(call.volume.name) could not be detached from \(node.name)") {
            let name = try DiskName.ofVolume(call.volume.name, session.configuration.dialect)
            guard let disk = try await session.locate(name, id: call.volume.id), let path = DiskPath(id: disk.path),
                !disk.users.isEmpty
            else { return }
            let instance: String
            do {
                instance = try await session.instance(node)
            } catch let error as DriverError where error.code == .notFound {
                return
            }
            guard disk.users.contains(instance) else { return }
            do throws(ComputeFailure) {
                try await session.api.change(
                    .post, "\(instance)/detachDisk", "instances.detachDisk", key: disk.path,
                    query: [("deviceName", path.deviceName)])
            } catch {
                // The instance is gone, or an equal call was faster.
                if error.isNotFound { return }
                if case .refused(400, _, _) = error.cause,
                    try await session.find(path)?.users.contains(instance) != true
                {
                    return
                }
                throw error
            }
        }
    }

    func isAttached(_ call: VolumeCall, to node: NodeReference) async throws -> Bool {
        let session = try await backend.session(call.request)
        return try await session.reading("volume \(call.volume.name) cannot be looked up") {
            let disk = try await session.requiredDisk(call.volume)
            guard !disk.users.isEmpty else { return false }
            return disk.users.contains(try await session.instance(node))
        }
    }

    func waitForAttach(_ call: VolumeCall) async throws -> String {
        let configuration = try DriverConfiguration(call.request.driver)
        let paths = try Self.devicePaths(call, configuration)
        _ = try await BlockDevice.appearing(
            as: paths, in: configuration.deviceDirectory, deadline: call.request.callDeadline())
        return call.request.device ?? "\(configuration.deviceDirectory)/\(paths[0])"
    }

    /// What udev may call the volume's device, below the directory of devices. Only for the node: nothing is asked of
    /// Google.
    static func devicePaths(_ call: VolumeCall, _ configuration: DriverConfiguration) throws(DriverError) -> [String] {
        let name = try DiskName.ofVolume(call.volume.name, configuration.dialect)
        if let path = call.volume.id.flatMap(DiskPath.init(id:)), path.name == name { return [path.link] }
        return [DiskPath(scope: "zones/z", name: name).link, DiskPath(scope: "regions/r", name: name).link]
    }
}

extension DiskPath {
    /// Below `/dev/disk`.
    var link: String { "by-id/google-\(deviceName)" }
}

extension Session {
    /// Where udev puts the disk's device on the instance.
    func devicePath(_ disk: DiskPath) -> String { "\(configuration.deviceDirectory)/\(disk.link)" }

    /// `zones/z/instances/i` of a node: as its providerID says (`gce://p/z/i`), or by its name and its zone's label, or
    /// by its name alone.
    ///
    /// - Throws: ``DriverError`` `NOT_FOUND`.
    func instance(_ node: NodeReference) async throws -> String {
        let provider = node.providerID?.split(separator: "/", omittingEmptySubsequences: false) ?? []
        if provider.count == 5, provider[0] == "gce:" { return "zones/\(provider[3])/instances/\(provider[4])" }
        let name = String(node.name.split(separator: ".").first ?? "")
        guard DiskName.isValid(name) else {
            throw DriverError(
                .notFound, "no instance of Compute Engine can be called '\(name)'; give the node its spec.providerID",
                field: "node.name")
        }
        if let zone = Zones.zone(in: node.labels) { return "zones/\(zone)/instances/\(name)" }
        let found = try await api.aggregated("instances", "instances.aggregatedList", filter: "name = \"\(name)\"")
        let paths = found.filter { $0["name"]?.stringValue == name }
            .compactMap { ComputeAPI.path(of: $0["selfLink"]?.stringValue) }
        guard let path = paths.first else {
            throw DriverError(
                .notFound, "the project \(api.project) has no instance \(name) that could be the node",
                field: "node.name")
        }
        guard paths.count == 1 else {
            throw DriverError(
                .invalidArgument, "several zones have an instance \(name); give the node its spec.providerID",
                field: "node")
        }
        return path
    }
}
