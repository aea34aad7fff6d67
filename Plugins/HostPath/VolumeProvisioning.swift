import CFileSystem
import DriverProtocol
import Glibc
import StorageDriverKit

/// Makes one volume, or finishes what an earlier call began.
///
/// The order is what makes it safe to be killed anywhere: first the mark, so that whatever follows is known to be ours
/// and with which arguments; then the path is taken; then the directory is made. The same call again finds the mark
/// and does what is missing.
///
/// Durability: one fsync(2), of the mark, when everything is done. It is not needed to survive a kill, since what a
/// system call has done is there. It is needed before `Success`, since the host writes its PersistentVolume then and
/// never asks again: without it a power failure could leave a PersistentVolume without its directory. Before `Success`
/// nothing need be durable, since the host keeps the intent and calls again. One is enough: fsync allocates the mark's
/// data in a transaction of the journal that is not older than the one with the directory in it, and journals commit
/// in order; calls side by side share a commit.
struct VolumeProvisioning {
    let base: BaseDirectory
    let plan: VolumePlan

    private var mark: VolumeMark { plan.mark }
    private var marks: VolumeMarks { VolumeMarks(base: base) }

    func run() throws -> ProvisionedVolume {
        do {
            if plan.parameters.enforcement == .image { try ImageVolume.checkPrerequisites(plan, base) }
            switch try marks.read(mark.name) {
            case .none: try begin()
            case .torn: try resumeTorn()
            case .mark(let existing): return try resume(existing)
            }
            return mark.provisioned(in: base.path)
        } catch let error as SystemError {
            throw error.driverError("volume \(mark.name) in \(base.path) could not be made", outcome: .unknown)
        }
    }

    /// What would stand in the way of ``run()``, without making anything.
    func check() throws {
        do {
            if plan.parameters.enforcement == .image { try ImageVolume.checkPrerequisites(plan, base) }
            switch try marks.read(mark.name) {
            case .mark(let existing):
                try checkArguments(existing)
            case .torn: break
            case .none:
                for path in mark.path.ancestors + [mark.path.description] {
                    if let owner = try PathReservations.owner(of: VolumePath(path), in: base), owner != mark.name {
                        throw taken(by: owner)
                    }
                }
                try refuseForeignDirectory()
            }
        } catch let error as SystemError {
            throw error.driverError("volume \(mark.name) in \(base.path) cannot be checked", outcome: .final)
        }
    }

    /// Makes the volume whose mark was not there; another call may have made it since.
    func begin() throws {
        try refuseForeignDirectory()
        // Made by another call since it was looked for: that one has the volume now.
        guard let file = try marks.create(mark) else { throw beingMade() }
        var madeDirectory = false
        do {
            try takePath()
            try build(mark, &madeDirectory)
            try file.synchronize()
        } catch {
            throw undo(madeDirectory: madeDirectory, after: error)
        }
    }

    private func resume(_ existing: VolumeMark) throws -> ProvisionedVolume {
        try checkArguments(existing)
        try takePath()
        try build(existing)
        try marks.synchronize(mark.name)
        return existing.provisioned(in: base.path)
    }

    private func resumeTorn() throws {
        if let path = try PathReservations.path(of: mark.name, in: base), path != mark.path {
            throw DriverError(
                .alreadyExists,
                "volume \(mark.name) exists with other arguments: it lies at \(path), and not at "
                    + "\(mark.path)")
        }
        // The path first: where it is another's, nothing may be left of a call that fails. An equal call that is writing
        // its mark just now looks the same.
        try takePath()
        try marks.complete(mark)
        try build(mark)
        try marks.synchronize(mark.name)
    }

    private func checkArguments(_ existing: VolumeMark) throws(DriverError) {
        guard let conflict = existing.conflict(with: mark, limitBytes: plan.limitBytes) else { return }
        throw DriverError(.alreadyExists, "volume \(mark.name) exists with other arguments: \(conflict)")
    }

    private func takePath() throws {
        if case .taken(let owner) = try PathReservations.reserve(mark.path, for: mark.name, in: base) {
            throw taken(by: owner)
        }
    }

    private func beingMade() -> DriverError {
        DriverError(.aborted, "volume \(mark.name) is being made by another call; ask again later")
    }

