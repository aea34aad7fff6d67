import CNFS

/// NFSv3 (RFC 1813): each operation is one request. One file, although long: fifteen operations of the same shape.
final class NFSVersion3: FileService {
    let connection: Connection
    let root: FileHandle
    /// More than every server takes is cut short by it, which is noticed.
    let transferSize = (read: 256 * 1024, write: 256 * 1024)

    /// Asks the server's mount protocol for the share, then connects.
    init(_ export: Export, credential: RPCCredential) throws {
        root = try Self.mount(export, credential)
        connection = try Connection(
            server: export.server, port: export.port ?? 2049, program: NFS_PROGRAM, version: NFS_V3,
            credential: credential, patience: export.patience)
    }

    private static func mount(_ export: Export, _ credential: RPCCredential) throws -> FileHandle {
        let connection: Connection
        if let port = export.mountPort {
            connection = try Connection(
                server: export.server, port: port, program: MOUNT_PROGRAM, version: MOUNT_V3, credential: credential,
                patience: export.patience)
        } else {
            connection = try Connection(
                server: export.server, lookingUp: MOUNT_PROGRAM, version: MOUNT_V3, credential: credential,
                patience: export.patience)
        }
        var result: Result<FileHandle, NFSError>?
        try connection.submit("MNT", "\(export)") { context, callback, pointer in
            export.share.withCString { path in
                rpc_mount3_mnt_async(context, callback, UnsafeMutablePointer(mutating: path), pointer)
            }
        } completion: { answer in
            result = answer.flatMap { data in
                let reply = data.assumingMemoryBound(to: mountres3.self).pointee
                guard reply.fhs_status == MNT3_OK else {
                    return .failure(
                        NFSError(
                            operation: "MNT", subject: "\(export)",
                            cause: .status(NFSError.Status(rawValue: UInt32(reply.fhs_status.rawValue)))))
                }
                let handle = reply.mountres3_u.mountinfo.fhandle
                return .success(
                    FileHandle(
                        bytes: Array(
                            UnsafeBufferPointer(start: handle.fhandle3_val, count: Int(handle.fhandle3_len)))))
            }
        }
        try connection.run { result == nil }
        guard let result else { throw CancellationError() }
        return try result.get()
    }

    // MARK: Operations

    func lookUp(_ name: EntryName, in directory: FileHandle, _ completion: @escaping Completion<FoundFile>) throws {
        let arena = ArgumentArena()
        var arguments = LOOKUP3args(what: arena.entry(name, directory))
        try connection.submit("LOOKUP", "\(name)") {
            rpc_nfs3_lookup_async($0, $1, &arguments, $2)
        } completion: {
            [self] answer in
            switch Self.reply(answer, LOOKUP3res.self, "LOOKUP", name, \.status) {
            case .failure(let error): completion(.failure(error))
            case .success(let reply):
                let found = reply.LOOKUP3res_u.resok
                complete(FileHandle(found.object), found.obj_attributes, completion)
            }
        }
    }

    func getAttributes(_ file: FileHandle, _ completion: @escaping Completion<FileAttributes>) throws {
        let arena = ArgumentArena()
        var arguments = GETATTR3args(object: arena.handle(file))
        try connection.submit("GETATTR", "") {
            rpc_nfs3_getattr_async($0, $1, &arguments, $2)
        } completion: { answer in
            completion(
                Self.reply(answer, GETATTR3res.self, "GETATTR", nil, \.status).map {
                    FileAttributes($0.GETATTR3res_u.resok.obj_attributes)
                })
        }
    }

    func setAttributes(_ file: FileHandle, _ change: AttributeChange, _ completion: @escaping Completion<Void>) throws {
        let arena = ArgumentArena()
        var arguments = SETATTR3args()
        arguments.object = arena.handle(file)
        arguments.new_attributes = sattr3(change)
        try connection.submit("SETATTR", "") {
            rpc_nfs3_setattr_async($0, $1, &arguments, $2)
        } completion: { answer in
            completion(Self.reply(answer, SETATTR3res.self, "SETATTR", nil, \.status).map { _ in })
        }
    }

