import CNFS

/// The results of a COMPOUND that succeeded, one for each of its operations. Valid while the answer is dealt with.
struct CompoundReply {
    struct Open {
        var handle: FileHandle
        var state: stateid4
        var needsConfirmation: Bool
    }

    private let results: UnsafeBufferPointer<nfs_resop4>
    private let operation: String

    init(_ reply: COMPOUND4res, _ operation: String) {
        results = UnsafeBufferPointer(start: reply.resarray.resarray_val, count: Int(reply.resarray.resarray_len))
        self.operation = operation
    }

    func handle(at position: Int) -> Result<FileHandle, NFSError> {
        result(at: position, OP_GETFH).map { FileHandle($0.opgetfh.GETFH4res_u.resok4.object) }
    }

    func attributes(at position: Int) -> Result<FileAttributes, NFSError> {
        result(at: position, OP_GETATTR).flatMap { result in
            var reader = AttributeReader(result.opgetattr.GETATTR4res_u.resok4.obj_attributes)
            return reader.fileAttributes().map(\.attributes).map { .success($0) } ?? .failure(malformed)
        }
    }

    /// A handle, and the attributes after it.
    func found(at position: Int) -> Result<FoundFile, NFSError> {
        handle(at: position).flatMap { handle in
            attributes(at: position + 1).map { FoundFile(handle: handle, attributes: $0) }
        }
    }

    func space(at position: Int) -> Result<FileSystemSpace, NFSError> {
        result(at: position, OP_GETATTR).flatMap { result in
            var reader = AttributeReader(result.opgetattr.GETATTR4res_u.resok4.obj_attributes)
            return reader.space().map { .success($0) } ?? .failure(malformed)
        }
    }

    func link(at position: Int) -> Result<[CChar], NFSError> {
        result(at: position, OP_READLINK).map { result in
            let link = result.opreadlink.READLINK4res_u.resok4.link
            return Array(UnsafeBufferPointer(start: link.utf8string_val, count: Int(link.utf8string_len)))
        }
    }

    func page(at position: Int, after start: DirectoryPosition) -> Result<DirectoryPage, NFSError> {
        result(at: position, OP_READDIR).map { result in
            let reply = result.opreaddir.READDIR4res_u.resok4
            var page = DirectoryPage(
                entries: [], position: DirectoryPosition(cookie: start.cookie, verifier: Self.number(reply.cookieverf)),
                isLast: reply.reply.eof != 0)
            var next = reply.reply.entries
            while let entry = next?.pointee {
                next = entry.nextentry
                page.position.cookie = entry.cookie
                let name = EntryName(
                    bytes: UnsafeBufferPointer(
                        start: entry.name.utf8string_val, count: Int(entry.name.utf8string_len)))
                guard !name.isDot else { continue }
                var reader = AttributeReader(entry.attrs)
                let found = reader.fileAttributes()
                page.entries.append(
                    DirectoryPage.Entry(name: name, attributes: found?.attributes, handle: found?.handle))
            }
            return page
        }
    }

    func data(at position: Int) -> Result<FileData, NFSError> {
        result(at: position, OP_READ).map { result in
            let read = result.opread.READ4res_u.resok4
            let bytes = UnsafeRawBufferPointer(start: read.data.data_val, count: Int(read.data.data_len))
            return FileData(bytes: Array(bytes), isEnd: read.eof != 0)
        }
    }

    func writtenCount(at position: Int) -> Result<Int, NFSError> {
        result(at: position, OP_WRITE).map { Int($0.opwrite.WRITE4res_u.resok4.count) }
    }

    /// An OPEN, and the handle after it.
    func opened(at position: Int) -> Result<Open, NFSError> {
        handle(at: position + 1).flatMap { handle in
            result(at: position, OP_OPEN).map { result in
                let open = result.opopen.OPEN4res_u.resok4
                return Open(
                    handle: handle, state: open.stateid,
                    needsConfirmation: open.rflags & UInt32(OPEN4_RESULT_CONFIRM) != 0)
            }
        }
    }

    func confirmedState(at position: Int) -> Result<stateid4, NFSError> {
        result(at: position, OP_OPEN_CONFIRM).map { $0.opopen_confirm.OPEN_CONFIRM4res_u.resok4.open_stateid }
    }

    func client(at position: Int) -> Result<(id: UInt64, verifier: UInt64), NFSError> {
        result(at: position, OP_SETCLIENTID).map { result in
            let client = result.opsetclientid.SETCLIENTID4res_u.resok4
            return (client.clientid, Self.number(client.setclientid_confirm))
        }
    }

    private func result(
        at position: Int, _ operation: nfs_opnum4
    ) -> Result<nfs_resop4.__Unnamed_union_nfs_resop4_u, NFSError> {
        guard results.indices.contains(position), results[position].resop == operation else {
            return .failure(malformed)
        }
        return .success(results[position].nfs_resop4_u)
    }

    private var malformed: NFSError {
        NFSError(operation: operation, subject: "", cause: .malformed("the server's answer cannot be read"))
    }

    private static func number<Verifier>(_ verifier: Verifier) -> UInt64 {
        withUnsafeBytes(of: verifier) { $0.loadUnaligned(as: UInt64.self) }
    }
}

