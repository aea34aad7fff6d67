/// How far a database had come when the last write was acknowledged.
struct RevisionRecord: Sendable, Hashable {
    /// A random id, created with the database: another database's record says nothing about this one.
    var databaseID: [UInt8]
    /// The number of commits.
    var commits: UInt64
    /// The newest resourceVersion.
    var revision: UInt64
    /// The least number of commits that the database file contains without its journal.
    var base: UInt64 = 0

    static let databaseIDSize = 16
    /// Magic, id, three numbers, checksum.
    static let encodedSize = 8 + databaseIDSize + 4 * 8
    private static let magic = Array("BrthRev1".utf8)

    static func randomDatabaseID() -> [UInt8] { (0..<databaseIDSize).map { _ in .random(in: .min ... .max) } }

    /// ``encodedSize`` bytes; numbers are little-endian.
    var encoded: [UInt8] {
        var bytes = Self.magic + databaseID.prefix(Self.databaseIDSize)
        bytes += [UInt8](repeating: 0, count: max(0, Self.databaseIDSize - databaseID.count))
        for number in [commits, revision, base] { bytes += Self.bytes(of: number) }
        return bytes + Self.bytes(of: Checksum.of(bytes))
    }

    /// Where a database continues: from its own state or, if writes are missing, from what was acknowledged, so that no
    /// version that a client has seen is assigned again.
    ///
    /// - Parameter loaded: `nil`: there is no database yet.
    init(continuing loaded: LoadedObjects?, _ content: RevisionFile.Content) {
        let known = loaded?.schema ?? 1 > 1 ? loaded?.recorded : nil
        self.init(
            databaseID: known?.databaseID ?? Self.randomDatabaseID(), commits: known?.commits ?? 0,
            revision: loaded?.revision ?? 0)
        guard case .record(let record) = content else { return }
        // The record of another database counts other commits.
        if let known, known.databaseID != record.databaseID { return }
        if loaded?.schema != 1 { commits = max(commits, record.commits) }
        base = min(record.base, commits)
        revision = max(revision, record.revision)
    }

    init(databaseID: [UInt8], commits: UInt64, revision: UInt64) {
        self.databaseID = databaseID
        self.commits = commits
        self.revision = revision
    }

    /// `nil` for bytes that are not a record: never written, torn, or damaged.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.encodedSize, bytes.starts(with: Self.magic) else { return nil }
        let content = Array(bytes.dropLast(8))
        let numbers = stride(from: Self.magic.count + Self.databaseIDSize, to: bytes.count, by: 8).map { start in
            bytes[start..<start + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        guard numbers.count == 4, numbers[3] == Checksum.of(content),
            numbers[..<3].allSatisfy({ $0 < 1 << 53 })
        else { return nil }
        databaseID = Array(bytes[Self.magic.count..<Self.magic.count + Self.databaseIDSize])
        commits = numbers[0]
        revision = numbers[1]
        base = numbers[2]
    }

    private static func bytes(of number: UInt64) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { [UInt8]($0) }
    }
}