    func makeDirectory(
        _ name: EntryName, in directory: FileHandle, _ attributes: AttributeChange,
        _ completion: @escaping Completion<FoundFile>
    ) throws {
        let arena = ArgumentArena()
        var arguments = MKDIR3args(where: arena.entry(name, directory), attributes: sattr3(attributes))
        try connection.submit("MKDIR", "\(name)") {
            rpc_nfs3_mkdir_async($0, $1, &arguments, $2)
        } completion: {
            [self] answer in
            switch Self.reply(answer, MKDIR3res.self, "MKDIR", name, \.status) {
            case .failure(let error): completion(.failure(error))
            case .success(let reply):
                let made = reply.MKDIR3res_u.resok
                guard made.obj.handle_follows != 0 else {
                    // The RFC allows a server to keep it to itself.
                    return attempt(completion) { try lookUp(name, in: directory, completion) }
                }
                complete(FileHandle(made.obj.post_op_fh3_u.handle), made.obj_attributes, completion)
            }
        }
    }

    func makeSymbolicLink(
        _ name: EntryName, in directory: FileHandle, to target: [CChar], _ completion: @escaping Completion<Void>
    ) throws {
        let arena = ArgumentArena()
        var arguments = SYMLINK3args()
        arguments.where = arena.entry(name, directory)
        arguments.symlink.symlink_attributes = sattr3(AttributeChange(mode: 0o777))
        arguments.symlink.symlink_data = arena.copy(target + [0])
        try connection.submit("SYMLINK", "\(name)") {
            rpc_nfs3_symlink_async($0, $1, &arguments, $2)
        } completion: {
            completion(Self.reply($0, SYMLINK3res.self, "SYMLINK", name, \.status).map { _ in })
        }
    }

    func readLink(_ link: FileHandle, _ completion: @escaping Completion<[CChar]>) throws {
        let arena = ArgumentArena()
        var arguments = READLINK3args(symlink: arena.handle(link))
        try connection.submit("READLINK", "") {
            rpc_nfs3_readlink_async($0, $1, &arguments, $2)
        } completion: {
            completion(
                Self.reply($0, READLINK3res.self, "READLINK", nil, \.status).map { reply in
                    reply.READLINK3res_u.resok.data.map { EntryName(copying: $0).bytes.dropLast() } ?? []
                })
        }
    }

    func removeFile(_ name: EntryName, in directory: FileHandle, _ completion: @escaping Completion<Void>) throws {
        let arena = ArgumentArena()
        var arguments = REMOVE3args(object: arena.entry(name, directory))
        try connection.submit("REMOVE", "\(name)") {
            rpc_nfs3_remove_async($0, $1, &arguments, $2)
        } completion: {
            completion(Self.reply($0, REMOVE3res.self, "REMOVE", name, \.status).map { _ in })
        }
    }

    func removeDirectory(_ name: EntryName, in directory: FileHandle, _ completion: @escaping Completion<Void>) throws {
        let arena = ArgumentArena()
        var arguments = RMDIR3args(object: arena.entry(name, directory))
        try connection.submit("RMDIR", "\(name)") {
            rpc_nfs3_rmdir_async($0, $1, &arguments, $2)
        } completion: {
            completion(Self.reply($0, RMDIR3res.self, "RMDIR", name, \.status).map { _ in })
        }
    }

    func rename(
        _ name: EntryName, in directory: FileHandle, to newName: EntryName, in newDirectory: FileHandle,
        _ completion: @escaping Completion<Void>
    ) throws {
        let arena = ArgumentArena()
        var arguments = RENAME3args(from: arena.entry(name, directory), to: arena.entry(newName, newDirectory))
        try connection.submit("RENAME", "\(name)") {
            rpc_nfs3_rename_async($0, $1, &arguments, $2)
        } completion: {
            completion(Self.reply($0, RENAME3res.self, "RENAME", name, \.status).map { _ in })
        }
    }

    func readDirectory(
        _ directory: FileHandle, from position: DirectoryPosition, byteLimit: UInt32,
        _ completion: @escaping Completion<DirectoryPage>
    ) throws {
        let arena = ArgumentArena()
        var arguments = READDIRPLUS3args()
        arguments.dir = arena.handle(directory)
        arguments.cookie = position.cookie
        withUnsafeMutableBytes(of: &arguments.cookieverf) { $0.storeBytes(of: position.verifier, as: UInt64.self) }
        arguments.dircount = byteLimit
        arguments.maxcount = byteLimit
        try connection.submit("READDIRPLUS", "") {
            rpc_nfs3_readdirplus_async($0, $1, &arguments, $2)
        } completion: { answer in
            completion(
                Self.reply(answer, READDIRPLUS3res.self, "READDIRPLUS", nil, \.status).map {
                    Self.page($0.READDIRPLUS3res_u.resok, after: position)
                })
        }
    }

