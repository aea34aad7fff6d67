import GRDB

/// The table of facts about the host itself.
extension ObjectDatabase {
    /// - Throws: ``StoreError``.
    func hostValue(_ key: String) throws -> String? {
        try whole("read") { queue in
            try queue.read { db in
                try String.fetchOne(db, sql: "SELECT value FROM host WHERE key = ?", arguments: [key])
            }
        }
    }

    /// - Throws: ``StoreError``.
    func setHostValue(_ key: String, _ value: String) throws {
        try whole("write") { queue in
            try queue.write { db in
                try db.execute(sql: "INSERT OR REPLACE INTO host (key, value) VALUES (?, ?)", arguments: [key, value])
            }
        }
    }

    private func whole<Result>(_ verb: String, _ body: (DatabaseQueue) throws -> Result) throws -> Result {
        do {
            return try body(queue)
        } catch let error as DatabaseError {
            throw StoreError(
                .inaccessible, "cannot \(verb) what \(queue.path) knows of its host: \(error.description)")
        }
    }
}
