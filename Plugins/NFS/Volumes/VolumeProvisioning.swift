import DriverProtocol
import StorageDriverKit

/// Makes one volume, or finishes what an earlier call began.
///
/// The order is what makes it safe to be killed anywhere, on either side: first the mark, so that whatever follows is
/// known to be ours and with which arguments; then the path is taken; then the directory is made. The same call again
/// finds the mark and does what is missing. Each step is one request that the server carries out durably before it
/// answers (RFC 1813, 4.8), so nothing is left to be synchronized.
///
/// Within ``NameLock``: what one call takes back when it fails, no equal one may have answered for.
struct VolumeProvisioning {
    let session: Session
    let plan: VolumePlan
    let budget: WorkBudget

    private var mark: VolumeMark { plan.mark }
    private var marks: VolumeMarks { VolumeMarks(session: session) }
    private var reservations: PathReservations { PathReservations(session: session) }
    private var files: any FileService { session.files }
    private var directoryName: EntryName { EntryName(mark.path.name) }

    func run() throws -> ProvisionedVolume {
        let existing: VolumeMark?
        do {
            existing = try markOrExisting()
        } catch let error as NFSError where error.status != nil && !error.isWorthReconnecting {
            // Nothing was made before the mark.
            throw error.driverError(task, outcome: .final)
        }
        if let existing { return try resume(existing) }
        try begin()
        return mark.provisioned(in: session.export, contentSource: plan.contentSource)
    }

    /// Makes the mark, or returns the one that an earlier call made. A new volume, which is what is asked for mostly, is
    /// not looked for first: making its mark tells.
    private func markOrExisting() throws -> VolumeMark? {
        do {
            try refuseForeignDirectory()
        } catch let error as DriverError {
            // Our own, of an earlier call or of an equal one at the same moment, is not foreign.
            if let existing = try marks.read(mark.name) { return existing }
            throw error
        }
        if try marks.create(mark) { return nil }
        guard let existing = try marks.read(mark.name) else {
            throw DriverError(.aborted, "volume \(mark.name) is being deleted by another call; ask again later")
        }
        return existing
    }

    /// What would stand in the way of ``run()``, without making anything.
    func check() throws {
        if let existing = try marks.read(mark.name) { return try checkArguments(existing) }
        for path in mark.path.ancestors + [mark.path.description] {
            guard let path = try? VolumePath(path) else { continue }
            if let owner = try reservations.owner(of: path), owner != mark.name { throw taken(by: owner) }
        }
        try refuseForeignDirectory()
        if let source = plan.contentSource { _ = try ContentCopy(session: session).locate(source) }
    }

    private func begin() throws {
        do {
            try takePath()
            try build()
        } catch let error as PendingOperation {
            throw error
        } catch let error as DriverError where error.outcome == .final {
            throw try undone(after: error)
        } catch let error as NFSError where error.status != nil && !error.isWorthReconnecting {
            let error = error.driverError(task, outcome: .final)
            if error.outcome == .unknown { throw error }
            throw try undone(after: error)
        }
    }

    private func resume(_ existing: VolumeMark) throws -> ProvisionedVolume {
        try checkArguments(existing)
        try takePath()
        try build()
        return existing.provisioned(in: session.export, contentSource: plan.contentSource)
    }

    private func checkArguments(_ existing: VolumeMark) throws(DriverError) {
        guard let conflict = existing.conflict(with: mark, limitBytes: plan.limitBytes) else { return }
        throw DriverError(.alreadyExists, "volume \(mark.name) exists with other arguments: \(conflict)")
    }

    private func takePath() throws {
        if case .taken(let owner) = try reservations.reserve(mark.path, for: mark.name) { throw taken(by: owner) }
    }

    private func taken(by owner: String) -> DriverError {
        DriverError(
            .alreadyExists,
            "the path \(mark.path) in \(session.export) belongs to \(owner): two claims that a pattern gives the same "
                + "path, or one within the other's, cannot both have it",
            field: "parameters.pathPattern")
    }

