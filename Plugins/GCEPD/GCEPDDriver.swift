import DriverProtocol
import StorageDriverKit

/// Volumes that are disks of Google Compute Engine, Persistent Disks and Hyperdisks: `kubernetes.io/gce-pd` with
/// `"dialect": "in-tree"`, and `pd.csi.storage.gke.io`.
@main
struct GCEPDDriver: StorageDriver {
    let backend = Backend()

    var info: DriverInfo { info(for: DriverReference(name: "gce-pd")) }

    func info(for driver: DriverReference) -> DriverInfo {
        let dialect = DriverConfiguration.dialect(of: driver)
        return DriverInfo(
            name: "gce-pd", version: "1.0.0", capabilities: [.onlineExpansion, .topology, .clone, .restore],
            parameters: ClassParameters.schema(dialect), mutableParameters: ClassParameters.mutableSchema(dialect),
            allocationUnitBytes: DiskType.bytesPerGiB, minimumBytes: DiskType.bytesPerGiB,
            maximumBytes: 65_536 * DiskType.bytesPerGiB,
            accessModes: ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteOncePod"],
            volumeModes: ["Filesystem", "Block"], capacityEnforced: true, resident: true, maximumConcurrency: 64,
            // A disk with content, and a snapshot of a large one, take minutes.
            timeouts: [.provision: .seconds(300), .createSnapshot: .seconds(300)])
    }

    /// Ready when Google knows the caller and the project.
    func status(_ request: DriverRequest) async throws {
        let session = try await backend.session(request)
        do throws(ComputeFailure) {
            _ = try await session.api.list("zones", "zones.list", filter: nil, maxResults: 1)
        } catch {
            throw error.error("the project \(session.api.project) cannot be used", isChange: false)
        }
    }

    /// What can be said without asking Google.
    func validate(_ call: VolumeCall) async throws -> ProvisionedVolume? {
        _ = try VolumePlan(call, try DriverConfiguration(call.request.driver))
        return nil
    }

    func provision(_ call: VolumeCall) async throws -> ProvisionedVolume {
        let plan = try VolumePlan(call, try DriverConfiguration(call.request.driver))
        return try await DiskProvisioning(session: try await backend.session(call.request), plan: plan).run()
    }

    func delete(_ call: VolumeCall) async throws {
        _ = try DiskName.ofVolume(call.volume.name, .csi)
        try await DiskDeletion(session: try await backend.session(call.request), volume: call.volume).run()
    }
}