    private func taken(by owner: String) -> DriverError {
        DriverError(
            .alreadyExists,
            "the path \(mark.path) in \(base.path) belongs to \(owner): two claims that a pathPattern gives the same "
                + "path, or one within the other's, cannot both have it",
            field: "parameters.pathPattern")
    }

    /// A directory that was there before the mark is nobody's volume, or one that was retained: its data belongs to
    /// somebody, and not to a claim that happens to get the same path. Looked for before the mark is made, so that
    /// one found after it is ours.
    private func refuseForeignDirectory() throws {
        guard let parent = try base.parentIfThere(of: mark.path), let found = try parent.status(of: mark.path.name)
        else { return }
        let isDirectory = found.st_mode & S_IFMT == S_IFDIR
        if isDirectory, plan.parameters.adoptsExisting { return }
        // Another volume's? Then say whose.
        if let owner = try PathReservations.owner(of: mark.path, in: base), owner != mark.name {
            throw taken(by: owner)
        }
        // An equal call's, which made mark and directory since the mark was looked for: not foreign.
        guard case .none = try marks.read(mark.name) else { throw beingMade() }
        throw DriverError(
            .alreadyExists,
            "\(base.path)/\(mark.path) is there already and belongs to no volume; move it away"
                + (isDirectory ? ", or let the class say adoptExisting: \"true\" to take it over with its data" : ""),
            field: "parameters.pathPattern")
    }

    private func build(_ mark: VolumeMark) throws {
        var madeDirectory = false
        try build(mark, &madeDirectory)
    }

    /// - Parameters:
    ///   - mark: Also of a volume that has grown since it was made.
    ///   - madeDirectory: Set once this call has made the directory, also where it fails later.
    private func build(_ mark: VolumeMark, _ madeDirectory: inout Bool) throws {
        try base.makeParents(of: mark.path)
        let parent = try base.parent(of: mark.path)
        if plan.parameters.enforcement == .image {
            madeDirectory = try parent.makeDirectory(mark.path.name, mode: 0)
            try ImageVolume(base: base, mark: mark, parameters: plan.parameters).make(in: parent)
            return
        }
        let mode = plan.parameters.mode
        madeDirectory = try parent.makeDirectory(mark.path.name, mode: mode & 0o777)
        let needsAttributes = !madeDirectory || mode > 0o777 || plan.parameters.uid != nil || plan.parameters.gid != nil
        // An adopted directory keeps what it has.
        if needsAttributes, madeDirectory || !plan.parameters.adoptsExisting {
            try VolumeAttributes.apply(plan.parameters, to: parent.directory(mark.path.name))
        }
    }

    /// Takes back what a call that failed has begun, so that the failure is final.
    private func undo(madeDirectory: Bool, after cause: any Error) -> DriverError {
        let cause: DriverError =
            if let error = cause as? DriverError {
                error
            } else if let error = cause as? SystemError {
                error.driverError("volume \(mark.name) in \(base.path) could not be made", outcome: .final)
            } else {
                DriverError(.internal, "volume \(mark.name) in \(base.path) could not be made: \(cause)")
            }
        do {
            if plan.parameters.enforcement == .image {
                try ImageVolume(base: base, mark: mark, parameters: plan.parameters).destroy()
            }
            if madeDirectory { try base.parent(of: mark.path).removeEmptyDirectory(mark.path.name) }
            try PathReservations.release(mark.path, of: mark.name, in: base)
            try marks.remove(mark.name)
        } catch {
            var unknown = cause
            unknown.outcome = .unknown
            unknown.message += "; what was begun could not be taken back: \(error)"
            return unknown
        }
        return cause
    }
}

/// Mode and ownership of a volume's directory.
enum VolumeAttributes {
    static func apply(_ parameters: ClassParameters, to directory: OpenFile) throws(SystemError) {
        // First the owner: changing it clears set-user-ID and set-group-ID.
        if parameters.uid != nil || parameters.gid != nil {
            guard fchown(directory.descriptor, parameters.uid ?? .max, parameters.gid ?? .max) == 0 else {
                throw SystemError("chown", "the volume's directory")
            }
        }
        guard fchmod(directory.descriptor, parameters.mode) == 0 else {
            throw SystemError("chmod", "the volume's directory")
        }
    }
}
