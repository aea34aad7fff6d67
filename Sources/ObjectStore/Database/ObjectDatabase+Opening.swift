import Foundation
import Glibc
import KubernetesAPI
import Logging

extension ObjectDatabase {
    /// Opens the database at a path, or creates it, and reads everything it holds.
    ///
    /// - Parameter acceptsDataLoss: Continue even if acknowledged writes are missing.
    /// - Throws: ``StoreError``; the files are then unchanged.
    static func open(
        _ path: String, acceptsDataLoss: Bool, now: Timestamp, logger: Logger
    ) async throws -> (ObjectDatabase, LoadedObjects) {
        var file = try DatabaseFile(path: path, newestSchema: Schema.newest)
        let recordPath = path + RevisionFile.suffix
        let content = try RevisionFile.read(recordPath)
        let mixture = DataLoss(base: try file.hasJournal ? base(of: file) : nil, content, path: path)
        if let mixture, !acceptsDataLoss { throw mixture.error }
        var found = file.exists ? try await load(file) : nil
        let loss = mixture ?? DataLoss(found, content, path: path)
        if let loss {
            guard acceptsDataLoss else { throw loss.error }
            logger.critical(
                "continuing without acknowledged writes that are missing; see `berth orphans`",
                metadata: ["reason": "\(loss.reason)"])
        }
        let start = RevisionRecord(continuing: found, content)
        // Before the database gets its id: a database without a record is a loss, a record without commits is not.
        if found?.schema ?? 1 == 1 { try RevisionFile.create(recordPath, start) }
        if found == nil {
            try create(file, start)
            file = try DatabaseFile(path: path, newestSchema: Schema.newest)
            found = try await load(file)
        }
        guard var loaded = found else { throw file.damaged("cannot be read") }
        loaded.revision = max(loaded.revision, start.revision)
        return (try ObjectDatabase(file, loaded, start, loss: loss, now: now, logger: logger), loaded)
    }
}
