import DriverProtocol
import Glibc
import StorageDriverKit

/// Volumes that are directories on this machine: `berth.dev/hostpath`, and `kubernetes.io/host-path` as Kubernetes had
/// it in its tree.
@main
struct HostPathDriver: StorageDriver {
    let bases = BaseDirectories()

    var info: DriverInfo {
        DriverInfo(
            name: "hostpath", version: "1.0.0", capabilities: [.onlineExpansion],
            parameters: ClassParameters.schema,
            // One machine: whoever is on it reaches the directory.
            accessModes: ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"],
            volumeModes: ["Filesystem"],
            // Only with enforceCapacity: image.
            capacityEnforced: false,
            resident: true)
    }

    init() {
        // The modes that mkdir is given are the ones that are meant.
        umask(0)
    }

    /// Ready when the default base directory, if there is one, can be used. Mounts again the images that a restart of
    /// the machine has left unmounted.
    func status(_ request: DriverRequest) async throws {
        guard let home = try DriverConfiguration(request).home else { return }
        let base = try bases.making(home)
        guard faccessat(base.volumes.descriptor, ".", W_OK, AT_EACCESS) == 0 else {
            throw SystemError("access", home).driverError(
                "the base directory \(home) cannot be written", outcome: .final)
        }
        for path in try knownBases(home) {
            try Task.checkCancellation()
            if let base = try bases.existing(path) { try ImageMounting.mountAll(in: base) }
        }
    }

    func validate(_ call: VolumeCall) async throws -> ProvisionedVolume? {
        let plan = try VolumePlan(call)
        if let base = try bases.existing(plan.basePath) {
            try VolumeProvisioning(base: base, plan: plan).check()
        }
        return plan.mark.provisioned(in: plan.basePath)
    }

    func provision(_ call: VolumeCall) async throws -> ProvisionedVolume {
        let plan = try VolumePlan(call)
        let base = try bases.making(plan.basePath)
        try record(plan.basePath, call.request)
        return try VolumeProvisioning(base: base, plan: plan).run()
    }

    func delete(_ call: VolumeCall) async throws {
        try VolumePlan.checkName(call.volume.name)
        let candidates = try candidates(for: call)
        for path in candidates {
            guard let base = try bases.existing(path) else { continue }
            let deletion = VolumeDeletion(
                base: base, name: call.volume.name, owner: call.request.owner, log: call.log)
            if try deletion.run() { return }
        }
        // No mark: it was deleted, or never made. Unless the records themselves are missing: a disk that is not mounted
        // must not make volumes look deleted.
        if let path = call.volume.context["basePath"], try bases.existing(path) == nil {
            throw DriverError(
                .failedPrecondition,
                "volume \(call.volume.name) should lie in \(path), which holds no volumes of this driver; mount what "
                    + "should be there",
                outcome: .unknown)
        }
    }

    /// Other base directories than the default are written down there before a volume is made in them.
    private func record(_ path: String, _ request: DriverRequest) throws {
        guard let home = try DriverConfiguration(request).home, home != path else { return }
        do {
            try KnownBases(home: try bases.making(home)).record(path)
        } catch let error as SystemError {
            throw error.driverError("the base directory \(path) could not be recorded in \(home)", outcome: .final)
        }
    }

    func knownBases(_ home: String) throws -> [String] {
        guard let base = try bases.existing(home) else { return [] }
        do {
            return try KnownBases(home: base).all()
        } catch {
            throw error.driverError("the base directories recorded in \(home) cannot be read", outcome: .final)
        }
    }

    /// Where a volume may lie: where it was made, as the host was told; else where its class says; else the default.
    func candidates(for call: VolumeCall) throws(DriverError) -> [String] {
        var paths: [String] = []
        if let path = call.volume.context["basePath"] {
            paths.append(try BasePath.checked(path, field: "volume.context.basePath"))
        }
        if let path = call.parameters["basePath"] {
            paths.append(try BasePath.checked(path, field: "parameters.basePath"))
        }
        if let home = try DriverConfiguration(call.request).home { paths.append(home) }
        return paths.enumerated().filter { position, path in !paths[..<position].contains(path) }.map(\.element)
    }

    /// The volume of a call about one that exists.
    func locate(_ call: VolumeCall) throws -> (base: BaseDirectory, mark: VolumeMark) {
        try VolumePlan.checkName(call.volume.name)
        for path in try candidates(for: call) {
            guard let base = try bases.existing(path) else { continue }
            do {
                if case .mark(let mark) = try VolumeMarks(base: base).read(call.volume.name) { return (base, mark) }
            } catch {
                throw error.driverError("volume \(call.volume.name) in \(path) cannot be read", outcome: .final)
            }
        }
        throw DriverError(.notFound, "there is no volume \(call.volume.name)")
    }
}