    /// A directory that was there before the mark is nobody's volume, or one that was retained: its data belongs to
    /// somebody, and not to a claim that happens to get the same path. Looked for before the mark is made, so that
    /// one found after it is ours.
    private func refuseForeignDirectory() throws {
        guard let parent = try session.parent(of: mark.path, makesMissing: false),
            let found = try files.lookUp(directoryName, in: parent)
        else { return }
        let isAdoptable = found.attributes.type == .directory && plan.contentSource == nil
        if isAdoptable, plan.parameters.adoptsExisting { return }
        // Another volume's? Then say whose.
        if let owner = try reservations.owner(of: mark.path), owner != mark.name { throw taken(by: owner) }
        throw foreign(isAdoptable: isAdoptable)
    }

    private func foreign(isAdoptable: Bool) -> DriverError {
        DriverError(
            .alreadyExists,
            "\(session.export.path(of: mark.path)) on \(session.export.server) is there already and belongs to no volume; "
                + "move it away"
                + (isAdoptable ? ", or let the class say adoptExisting: \"true\" to take it over with its data" : ""),
            field: "parameters.pathPattern")
    }

    private func build() throws {
        guard let parent = try session.parent(of: mark.path, makesMissing: true) else {
            throw DriverError(.aborted, "the path \(mark.path) vanished while it was made", outcome: .unknown)
        }
        if let source = plan.contentSource {
            return try fill(from: source, in: parent)
        }
        let wanted = AttributeChange(mode: plan.parameters.mode, uid: plan.parameters.uid, gid: plan.parameters.gid)
        if let made = try files.makeDirectory(directoryName, in: parent, wanted) {
            return try apply(wanted, to: made)
        }
        guard let found = try files.lookUp(directoryName, in: parent), found.attributes.type == .directory else {
            throw foreign(isAdoptable: false)
        }
        if plan.parameters.adoptsExisting { return }
        // Ours, since no directory was there before the mark: of an earlier call, or of an equal one at the same moment.
        // Whether that came as far as the mode and owner is not known.
        try apply(wanted, to: found)
    }

    /// Content comes first into a place that nobody sees, and then at once to the volume's path.
    private func fill(from source: ContentSource, in parent: FileHandle) throws {
        if let found = try files.lookUp(directoryName, in: parent) {
            guard found.attributes.type == .directory else { throw foreign(isAdoptable: false) }
            return
        }
        let copy = ContentCopy(session: session)
        let staged = try copy.stage(try copy.locate(source), as: ContentCopy.volumeEntry(mark.name), budget)
        var wanted = AttributeChange(uid: plan.parameters.uid, gid: plan.parameters.gid)
        if plan.parameters.setsMode { wanted.mode = plan.parameters.mode }
        try apply(wanted, to: staged)
        try copy.publish(ContentCopy.volumeEntry(mark.name), as: directoryName, in: parent, budget)
    }

    /// Mode and owner, where they are not what they should be: a server may apply its own umask, or give a new
    /// directory its parent's group.
    private func apply(_ wanted: AttributeChange, to directory: FoundFile) throws {
        let found = directory.attributes
        let isOwned = (wanted.uid ?? found.uid) == found.uid && (wanted.gid ?? found.gid) == found.gid
        if !isOwned {
            // First the owner: changing it clears set-user-ID and set-group-ID.
            try files.setAttributes(directory.handle, AttributeChange(uid: wanted.uid, gid: wanted.gid))
        }
        if let mode = wanted.mode, mode != found.mode || !isOwned {
            try files.setAttributes(directory.handle, AttributeChange(mode: mode))
        }
    }

    /// Takes back what a call that failed has begun, so that the failure is final.
    private func undone(after cause: DriverError) throws -> DriverError {
        do {
            if cause.code != .alreadyExists, plan.contentSource == nil, !plan.parameters.adoptsExisting,
                let parent = try session.parent(of: mark.path, makesMissing: false)
            {
                _ = try files.removeEmptyDirectory(directoryName, in: parent)
            }
            if plan.contentSource != nil {
                guard
                    try TreeRemoval.erase(
                        ContentCopy.volumeEntry(mark.name), in: session.places().copies, files, budget)
                else {
                    var unknown = cause
                    unknown.outcome = .unknown
                    return unknown
                }
            }
            try reservations.release(mark.path, of: mark.name)
            try marks.remove(mark.name)
        } catch let error as NFSError {
            var unknown = cause
            unknown.outcome = .unknown
            unknown.message += "; what was begun could not be taken back: \(error)"
            return unknown
        }
        return cause
    }

    private var task: String { "volume \(mark.name) in \(session.export) could not be made" }
}
