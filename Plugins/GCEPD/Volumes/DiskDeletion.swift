import DriverProtocol
import JSONTree
import StorageDriverKit

/// Deletes the disk of one volume. Only a disk that carries the volume's mark is ever deleted.
struct DiskDeletion {
    let session: Session
    let volume: VolumeRequest

    func run() async throws {
        let name = try DiskName.ofVolume(volume.name, session.configuration.dialect)
        do {
            guard let disk = try await find(name) else { return }
            try check(disk)
            try await delete(disk)
        } catch let failure as ComputeFailure {
            throw failure.error("disk \(name) of the volume \(volume.name) could not be deleted")
        }
    }

    private func find(_ name: String) async throws(ComputeFailure) -> Disk? {
        if let disk = try await session.locate(name, id: volume.id) { return disk }
        // Without an id, what became of provision is not known: its disk may be there, and not be seen yet.
        guard volume.id == nil, let path = try await session.recentlyMade("disks", name) else { return nil }
        return try Disk(try await session.visible(path, "disks.get"), "disks.get")
    }

    private func check(_ disk: Disk) throws(DriverError) {
        guard let mark = disk.mark, mark.name == volume.name else {
            throw DriverError(
                .failedPrecondition,
                "the disk \(disk.name) in \(disk.zones.joined(separator: " and ")) was not made by this driver for the "
                    + "volume \(volume.name); it is left alone")
        }
        guard mark.belongs(to: session.request) else {
            throw DriverError(
                .failedPrecondition,
                "the disk \(disk.name) belongs to another host, \(mark.owner ?? "unnamed"); this is "
                    + "\(session.request.owner ?? "unnamed")")
        }
    }

    private func delete(_ disk: Disk) async throws {
        var disk = disk
        guard let path = DiskPath(id: disk.path) else { return }
        var attempt = 0
        while true {
            guard let ready = try await session.ready(disk) else { return }
            if ready.status == "DELETING" { return try await session.gone(path.path, "\(path.api).get") }
            if let user = ready.users.first { throw inUse(ready, user) }
            do throws(ComputeFailure) {
                return try await session.api.change(.delete, path.path, "\(path.api).delete", key: "\(attempt)")
            } catch {
                if error.isNotFound { return }
                guard error.isNotReady || error.isInUse, attempt < 20 else { throw error }
                guard let now = try await session.find(path) else { return }
                // Attached a moment ago, and not shown yet.
                if error.isInUse { throw inUse(now, now.users.first ?? "an instance") }
                disk = now
                attempt += 1
                // Another call is at work on it.
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    private func inUse(_ disk: Disk, _ user: String) -> DriverError {
        DriverError(
            .failedPrecondition, "the disk \(disk.name) is attached to \(user); detach it first",
            retryAfter: .seconds(10))
    }
}