    private static func page(_ reply: READDIRPLUS3resok, after position: DirectoryPosition) -> DirectoryPage {
        var verifier = reply.cookieverf
        var page = DirectoryPage(
            entries: [],
            position: DirectoryPosition(
                cookie: position.cookie,
                verifier: withUnsafeBytes(of: &verifier) { $0.loadUnaligned(as: UInt64.self) }),
            isLast: reply.reply.eof != 0)
        var next = reply.reply.entries
        while let entry = next?.pointee {
            next = entry.nextentry
            page.position.cookie = entry.cookie
            guard let pointer = entry.name else { continue }
            let name = EntryName(copying: pointer)
            guard !name.isDot else { continue }
            page.entries.append(
                DirectoryPage.Entry(
                    name: name, attributes: entry.name_attributes.value,
                    handle: entry.name_handle.handle_follows == 0
                        ? nil : FileHandle(entry.name_handle.post_op_fh3_u.handle)))
        }
        return page
    }

    func space(_ completion: @escaping Completion<FileSystemSpace>) throws {
        let arena = ArgumentArena()
        var arguments = FSSTAT3args(fsroot: arena.handle(root))
        try connection.submit("FSSTAT", "") {
            rpc_nfs3_fsstat_async($0, $1, &arguments, $2)
        } completion: { answer in
            completion(
                Self.reply(answer, FSSTAT3res.self, "FSSTAT", nil, \.status).map { reply in
                    let space = reply.FSSTAT3res_u.resok
                    return FileSystemSpace(
                        totalBytes: space.tbytes, freeBytes: space.fbytes, availableBytes: space.abytes,
                        totalFiles: space.tfiles, freeFiles: space.ffiles)
                })
        }
    }

    func createFile(
        _ name: EntryName, in directory: FileHandle, mode: UInt32, _ completion: @escaping Completion<FileHandle>
    ) throws {
        let arena = ArgumentArena()
        var arguments = CREATE3args()
        arguments.where = arena.entry(name, directory)
        arguments.how.mode = GUARDED
        arguments.how.createhow3_u.g_obj_attributes = sattr3(AttributeChange(mode: mode))
        try connection.submit("CREATE", "\(name)") {
            rpc_nfs3_create_async($0, $1, &arguments, $2)
        } completion: {
            [self] answer in
            switch Self.reply(answer, CREATE3res.self, "CREATE", name, \.status) {
            case .failure(let error): completion(.failure(error))
            case .success(let reply):
                let made = reply.CREATE3res_u.resok
                guard made.obj.handle_follows != 0 else {
                    return attempt(completion) {
                        try lookUp(name, in: directory) { completion($0.map(\.handle)) }
                    }
                }
                completion(.success(FileHandle(made.obj.post_op_fh3_u.handle)))
            }
        }
    }

    func read(_ file: FileHandle, offset: UInt64, count: Int, _ completion: @escaping Completion<FileData>) throws {
        let arena = ArgumentArena()
        var arguments = READ3args(file: arena.handle(file), offset: offset, count: UInt32(count))
        try connection.submit("READ", "") {
            rpc_nfs3_read_async($0, $1, &arguments, $2)
        } completion: { answer in
            completion(
                Self.reply(answer, READ3res.self, "READ", nil, \.status).map { reply in
                    let read = reply.READ3res_u.resok
                    let bytes = UnsafeRawBufferPointer(start: read.data.data_val, count: Int(read.data.data_len))
                    return FileData(bytes: Array(bytes), isEnd: read.eof != 0)
                })
        }
    }

    func write(
        _ bytes: ArraySlice<UInt8>, to file: FileHandle, offset: UInt64, isDurable: Bool,
        _ completion: @escaping Completion<Void>
    ) throws {
        let arena = ArgumentArena()
        var arguments = WRITE3args()
        arguments.file = arena.handle(file)
        arguments.offset = offset
        arguments.count = UInt32(bytes.count)
        arguments.stable = isDurable ? FILE_SYNC : UNSTABLE
        arguments.data.data_len = UInt32(bytes.count)
        arguments.data.data_val = arena.copy(bytes.map { CChar(bitPattern: $0) })
        try connection.submit("WRITE", "") {
            rpc_nfs3_write_async($0, $1, &arguments, $2)
        } completion: {
            [self] answer in
            switch Self.reply(answer, WRITE3res.self, "WRITE", nil, \.status) {
            case .failure(let error): completion(.failure(error))
            case .success(let reply):
                let written = Int(reply.WRITE3res_u.resok.count)
                if written >= bytes.count { return completion(.success(())) }
                guard written > 0 else {
                    return completion(
                        .failure(NFSError(operation: "WRITE", subject: "", cause: .malformed("wrote nothing"))))
                }
                attempt(completion) {
                    try write(
                        bytes.dropFirst(written), to: file, offset: offset + UInt64(written), isDurable: isDurable,
                        completion)
                }
            }
        }
    }

