import Foundation
import JSONTree
public import KubernetesAPI
public import Logging

/// The embedded Kubernetes store: objects in one SQLite file, read from memory, written by group commit.
///
/// - A write returns when it is synced to disk; no reader and no watch sees anything that is not.
/// - Reads, lists and watches come from memory alone.
/// - Each write gets a resourceVersion of its own, one sequence for all kinds; it never goes back, restarts included.
/// - Watch history lives in memory and is bounded: after a restart, or when it is too short, a watch gets `Expired`.
///
/// ``run()`` has to run beside it for what happens by itself: bookmarks, the expiry of events, the end of namespaces.
public final class ObjectStore: ResourceClient {
    let configuration: Configuration
    let logger: Logger
    let objects: CommittedObjects
    let commits: CommitLoop
    let terminations = NamespaceTerminations()
    let pages = ListPages()
    let admission = Admission()
    let database: ObjectDatabase
    private let lock: DirectoryLock

    /// Opens the store in a directory (made when it is missing), and reads it into memory.
    ///
    /// - Parameter directory: Will hold `berth.db`, its journal, its record `berth.db-revision`, and `berth.lock`.
    /// - Throws: ``StoreError``; the files are then as they were.
    public static func open(
        directory: String, configuration: Configuration = Configuration(), logger: Logger
    ) async throws -> ObjectStore {
        let store = try await ObjectStore(directory: directory, configuration: configuration, logger: logger)
        do {
            try await store.makeInitialNamespaces()
        } catch {
            try await store.close()
            throw error
        }
        return store
    }

    private init(directory: String, configuration: Configuration, logger: Logger) async throws {
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw StoreError(.inaccessible, "cannot make the data directory \(directory): \(error)")
        }
        lock = try DirectoryLock(directory: directory)
        let path = directory + "/berth.db"
        let (database, loaded) = try await ObjectDatabase.open(
            path, acceptsDataLoss: configuration.acceptsDataLoss, now: configuration.now(), logger: logger)
        self.database = database
        let tables = await loaded.tables(historyLimits: configuration.historyLimits)
        let intents = try database.loadIntents()
        objects = CommittedObjects(
            tables: tables, revision: loaded.revision, intents: intents, nameless: loaded.nameless)
        commits = CommitLoop(
            objects, database,
            retention: EventRetention(
                EventRetention.Limits(age: configuration.eventTimeToLive, count: configuration.eventLimit),
                loaded: loaded.events),
            now: configuration.now, logger: logger)
        self.configuration = configuration
        self.logger = logger
        logger.info(
            "the store is open",
            metadata: [
                "file": "\(path)", "objects": "\(loaded.count)", "resourceVersion": "\(loaded.revision)",
                "intents": "\(intents.count)",
            ])
        loaded.report(to: logger)
        for intent in intents where intent.document.isNull {
            logger.error(
                "an intent is damaged and is kept: its volume may exist without an object; see `berth orphans`",
                metadata: ["file": "\(path)", "volume": "\(intent.volume)"])
        }
    }

    /// Ends all watches, carries out what is queued, and closes the file. Later writes get `ServiceUnavailable`.
    public func close() async throws {
        objects.close()
        terminations.end()
        await commits.close()
        defer { lock.release() }
        try database.close()
    }

    /// The version of the newest change that readers can see.
    public var resourceVersion: UInt64 { objects.revision }

    /// Why the store cannot do all of its work; `nil`: it can. When the last write failed, another one is tried.
    public func unreadiness() async -> String? {
        if database.failure != nil, let failure = await commits.probe() { return failure.reason }
        return objects.nameless.first?.problem
    }

    /// Why the last write failed, or the next one would; without trying.
    var lastFailure: CommitFailure? { database.failure }

    public func count(_ kind: ResourceKind) -> Int { objects.count(kind) }
}
