import CNFS

/// Who opens a file.
struct OpenOwner {
    var clientID: UInt64
    var number: UInt64
}

/// One operation of an NFSv4 COMPOUND, as its arguments.
enum CompoundOperation {
    case putRoot
    case put(FileHandle)
    case save
    case getHandle
    case lookUp(EntryName)
    case getAttributes
    case getSpace
    /// Fails with NOT_SAME unless the current handle is a directory's.
    case verifyDirectory
    case setAttributes(AttributeChange)
    case makeDirectory(EntryName, AttributeChange)
    case makeLink(EntryName, [CChar])
    case readLink
    case remove(EntryName)
    case rename(EntryName, EntryName)
    case readDirectory(DirectoryPosition, UInt32)
    case read(UInt64, UInt32)
    case write(ArraySlice<UInt8>, UInt64, isDurable: Bool)
    case commit
    case setClientID([CChar])
    case confirmClientID(UInt64, UInt64)
    case create(EntryName, UInt32, OpenOwner)
    case confirmOpen(stateid4, UInt32)
    case close(stateid4, UInt32)

    func argument(_ arena: ArgumentArena) -> nfs_argop4 {
        var argument = nfs_argop4()
        switch self {
        case .putRoot: argument.argop = OP_PUTROOTFH
        case .put(let handle):
            argument.argop = OP_PUTFH
            argument.nfs_argop4_u.opputfh.object = arena.handle(handle)
        case .save: argument.argop = OP_SAVEFH
        case .getHandle: argument.argop = OP_GETFH
        case .lookUp(let name):
            argument.argop = OP_LOOKUP
            argument.nfs_argop4_u.oplookup.objname = arena.name(name)
        case .getAttributes:
            argument.argop = OP_GETATTR
            argument.nfs_argop4_u.opgetattr.attr_request = arena.bitmap(FileAttributes.requested)
        case .getSpace:
            argument.argop = OP_GETATTR
            argument.nfs_argop4_u.opgetattr.attr_request = arena.bitmap(FileSystemSpace.requested)
        case .verifyDirectory:
            argument.argop = OP_VERIFY
            var values = AttributeValues()
            values.append(UInt32(NF4DIR.rawValue))
            argument.nfs_argop4_u.opverify.obj_attributes = arena.attributes([FATTR4_TYPE], values)
        case .setAttributes(let change):
            argument.argop = OP_SETATTR
            // The anonymous state: also a size may be set with it.
            argument.nfs_argop4_u.opsetattr.obj_attributes = arena.attributes(change)
        case .makeDirectory(let name, let change):
            argument.argop = OP_CREATE
            argument.nfs_argop4_u.opcreate.objtype.type = NF4DIR
            argument.nfs_argop4_u.opcreate.objname = arena.name(name)
            argument.nfs_argop4_u.opcreate.createattrs = arena.attributes(change)
        case .makeLink(let name, let target):
            argument.argop = OP_CREATE
            argument.nfs_argop4_u.opcreate.objtype.type = NF4LNK
            argument.nfs_argop4_u.opcreate.objtype.createtype4_u.linkdata = arena.text(target)
            argument.nfs_argop4_u.opcreate.objname = arena.name(name)
            argument.nfs_argop4_u.opcreate.createattrs = arena.attributes(AttributeChange(mode: 0o777))
        case .readLink: argument.argop = OP_READLINK
        case .remove(let name):
            argument.argop = OP_REMOVE
            argument.nfs_argop4_u.opremove.target = arena.name(name)
        case .rename(let name, let newName):
            argument.argop = OP_RENAME
            argument.nfs_argop4_u.oprename.oldname = arena.name(name)
            argument.nfs_argop4_u.oprename.newname = arena.name(newName)
        case .readDirectory(let position, let byteLimit):
            argument.argop = OP_READDIR
            argument.nfs_argop4_u.opreaddir.cookie = position.cookie
            store(position.verifier, in: &argument.nfs_argop4_u.opreaddir.cookieverf)
            argument.nfs_argop4_u.opreaddir.dircount = byteLimit
            argument.nfs_argop4_u.opreaddir.maxcount = byteLimit
            argument.nfs_argop4_u.opreaddir.attr_request = arena.bitmap(FileAttributes.requestedWithHandle)
        case .read(let offset, let count):
            argument.argop = OP_READ
            argument.nfs_argop4_u.opread.offset = offset
            argument.nfs_argop4_u.opread.count = count
        case .write(let bytes, let offset, let isDurable):
            argument.argop = OP_WRITE
            argument.nfs_argop4_u.opwrite.offset = offset
            argument.nfs_argop4_u.opwrite.stable = isDurable ? FILE_SYNC4 : UNSTABLE4
            argument.nfs_argop4_u.opwrite.data.data_len = UInt32(bytes.count)
            argument.nfs_argop4_u.opwrite.data.data_val = arena.copy(bytes.map { CChar(bitPattern: $0) })
        case .commit: argument.argop = OP_COMMIT
        case .setClientID, .confirmClientID, .create, .confirmOpen, .close: stateArgument(arena, &argument)
        }
        return argument
    }

