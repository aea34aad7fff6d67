/// Acknowledged writes that are missing from the database at a start.
struct DataLoss: Sendable, Hashable {
    /// What is missing, from which file; without a period at its end.
    var reason: String

    /// Compares a database with its record.
    ///
    /// - Parameters:
    ///   - loaded: `nil`: there is no database.
    ///   - path: Of the database.
    init?(_ loaded: LoadedObjects?, _ content: RevisionFile.Content, path: String) {
        let file = path + RevisionFile.suffix
        switch (loaded, content) {
        case (nil, .missing): return nil
        // A record without commits is created before its database.
        case (nil, .record(let record)) where record.commits == 0 && record.revision == 0: return nil
        case (nil, .record(let record)):
            reason =
                "\(path) is missing, and \(file) says that it held \(record.commits) commits, up to resourceVersion "
                + "\(record.revision)"
        case (_, .damaged):
            reason = "\(file) is damaged, so it is unknown whether the database holds every acknowledged write"
        case (let loaded?, _) where loaded.recorded == nil:
            reason = "\(path) no longer says how many commits it holds"
        case (let loaded?, let content) where loaded.schema == 1:
            // Older versions kept no record; there is one when the step to this version was interrupted.
            guard case .record(let record) = content, record.revision > loaded.revision else { return nil }
            reason = Self.missing(loaded.revision, record.revision, path)
        case (_, .missing):
            reason = "\(file) is missing, so it is unknown whether the database holds every acknowledged write"
        case (let loaded?, .record(let record)):
            guard let found = loaded.recorded, found.databaseID == record.databaseID else {
                reason = "\(file) belongs to another database than \(path)"
                return
            }
            guard found.commits < record.commits else { return nil }
            reason =
                "the last \(record.commits - found.commits) of \(record.commits) acknowledged commits are missing: "
                + Self.missing(found.revision, record.revision, path)
        }
    }

    /// Compares the database file alone with the record, before the journal is read: replaying a journal over an older
    /// copy would mix the two, and the result would contain the last commit.
    ///
    /// - Parameter base: How many commits the file contains without its journal.
    init?(base: RevisionRecord?, _ content: RevisionFile.Content, path: String) {
        guard let base, case .record(let record) = content, base.databaseID == record.databaseID,
            base.commits < record.base
        else { return nil }
        reason =
            "\(path) is an older copy (of commit \(base.commits)), but its journal belongs to a newer one (beginning at "
            + "commit \(record.base))"
    }

    private static func missing(_ found: UInt64, _ recorded: UInt64, _ path: String) -> String {
        recorded > found
            ? "\(path) ends with resourceVersion \(found), and \(recorded) was acknowledged"
            : "\(path) holds every resourceVersion up to \(found), but not every record kept beside the objects"
    }

    var error: StoreError {
        StoreError(
            .dataLoss,
            "\(reason). The journal may have been damaged or removed, or the database replaced by an older copy. "
                + "Nothing was changed. Restore the right files, or start once with the option --accept-data-loss to "
                + "continue without the missing writes; volumes that they created may then exist without an object.")
    }
}
