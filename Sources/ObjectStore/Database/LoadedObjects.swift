import KubernetesAPI

/// All that a database file holds.
struct LoadedObjects: Sendable {
    var rows: [ResourceKind: [ObjectTable.Row]] = [:]
    /// The newest version ever given.
    var revision: UInt64 = 0
    /// When each event was last written (seconds since 1970).
    var events: [EventRetention.Entry] = []

    mutating func merge(_ part: LoadedObjects) {
        for (kind, rows) in part.rows { self.rows[kind, default: []] += rows }
        revision = max(revision, part.revision)
        events += part.events
    }

    /// A table of each kind, sorted and indexed, the large ones at the same time.
    ///
    /// - Throws: ``StoreError``: `damaged`, when two objects have one name.
    func tables(
        of file: DatabaseFile, historyLimits: EventHistory.Limits
    ) async throws -> [ResourceKind: ObjectTable] {
        try await withThrowingTaskGroup(of: (ResourceKind, ObjectTable).self) { group in
            for kind in ResourceKind.all {
                group.addTask {
                    let rows = self.rows[kind] ?? []
                    let table = ObjectTable(rows: rows, revision: self.revision, historyLimits: historyLimits)
                    guard table.count == rows.count else {
                        throw file.damaged("is damaged: two \(kind.plural) have the same name")
                    }
                    return (kind, table)
                }
            }
            return try await group.reduce(into: [:]) { tables, table in tables[table.0] = table.1 }
        }
    }
}