extension FileHandle {
    fileprivate init(_ handle: nfs_fh4) {
        bytes = Array(UnsafeBufferPointer(start: handle.nfs_fh4_val, count: Int(handle.nfs_fh4_len)))
    }
}

extension FileAttributes {
    /// By number, ascending.
    static let requested: [Int32] = [
        FATTR4_TYPE, FATTR4_SIZE, FATTR4_FILEID, FATTR4_MODE, FATTR4_NUMLINKS, FATTR4_OWNER, FATTR4_OWNER_GROUP,
        FATTR4_SPACE_USED, FATTR4_TIME_MODIFY,
    ]
    static let requestedWithHandle = requested + [FATTR4_FILEHANDLE]
}

extension FileSystemSpace {
    static let requested: [Int32] = [
        FATTR4_FILES_AVAIL, FATTR4_FILES_TOTAL, FATTR4_SPACE_AVAIL, FATTR4_SPACE_FREE, FATTR4_SPACE_TOTAL,
    ]
}

/// Reads attributes' values from XDR, in the order of their numbers; only of those that are asked for above.
private struct AttributeReader {
    private var present: [UInt32]
    private var rest: UnsafeRawBufferPointer.SubSequence

    init(_ attributes: fattr4) {
        present = Array(
            UnsafeBufferPointer(start: attributes.attrmask.bitmap4_val, count: Int(attributes.attrmask.bitmap4_len)))
        rest =
            UnsafeRawBufferPointer(
                start: attributes.attr_vals.attrlist4_val, count: Int(attributes.attr_vals.attrlist4_len))[...]
    }

    /// `nil` for a reply without a type.
    mutating func fileAttributes() -> (attributes: FileAttributes, handle: FileHandle?)? {
        guard has(FATTR4_TYPE), let type: UInt32 = integer() else { return nil }
        var attributes = FileAttributes(
            type: .special, mode: 0, linkCount: 1, uid: 65534, gid: 65534, size: 0, used: 0, fileID: 0,
            modified: FileTime(seconds: 0, nanoseconds: 0))
        switch nfs_ftype4(rawValue: type) {
        case NF4REG: attributes.type = .regular
        case NF4DIR: attributes.type = .directory
        case NF4LNK: attributes.type = .symbolicLink
        default: break
        }
        var handle: FileHandle?
        if has(FATTR4_SIZE) { attributes.size = integer() ?? 0 }
        if has(FATTR4_FILEHANDLE), let bytes = opaque() {
            handle = FileHandle(bytes: bytes.map { CChar(bitPattern: $0) })
        }
        if has(FATTR4_FILEID) { attributes.fileID = integer() ?? 0 }
        if has(FATTR4_MODE) { attributes.mode = (integer() ?? 0) & 0o7777 }
        if has(FATTR4_NUMLINKS) { attributes.linkCount = integer() ?? 1 }
        if has(FATTR4_OWNER) { attributes.uid = identity() }
        if has(FATTR4_OWNER_GROUP) { attributes.gid = identity() }
        if has(FATTR4_SPACE_USED) { attributes.used = integer() ?? 0 }
        if has(FATTR4_TIME_MODIFY) {
            let seconds: UInt64 = integer() ?? 0
            attributes.modified = FileTime(seconds: Int64(bitPattern: seconds), nanoseconds: integer() ?? 0)
        }
        return (attributes, handle)
    }

    mutating func space() -> FileSystemSpace? {
        guard has(FATTR4_FILES_AVAIL), let freeFiles: UInt64 = integer(), has(FATTR4_FILES_TOTAL),
            let totalFiles: UInt64 = integer(), has(FATTR4_SPACE_AVAIL), let available: UInt64 = integer(),
            has(FATTR4_SPACE_FREE), let free: UInt64 = integer(), has(FATTR4_SPACE_TOTAL), let total: UInt64 = integer()
        else { return nil }
        return FileSystemSpace(
            totalBytes: total, freeBytes: free, availableBytes: available, totalFiles: totalFiles, freeFiles: freeFiles)
    }

    private func has(_ attribute: Int32) -> Bool {
        let word = Int(attribute) / 32
        return word < present.count && present[word] & (1 << UInt32(attribute % 32)) != 0
    }

    private mutating func integer<Value: FixedWidthInteger>() -> Value? {
        let size = MemoryLayout<Value>.size
        guard rest.count >= size else { return nil }
        let value = UnsafeRawBufferPointer(rebasing: rest).loadUnaligned(as: Value.self)
        rest = rest.dropFirst(size)
        return Value(bigEndian: value)
    }

    private mutating func opaque() -> [UInt8]? {
        guard let length: UInt32 = integer(), rest.count >= Int(length) else { return nil }
        let bytes = Array(rest.prefix(Int(length)))
        rest = rest.dropFirst((Int(length) + 3) / 4 * 4)
        return bytes
    }

    /// A number, as servers and clients with `sec=sys` agree on; a name that we cannot know is nobody's.
    private mutating func identity() -> UInt32 {
        opaque().flatMap { UInt32(String(decoding: $0, as: UTF8.self)) } ?? 65534
    }
}