    private func stateArgument(_ arena: ArgumentArena, _ argument: inout nfs_argop4) {
        switch self {
        case .setClientID(let name):
            argument.argop = OP_SETCLIENTID
            argument.nfs_argop4_u.opsetclientid.client.id.id_len = UInt32(name.count)
            argument.nfs_argop4_u.opsetclientid.client.id.id_val = arena.copy(name)
            store(UInt64.random(in: 0...UInt64.max), in: &argument.nfs_argop4_u.opsetclientid.client.verifier)
            // Nothing listens for callbacks: the server gives no delegations then.
            argument.nfs_argop4_u.opsetclientid.callback.cb_program = 0
            argument.nfs_argop4_u.opsetclientid.callback.cb_location = clientaddr4(
                r_netid: arena.copy("tcp".utf8CString), r_addr: arena.copy("0.0.0.0.0.0".utf8CString))
        case .confirmClientID(let id, let verifier):
            argument.argop = OP_SETCLIENTID_CONFIRM
            argument.nfs_argop4_u.opsetclientid_confirm.clientid = id
            store(verifier, in: &argument.nfs_argop4_u.opsetclientid_confirm.setclientid_confirm)
        case .create(let name, let mode, let owner):
            argument.argop = OP_OPEN
            var open = OPEN4args()
            open.seqid = 0
            open.share_access = UInt32(OPEN4_SHARE_ACCESS_WRITE)
            open.share_deny = UInt32(OPEN4_SHARE_DENY_NONE)
            open.owner.clientid = owner.clientID
            let text = "\(owner.number)".utf8.map { CChar(bitPattern: $0) }
            open.owner.owner.owner_len = UInt32(text.count)
            open.owner.owner.owner_val = arena.copy(text)
            open.openhow.opentype = OPEN4_CREATE
            open.openhow.openflag4_u.how.mode = GUARDED4
            open.openhow.openflag4_u.how.createhow4_u.createattrs = arena.attributes(AttributeChange(mode: mode))
            open.claim.claim = CLAIM_NULL
            open.claim.open_claim4_u.file = arena.name(name)
            argument.nfs_argop4_u.opopen = open
        case .confirmOpen(let state, let sequence):
            argument.argop = OP_OPEN_CONFIRM
            argument.nfs_argop4_u.opopen_confirm.open_stateid = state
            argument.nfs_argop4_u.opopen_confirm.seqid = sequence
        case .close(let state, let sequence):
            argument.argop = OP_CLOSE
            argument.nfs_argop4_u.opclose.open_stateid = state
            argument.nfs_argop4_u.opclose.seqid = sequence
        default: break
        }
    }

    /// A verifier is eight bytes without a meaning.
    private func store<Verifier>(_ value: UInt64, in verifier: inout Verifier) {
        withUnsafeMutableBytes(of: &verifier) { $0.storeBytes(of: value, as: UInt64.self) }
    }
}

extension ArgumentArena {
    fileprivate func handle(_ handle: FileHandle) -> nfs_fh4 {
        nfs_fh4(nfs_fh4_len: UInt32(handle.bytes.count), nfs_fh4_val: copy(handle.bytes))
    }

    fileprivate func text(_ bytes: some Collection<CChar>) -> utf8string {
        utf8string(utf8string_len: UInt32(bytes.count), utf8string_val: copy(bytes))
    }

    fileprivate func name(_ name: EntryName) -> utf8string { text(name.bytes.dropLast()) }

    /// - Parameter attributes: By their numbers, ascending.
    fileprivate func bitmap(_ attributes: [Int32]) -> bitmap4 {
        var words: [UInt32] = [0, 0]
        for attribute in attributes { words[Int(attribute) / 32] |= 1 << UInt32(attribute % 32) }
        return bitmap4(bitmap4_len: 2, bitmap4_val: copy(words))
    }

    fileprivate func attributes(_ attributes: [Int32], _ values: AttributeValues) -> fattr4 {
        fattr4(
            attrmask: bitmap(attributes),
            attr_vals: attrlist4(attrlist4_len: UInt32(values.bytes.count), attrlist4_val: copy(values.bytes)))
    }

    /// The values follow each other in the order of the attributes' numbers.
    fileprivate func attributes(_ change: AttributeChange) -> fattr4 {
        var numbers: [Int32] = []
        var values = AttributeValues()
        if let size = change.size {
            numbers.append(FATTR4_SIZE)
            values.append(size)
        }
        if let mode = change.mode {
            numbers.append(FATTR4_MODE)
            values.append(mode)
        }
        if let uid = change.uid {
            numbers.append(FATTR4_OWNER)
            values.append("\(uid)")
        }
        if let gid = change.gid {
            numbers.append(FATTR4_OWNER_GROUP)
            values.append("\(gid)")
        }
        if let time = change.modified {
            numbers.append(FATTR4_TIME_MODIFY_SET)
            values.append(UInt32(SET_TO_CLIENT_TIME4.rawValue))
            values.append(UInt64(bitPattern: time.seconds))
            values.append(time.nanoseconds)
        }
        return attributes(numbers, values)
    }
}

/// Attributes' values in XDR.
private struct AttributeValues {
    private(set) var bytes: [CChar] = []

    mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { bytes += $0.map { CChar(bitPattern: $0) } }
    }

    mutating func append(_ text: String) {
        append(UInt32(text.utf8.count))
        bytes += text.utf8.map { CChar(bitPattern: $0) }
        while bytes.count % 4 != 0 { bytes.append(0) }
    }
}
