import KubernetesAPI
import Logging

/// All that a database file holds.
struct LoadedObjects: Sendable {
    var schema: Int
    var rows: [ResourceKind: [ObjectTable.Row]] = [:]
    /// The progress that the database itself records; `nil` if that row is damaged. Schema 1 has only the revision.
    var recorded: RevisionRecord?
    /// The newest version ever given.
    var revision: UInt64
    /// When each event was last written (seconds since 1970).
    var events: [EventRetention.Entry] = []
    /// What is there and cannot be trusted.
    var unreadable: [UnreadableObject] = []
    /// Rows of which not even kind and name are known.
    var nameless: [NamelessRow] = []

    struct NamelessRow: Sendable, Hashable {
        var rowID: Int64
        var reason: String

        /// What it means, and what to do.
        var problem: String {
            "row \(rowID) of the database cannot be read or attributed to an object (\(reason)). It may be a claim, so no "
                + "volume is deleted for want of its claim. Restore the database from a backup; or set the reclaim policy "
                + "of volumes to keep to Retain, stop berth and delete the row: sqlite3 berth.db 'DELETE FROM object "
                + "WHERE id = \(rowID)'"
        }

        /// The error for an object that is not found and may be in this row.
        func error(hiding kind: ResourceKind, _ key: ObjectKey) -> StatusError {
            .internalError("\(kind.groupResource) \"\(key)\" is not found, but \(problem)")
        }
    }

    init(schema: Int, recorded: RevisionRecord? = nil) {
        self.schema = schema
        self.recorded = recorded
        revision = recorded?.revision ?? 0
    }

    var count: Int { rows.values.reduce(0) { $0 + $1.count } }

    /// The rows that must stay as they are.
    var unreadableRows: Set<Int64> { Set(unreadable.map(\.rowID)).union(nameless.map(\.rowID)) }

    mutating func merge(_ part: LoadedObjects) {
        for (kind, rows) in part.rows { self.rows[kind, default: []] += rows }
        revision = max(revision, part.revision)
        events += part.events
        unreadable += part.unreadable
        nameless += part.nameless
    }

    /// Sets those objects apart that have one name: none of them can be taken for the right one.
    mutating func setDuplicatesApart() {
        for (kind, rows) in rows {
            var count: [ObjectKey: Int] = [:]
            for row in rows { count[row.object.key, default: 0] += 1 }
            guard count.count < rows.count else { continue }
            self.rows[kind] = rows.filter { count[$0.object.key] == 1 }
            unreadable += rows.filter { count[$0.object.key] != 1 }.map {
                UnreadableObject(
                    kind: kind, key: $0.object.key, uid: $0.object.uid, rowID: $0.rowID,
                    reason: "the database holds several objects of this name")
            }
        }
    }

    /// Names what cannot be read, so that whoever starts the server hears of it before a client does.
    func report(to logger: Logger) {
        for object in unreadable {
            logger.error(
                "an object cannot be read; it is kept, and served as an error until it is deleted",
                metadata: [
                    "kind": "\(object.kind)", "object": "\(object.key)", "row": "\(object.rowID)",
                    "reason": "\(object.reason)",
                ])
        }
        for row in nameless {
            logger.error(
                "a database row cannot be read or attributed to an object; it is kept",
                metadata: ["row": "\(row.rowID)", "reason": "\(row.reason)"])
        }
    }

    /// A table of each kind, sorted and indexed, the large ones at the same time.
    func tables(historyLimits: EventHistory.Limits) async -> [ResourceKind: ObjectTable] {
        let unreadable = Dictionary(grouping: unreadable, by: \.kind)
        return await withTaskGroup(of: (ResourceKind, ObjectTable).self) { group in
            for kind in ResourceKind.all {
                group.addTask {
                    let table = ObjectTable(
                        rows: self.rows[kind] ?? [], unreadable: unreadable[kind] ?? [], revision: self.revision,
                        historyLimits: historyLimits)
                    return (kind, table)
                }
            }
            return await group.reduce(into: [:]) { tables, table in tables[table.0] = table.1 }
        }
    }
}
