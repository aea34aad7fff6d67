import CloudHTTP
import DriverProtocol
import JSONTree
import StorageDriverKit

/// Makes a volume's disk, or finds the one that an earlier call made. The disk's name is the key: GET, compare, PUT; the
/// PUT of an equal body is the same again to Azure.
struct DiskProvisioning: Sendable {
    let plan: DiskPlan
    let azure: ResourceManager

    private var task: String { "volume \(plan.name) could not be made" }

    /// What ``run()`` would say, as far as it can be known.
    func check() async throws -> ProvisionedVolume? {
        let sourceGB = try await sourceSize()
        try checkLimit(sourceGB)
        guard let json = try await azure.get(plan.id.description, .disks, task) else { return nil }
        let disk = Disk(json)
        try plan.check(disk)
        return plan.provisioned(disk)
    }

    func run() async throws -> ProvisionedVolume {
        var sourceGB: Int64?
        // Each turn looks again at what is there: another call, or an earlier try of this one, may have been at it.
        var schedule = PollSchedule(first: .milliseconds(200), factor: 1.6, maximumDelay: .seconds(5))
        while true {
            let present = try await azure.get(plan.id.description, .disks, task).map(Disk.init)
            if let present, present.state != "Deleting" {
                try plan.check(present)
                if present.state == "Succeeded" { return plan.provisioned(present) }
            }
            if present.map({ !$0.isBusy }) ?? true {
                if sourceGB == nil {
                    sourceGB = try await sourceSize()
                    try checkLimit(sourceGB ?? 0)
                }
                if let disk = try await make(sourceGB: sourceGB ?? 0, isThere: present != nil) {
                    // Whoever else made it in the same moment may have meant another.
                    try plan.check(disk)
                    if disk.state == "Succeeded" { return plan.provisioned(disk) }
                }
            }
            guard let pause = schedule.next(now: .now, deadline: azure.deadline) else { throw pending }
            try await Task.sleep(for: pause)
        }
    }

    private var pending: PendingOperation {
        PendingOperation("disk \(plan.id.name)", progress: OperationProgress(phase: "creating"))
    }

    /// - Parameter isThere: An earlier call's operation has failed, and left a disk.
    /// - Returns: `nil`: to be looked at again.
    private func make(sourceGB: Int64, isThere: Bool) async throws -> Disk? {
        do {
            let change = try await azure.change(
                .put, plan.id.description, .disks, body: plan.body(sourceGB: sourceGB), task: task)
            switch change {
            case .done(let resource): return resource.map(Disk.init)
            case .pending: throw pending
            }
        } catch let failure as ResourceManagerFailure {
            if failure.isConflict { return nil }
            var error = failure.driverError(task, mutates: true, operationNotAllowed: .limit)
            // What the answer to the PUT refuses was never there; an operation that failed may have left a disk.
            guard failure.isOfOperation || isThere else { throw error }
            error.outcome = try await clearAway() ? error.outcome : .unknown
            throw error
        }
    }

    /// Removes what a failed operation left.
    ///
    /// - Returns: Whether nothing is there any more. What kept it from being removed is not worth a report beside the
    ///   failure itself: the host asks again, or deletes.
    private func clearAway() async throws -> Bool {
        do {
            guard let json = try await azure.get(plan.id.description, .disks, task) else { return true }
            guard Disk(json).state == "Failed", Disk(json).mark.request == plan.digest else { return false }
            guard case .done = try await azure.change(.delete, plan.id.description, .disks, task: task) else {
                return false
            }
            return true
        } catch is ResourceManagerFailure {
            return false
        } catch is DriverError {
            return false
        }
    }

    /// In GiB; 0 without a source.
    private func sourceSize() async throws -> Int64 {
        guard let source = plan.source else { return 0 }
        let what = source.kind == .snapshot ? "snapshot" : "disk"
        guard let json = try await azure.get(source.description, .disks, task) else {
            throw DriverError(
                .notFound, "\(task): there is no \(what) \(source.name) in resource group \(source.group)",
                field: "volume.contentSource")
        }
        let disk = Disk(json)
        guard disk.location == plan.location else {
            throw DriverError(
                .invalidArgument,
                "\(task): the \(what) \(source.name) is in \(disk.location), the volume is to be in \(plan.location); a copy "
                    + "stays in its region", field: "volume.contentSource")
        }
        return disk.sizeGB
    }

    private func checkLimit(_ sourceGB: Int64) throws(DriverError) {
        guard let limit = plan.limitGB, sourceGB > limit else { return }
        throw DriverError(
            .outOfRange, "\(task): what it begins with has \(sourceGB) GiB, more than the limit of \(limit) GiB",
            field: "volume.capacityBytes")
    }
}
