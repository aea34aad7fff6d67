import DriverProtocol
import Glibc
import StorageDriverKit

/// Volumes that are directories of an NFS server: `berth.dev/nfs`, and the classes of `nfs.csi.k8s.io` and
/// `k8s-sigs.io/nfs-subdir-external-provisioner`. Speaks NFS itself: it mounts nothing, and needs no root here.
@main
struct NFSDriver: StorageDriver {
    let sessions = SessionPool()
    let knownExports = KnownExports()

    var info: DriverInfo {
        DriverInfo(
            name: "nfs", version: "1.0.0", capabilities: [.onlineExpansion, .clone, .restore],
            parameters: ClassParameters.schema,
            accessModes: ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"],
            volumeModes: ["Filesystem"],
            // NFS knows no limit for a directory.
            capacityEnforced: false,
            resident: true)
    }

    /// Ready when the share that drivers.json names, if it names one, can be reached and has room.
    func status(_ request: DriverRequest) async throws {
        let configuration = try DriverConfiguration(request)
        guard configuration.defaults["server"] != nil, configuration.defaults["share"] != nil else { return }
        for export in try ClassParameters([:], defaults: configuration.defaults).exports {
            let space = try sessions.withSession(
                export, configuration.credential, "\(export) cannot be used", outcome: .final
            ) { try $0.files.space() }
            guard space.availableBytes > 0 else {
                throw DriverError(.resourceExhausted, "\(export) has no room left", outcome: .final)
            }
        }
    }

    func validate(_ call: VolumeCall) async throws -> ProvisionedVolume? {
        let configuration = try DriverConfiguration(call.request)
        let plan = try VolumePlan(call, configuration, createdAt: Self.now)
        let export = try chooseExport(plan, configuration)
        return try sessions.withSession(
            export, configuration.credential, "volume \(plan.mark.name) in \(export) cannot be checked", outcome: .final
        ) { session in
            try VolumeProvisioning(session: session, plan: plan, budget: WorkBudget(call.request)).check()
            return plan.mark.provisioned(in: export, contentSource: plan.contentSource)
        }
    }

    func provision(_ call: VolumeCall) async throws -> ProvisionedVolume {
        let configuration = try DriverConfiguration(call.request)
        let plan = try VolumePlan(call, configuration, createdAt: Self.now)
        let budget = WorkBudget(call.request)
        return try NameLock.hold("volume \(plan.mark.name)") {
            // Within the lock, or two equal calls could each choose another share.
            let export = try chooseExport(plan, configuration)
            try knownExports.record(export)
            return try sessions.withSession(
                export, configuration.credential, "volume \(plan.mark.name) in \(export) could not be made",
                outcome: .unknown
            ) { try VolumeProvisioning(session: $0, plan: plan, budget: budget).run() }
        }
    }

    func delete(_ call: VolumeCall) async throws {
        let name = try VolumePlan.checked(call.volume.name, field: "volume.name")
        let configuration = try DriverConfiguration(call.request)
        let budget = WorkBudget(call.request)
        let exports = try exports(for: call.request, configuration)
        try NameLock.hold("volume \(name)") {
            for export in exports {
                let isDone = try sessions.withSession(
                    export, configuration.credential, "volume \(name) in \(export) could not be deleted",
                    outcome: .unknown
                ) { session in
                    try VolumeDeletion(
                        session: session, name: name, owner: call.request.owner, budget: budget, log: call.log
                    ).run()
                }
                if isDone { return }
            }
        }
    }

    /// Where a volume goes: where an earlier call began to make it; else, of several shares, where the most room is.
    ///
    /// All of them must answer: the one that does not could hold what an earlier call began.
    private func chooseExport(_ plan: VolumePlan, _ configuration: DriverConfiguration) throws -> Export {
        let exports = plan.parameters.exports
        if let source = plan.contentSource { return try ContentCopy.export(of: source, among: exports) }
        guard exports.count > 1 else { return exports[0] }
        var best: (export: Export, room: UInt64)?
        for export in exports {
            let (exists, room) = try sessions.withSession(
                export, configuration.credential, "\(export) cannot be asked for its room", outcome: .unknown
            ) { (try VolumeMarks(session: $0).read(plan.mark.name) != nil, try $0.files.space().availableBytes) }
            if exists { return export }
            if room > best?.room ?? 0 || best == nil { best = (export, room) }
        }
        return best?.export ?? exports[0]
    }

    /// Where a volume may lie: where it was made, as the host was told; without that, wherever its class could have put
    /// it.
    func exports(for request: DriverRequest, _ configuration: DriverConfiguration) throws(DriverError) -> [Export] {
        if let export = try Export(context: request.volume?.context ?? [:]) { return [export] }
        return try ClassParameters(
            request.parameters, defaults: configuration.defaults, mountOptions: request.volume?.mountOptions ?? []
        ).exports
    }

    /// Runs `body` with the volume of a call about one that exists.
    ///
    /// - Throws: ``DriverError`` `NOT_FOUND`.
    func withVolume<Result>(
        _ call: VolumeCall, _ task: String, outcome: DriverError.Outcome,
        _ body: (Session, VolumeMark) throws -> Result
    ) throws -> Result {
        let name = try VolumePlan.checked(call.volume.name, field: "volume.name")
        let configuration = try DriverConfiguration(call.request)
        for export in try exports(for: call.request, configuration) {
            let result = try sessions.withSession(
                export, configuration.credential, "volume \(name) in \(export) \(task)", outcome: outcome
            ) { session -> Result? in
                guard let mark = try VolumeMarks(session: session).read(name) else { return nil }
                return try body(session, mark)
            }
            if let result { return result }
        }
        throw DriverError(.notFound, "there is no volume \(name)")
    }

    static var now: String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return RFC3339Time(seconds: Int64(time.tv_sec)).description
    }
}