    func commit(_ file: FileHandle, _ completion: @escaping Completion<Void>) throws {
        let arena = ArgumentArena()
        var arguments = COMMIT3args()
        arguments.file = arena.handle(file)
        try connection.submit("COMMIT", "") {
            rpc_nfs3_commit_async($0, $1, &arguments, $2)
        } completion: { answer in
            completion(Self.reply(answer, COMMIT3res.self, "COMMIT", nil, \.status).map { _ in })
        }
    }

    // MARK: Answers

    private static func reply<Reply>(
        _ answer: Connection.Answer, _ type: Reply.Type, _ operation: String, _ name: EntryName?,
        _ status: (Reply) -> nfsstat3
    ) -> Result<Reply, NFSError> {
        answer.flatMap { data in
            let reply = data.assumingMemoryBound(to: Reply.self).pointee
            let status = status(reply)
            guard status == NFS3_OK else {
                return .failure(
                    NFSError(
                        operation: operation, subject: name.map { "\($0)" } ?? "",
                        cause: .status(NFSError.Status(rawValue: UInt32(status.rawValue)))))
            }
            return .success(reply)
        }
    }

    /// Attributes may be missing from an answer: then they are asked for.
    private func complete(
        _ handle: FileHandle, _ attributes: post_op_attr, _ completion: @escaping Completion<FoundFile>
    ) {
        if let attributes = attributes.value {
            return completion(.success(FoundFile(handle: handle, attributes: attributes)))
        }
        attempt(completion) {
            try getAttributes(handle) { completion($0.map { FoundFile(handle: handle, attributes: $0) }) }
        }
    }

    private func attempt<Value>(_ completion: Completion<Value>, _ start: () throws -> Void) {
        do {
            try start()
        } catch let error as NFSError {
            completion(.failure(error))
        } catch {
            completion(.failure(NFSError(operation: "request", subject: "", cause: .noAnswer("\(error)"))))
        }
    }
}

// MARK: Between Swift and XDR

extension ArgumentArena {
    fileprivate func handle(_ handle: FileHandle) -> nfs_fh3 {
        var result = nfs_fh3()
        result.data.data_len = UInt32(handle.bytes.count)
        result.data.data_val = copy(handle.bytes)
        return result
    }

    fileprivate func entry(_ name: EntryName, _ directory: FileHandle) -> diropargs3 {
        diropargs3(dir: handle(directory), name: copy(name.bytes))
    }
}

extension FileHandle {
    fileprivate init(_ handle: nfs_fh3) {
        bytes = Array(UnsafeBufferPointer(start: handle.data.data_val, count: Int(handle.data.data_len)))
    }
}

extension post_op_attr {
    fileprivate var value: FileAttributes? {
        attributes_follow == 0 ? nil : FileAttributes(post_op_attr_u.attributes)
    }
}

extension FileAttributes {
    fileprivate init(_ attributes: fattr3) {
        type =
            switch attributes.type {
            case NF3REG: .regular
            case NF3DIR: .directory
            case NF3LNK: .symbolicLink
            default: .special
            }
        mode = attributes.mode & 0o7777
        linkCount = attributes.nlink
        uid = attributes.uid
        gid = attributes.gid
        size = attributes.size
        used = attributes.used
        fileID = attributes.fileid
        modified = FileTime(seconds: Int64(attributes.mtime.seconds), nanoseconds: attributes.mtime.nseconds)
    }
}

extension sattr3 {
    fileprivate init(_ change: AttributeChange) {
        self.init()
        if let value = change.mode {
            mode.set_it = 1
            mode.set_mode3_u.mode = value
        }
        if let value = change.uid {
            uid.set_it = 1
            uid.set_uid3_u.uid = value
        }
        if let value = change.gid {
            gid.set_it = 1
            gid.set_gid3_u.gid = value
        }
        if let value = change.size {
            size.set_it = 1
            size.set_size3_u.size = value
        }
        if let value = change.modified {
            mtime.set_it = SET_TO_CLIENT_TIME
            mtime.set_mtime_u.mtime = nfstime3(
                seconds: UInt32(truncatingIfNeeded: value.seconds), nseconds: value.nanoseconds)
        }
    }
}
