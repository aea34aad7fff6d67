import Glibc

/// What the bytes of a database file say before SQLite gets to see it (https://www.sqlite.org/fileformat2.html,
/// section 1.3), so that a file that is not ours is refused without a journal being made beside it.
struct DatabaseFile {
    /// "Brth", big-endian at offset 68.
    static let applicationID: Int32 = 0x4272_7468
    private static let headerSize = 100
    private static let magic = Array("SQLite format 3\0".utf8)

    let path: String
    private(set) var exists = false
    /// Holds commits that are not yet in the file: the last process did not end in order.
    private(set) var hasJournal = false

    /// - Throws: ``StoreError``: `damaged`, `foreign`, `newer` or `inaccessible`.
    init(path: String, newestSchema: Int) throws(StoreError) {
        self.path = path
        hasJournal = (try Self.size(of: path + "-wal") ?? 0) > 0
        guard let size = try Self.size(of: path) else {
            guard !hasJournal else {
                throw damaged("is missing, but its journal \(path)-wal is there")
            }
            return
        }
        exists = true
        let header = try Self.header(of: path)
        guard header.count == Self.headerSize else { throw damaged("is too short to be a database") }
        guard header.starts(with: Self.magic) else { throw damaged("is no SQLite database") }
        guard Int32(bitPattern: Self.word(header, 68)) == Self.applicationID else {
            throw StoreError(
                .foreign,
                "\(path) is a database of another program and was not touched. Move it away, or choose another "
                    + "data directory.")
        }
        let pageSize = Int(header[16]) << 8 | Int(header[17])
        // With a journal the file may be behind its own header: a checkpoint that did not finish. Recovery mends it.
        guard hasJournal || Int(Self.word(header, 28)) * (pageSize == 1 ? 65536 : pageSize) == size else {
            throw damaged("has \(size) bytes, which is not what its header says")
        }
        try check(schema: Int(Self.word(header, 60)), newest: newestSchema)
    }

    func check(schema: Int, newest: Int) throws(StoreError) {
        guard schema <= newest else {
            throw StoreError(
                .newer,
                "\(path) was written by a newer Berth (its schema is \(schema), this one knows \(newest)) and was not "
                    + "touched. Start that version, or choose another data directory.")
        }
    }

    func damaged(_ what: String) -> StoreError {
        StoreError(
            .damaged,
            "\(path) \(what). It was not touched. Restore a backup of all of \(path)*; if it has no "
                + "\(path)-wal, move that away first. Then start once with the option --accept-data-loss. Or move all of "
                + "\(path)* away to begin with an empty store.")
    }

    private static func size(of path: String) throws(StoreError) -> Int? {
        var status = stat()
        if stat(path, &status) == 0 { return Int(status.st_size) }
        guard errno == ENOENT else { throw inaccessible(path) }
        return nil
    }

    private static func header(of path: String) throws(StoreError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw inaccessible(path) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: headerSize)
        let count = pread(descriptor, &bytes, headerSize, 0)
        guard count >= 0 else { throw inaccessible(path) }
        return Array(bytes.prefix(count))
    }

    private static func inaccessible(_ path: String) -> StoreError {
        StoreError(.inaccessible, "cannot read \(path): \(String(cString: strerror(errno)))")
    }

    private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }
}
