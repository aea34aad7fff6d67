import CloudHTTP
import DriverProtocol
import JSONTree
import StorageDriverKit

/// Deletes a volume's disk, wherever of the places where it may be it is; succeeds when there is none.
struct DiskDeletion: Sendable {
    let name: String
    let owner: String?
    let candidates: [ResourceID]
    let azure: ResourceManager

    private var task: String { "volume \(name) could not be deleted" }

    func run() async throws {
        for id in candidates {
            guard let json = try await azure.get(id.description, .disks, task) else { continue }
            let disk = Disk(json)
            guard let marked = disk.mark.name else {
                throw DriverError(
                    .failedPrecondition,
                    "\(task): the disk \(id.name) in resource group \(id.group) does not say whose it is (tag "
                        + "kubernetes.io-created-for-pv-name), and is left alone; delete it by hand, or give it the tag"
                )
            }
            // Somebody else's disk, under an ID that is not the volume's.
            guard marked == name else { continue }
            guard disk.mark.belongs(to: owner) else {
                throw DriverError(
                    .failedPrecondition,
                    "\(task): the disk \(id.name) in resource group \(id.group) belongs to another host")
            }
            try await delete(id)
            return
        }
    }

    private func delete(_ id: ResourceID) async throws {
        var schedule = PollSchedule(first: .milliseconds(200), factor: 1.6, maximumDelay: .seconds(5))
        while true {
            do {
                switch try await azure.change(.delete, id.description, .disks, task: task) {
                case .done: return
                case .pending:
                    throw PendingOperation("disk \(id.name)", progress: OperationProgress(phase: "deleting"))
                }
            } catch let failure as ResourceManagerFailure {
                if failure.isAbsence { return }
                // Being made, grown or copied just now.
                guard failure.isConflict, let pause = schedule.next(now: .now, deadline: azure.deadline) else {
                    throw failure.driverError(task, mutates: true)
                }
                try await Task.sleep(for: pause)
            }
        }
    }
}
